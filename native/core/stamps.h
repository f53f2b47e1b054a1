// Round stamps in colour: where on a page seals may be.
#pragma once

#include <cstdint>
#include <vector>

#include "image.h"

namespace omega {

/// [left, right) × [top, bottom) around the ring, in pixels of the image.
struct Stamp {
  std::uint32_t left;
  std::uint32_t top;
  std::uint32_t right;
  std::uint32_t bottom;
};

/// Circles and ovals drawn in strong red or blue that are mostly paper inside. Takes time in proportion to the pixels.
/// @throws std::out_of_range where the view's length is not its size.
std::vector<Stamp> findStamps(const RgbView& image);

}  // namespace omega
