// DB post-processing: from a probability map to the boxes of text lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace omega {

struct ProbabilityMap {
  /// height rows of width values; only the top-left scaledWidth × scaledHeight hold the page.
  std::span<const float> data;
  std::size_t width;
  std::size_t height;
  std::size_t scaledWidth;
  std::size_t scaledHeight;
};

struct DbOptions {
  float threshold;
  float boxThreshold;
  double unclipRatio;
  double minSize;
  /// Components tried, those with the most pixels.
  std::size_t maxCandidates;
  bool dilate;
};

struct DetectedBoxes {
  /// 8 a box: x, y of top-left, top-right, bottom-right, bottom-left, in source pixels, clipped to the source.
  std::vector<float> quads;
  std::vector<float> scores;
  /// The slices of box i are those of sliceOffsets[i] to sliceOffsets[i + 1] - 1; a straight line has none.
  std::vector<std::uint32_t> sliceOffsets;
  /// 8 a slice, as in `quads`, but not clipped: the parts of a bent line in the order of its text.
  std::vector<float> slices;
};

/// Boxes top to bottom, then left to right, by their top-left corner.
///
/// The steps are PaddleOCR's (DBPostProcess), with four differences. The outline of a component is taken from its
/// runs of pixels, which have the same convex hull as its traced border. Holes are no candidates: what is around a
/// hole already is one. A bent line grows by its own thickness and counts by its own pixels, most of its rectangle
/// being empty. Coordinates stay fractions, and the centre of map pixel i lies at i + 0.5.
///
/// NaN is no text, and a box whose score is not finite is dropped.
DetectedBoxes detectBoxes(const ProbabilityMap& map, std::size_t sourceWidth, std::size_t sourceHeight,
                          const DbOptions& options);

}  // namespace omega
