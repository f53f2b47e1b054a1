// Decoding of PicoDet layout heads (generalized focal loss box distributions) into regions, and NMS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace omega {

/// Distances to the four sides are distributions over the bins 0..7 (PicoDet's reg_max = 7).
inline constexpr std::size_t kDistanceBins = 8;

/// One feature level. scores: [cells, classCount], sigmoid applied. distributions: [cells, 4, kDistanceBins], logits of
/// the distances to left, top, right, bottom. Cells run row by row, cellCount(...) of them.
struct LayoutHead {
  std::span<const float> scores;
  std::span<const float> distributions;
  std::size_t stride;
};

struct LayoutOptions {
  std::size_t inputWidth;
  std::size_t inputHeight;
  std::size_t sourceWidth;
  std::size_t sourceHeight;
  float scoreThreshold;
  float iouThreshold;
  std::size_t maxCandidates;  // best boxes kept a class before NMS
};

/// Source pixels, clipped to the source image, never empty.
struct LayoutRegion {
  float x;
  float y;
  float width;
  float height;
  float score;
  std::uint32_t classIndex;
};

/// Cells of a level: a partial last row or column counts as one.
std::size_t cellCount(std::size_t inputWidth, std::size_t inputHeight, std::size_t stride);

/// Regions by descending score. A box whose distribution or score is not a finite number is no region.
/// @throws std::out_of_range where a size is not as stated above.
std::vector<LayoutRegion> decodeLayout(std::span<const LayoutHead> heads, std::size_t classCount,
                                       const LayoutOptions& options);

}  // namespace omega
