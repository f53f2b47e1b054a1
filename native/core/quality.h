// How good the picture itself is: noise of its paper and sharpness of its edges.
#pragma once

#include <cstdint>
#include <span>

#include "components.h"
#include "image.h"

namespace omega {

/// Mean absolute difference of paper pixels to their 3×3 median, over pixels two or more away from ink, where no
/// letter's soft edge reaches. Of a picture with hardly any such pixels, over all. `mask`: one byte a pixel, 1 is ink.
double paperNoise(const GrayView& image, std::span<const std::uint8_t> mask);

/// Mean over the left and right ends of ink runs of (height of the step) / (steepest difference of neighbours in it),
/// so 1 for a perfect edge, n for a ramp of n pixels. Only steps of `minStep` levels and more count. 0 without any.
double edgeWidth(const GrayView& image, std::span<const Run> runs, double minStep);

}  // namespace omega
