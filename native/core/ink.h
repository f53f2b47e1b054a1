// The ink of a page: a mask by thresholds that follow the paper's level, and its connected shapes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "components.h"
#include "image.h"
#include "levels.h"

namespace omega {

/// One byte a pixel, 1 where the pixel is darker than Otsu's threshold scaled by local paper / mean paper: lighting
/// multiplies ink and paper alike.
std::vector<std::uint8_t> inkMask(const GrayView& image, const PaperGrid& paper, const Levels& levels);

/// REQUIRES: mask holds width * height bytes, each 0 or 1.
BitMap packMask(std::span<const std::uint8_t> mask, std::size_t width, std::size_t height);

/// Bounding box [left, right) × [top, bottom) of a component, and what it is made of.
struct Shape {
  int left;
  int top;
  int right;
  int bottom;
  std::int64_t area;
  std::int64_t runs;

  [[nodiscard]] int width() const { return right - left; }
  [[nodiscard]] int height() const { return bottom - top; }
};

/// In the order of the components.
std::vector<Shape> shapesOf(const Components& components);

}  // namespace omega
