// Skew of the text lines, by the sharpest projection profile.
#pragma once

#include <cstdint>
#include <span>

#include "components.h"

namespace omega {

struct Skew {
  double degrees;     // text lines run down to the right where positive; within ±kMaxSkewDegrees
  double confidence;  // 0 to 1: how far the best profile stands out from those of other angles
};

inline constexpr double kMaxSkewDegrees = 10;

/// Projects the chosen components along lines of each angle; along the text the profile has the steepest
/// sides (Postl, US patent 4,723,297, 1988: sum of squared differences). `isLetter`: one byte a component.
Skew estimateSkew(const Components& components, std::span<const std::uint8_t> isLetter, int width, int height);

}  // namespace omega
