// Areas that are dark or textured and no text: photographs, drawings with tones, stamps, black scan borders.
#pragma once

#include <cstdint>
#include <span>

#include "components.h"
#include "image.h"
#include "levels.h"

namespace omega {

/// Fraction of the page in large connected picture areas. `isLetter`: one byte a component.
double pictureFraction(const GrayView& image, const PaperGrid& paper, const Components& components,
                       std::span<const std::uint8_t> isLetter);

}  // namespace omega
