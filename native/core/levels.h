// Gray levels of a page: histogram, Otsu's threshold, polarity, and the paper's level over the page.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image.h"

namespace omega {

inline std::span<const std::uint8_t> rowOf(const GrayView& image, int y) {
  return image.data.subspan(static_cast<std::size_t>(y) * image.width, image.width);
}

/// 255 - level of every pixel.
std::vector<std::uint8_t> inverse(const GrayView& image);

using Histogram = std::array<std::uint32_t, 256>;

Histogram histogramOf(const GrayView& image);

/// Ink is below the threshold. Of a page of one level: threshold, ink and paper are that level, and nothing is ink.
struct Levels {
  int threshold;
  double ink;
  double paper;
};

/// Otsu, "A threshold selection method from gray-level histograms", 1979. Between two separate peaks every threshold
/// is as good: the middle one is taken.
Levels otsuLevels(const Histogram& histogram);

/// Gray levels of the page over a grid of square tiles.
struct PaperGrid {
  static constexpr int kTile = 32;  // large against letters and small against shadows on a page of about 1000 pixels
  int columns;
  int rows;
  std::vector<float> levels;  // paper of each tile, row by row

  float at(int column, int row) const {
    return levels[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column)];
  }
};

struct TileSurvey {
  PaperGrid grid;  // 90th percentile of each tile
  bool inverted;   // ink is brighter than paper
};

/// Ink is the minority wherever there is text, so the third central moment of a tile with text tells which side is
/// ink. Unlike the page's mean level, this is not fooled by dark pictures or a dark desk around the page.
TileSurvey surveyTiles(const GrayView& image);

/// Replaces tiles that hold no paper (inside thick strokes or dark pictures) by their brightest neighbour, and limits
/// all to what lighting can do to paper.
PaperGrid fillPaper(const PaperGrid& grid, const Levels& levels);

/// Standard deviation of the grid's levels.
double unevenness(const PaperGrid& grid);

/// Writes the paper's level at each pixel of row y, interpolated between tile centres, times `factor`.
/// REQUIRES: out.size() is the width of the image the grid was made of.
void interpolatePaper(const PaperGrid& grid, int y, double factor, std::span<std::uint8_t> out);

}  // namespace omega
