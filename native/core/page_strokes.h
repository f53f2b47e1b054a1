// Ruling lines of a page image at its own size, for the tables they are drawn around.
#pragma once

#include <vector>

#include "image.h"
#include "rulings.h"

namespace omega {

/// Horizontal ones first, each kind from the top or left. `letterHeight` (that of small letters, pixels) and
/// `skewDegrees` (clockwise) are those of the page's text. Takes time in proportion to the pixels.
/// @throws std::out_of_range where the view's length is not its width times its height times 3, where letterHeight is
/// not above 0 and up to kMaxSide, or skewDegrees not within ±45.
std::vector<Stroke> findStrokes(const RgbView& image, double letterHeight, double skewDegrees);

}  // namespace omega
