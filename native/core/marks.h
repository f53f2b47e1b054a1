// Selection marks of forms: small square boxes, empty or marked.
#pragma once

#include <cstdint>
#include <vector>

#include "image.h"

namespace omega {

/// Outer edges of a box, [left, right) × [top, bottom), and whether anything is written inside.
struct SelectionMark {
  std::uint32_t left;
  std::uint32_t top;
  std::uint32_t right;
  std::uint32_t bottom;
  bool checked;
};

/// Boxes about as high as the page's text lines, top to bottom. Strokes that cross a box or leave it are allowed; a
/// box that is part of a grid, or filled to its edges, is none. Takes time in proportion to the pixels.
/// @throws std::out_of_range where the view's length is not its size, or `lineHeight` is not from 1 to 10,000.
std::vector<SelectionMark> findSelectionMarks(const RgbView& image, double lineHeight);

}  // namespace omega
