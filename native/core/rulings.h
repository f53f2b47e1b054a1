// Ruling lines: thin, long, straight dark ridges, whatever their darkness.
#pragma once

#include "image.h"

namespace omega {

struct Rulings {
  int horizontal;
  int vertical;
  int crossings;  // pairs of a horizontal and a vertical ruling that meet
};

struct RulingOptions {
  double slope;         // tangent of the page's skew, clockwise
  double letterHeight;  // 0 where the page has no text
  double minDepth;      // levels a ridge must be darker than both its sides
};

Rulings findRulings(const GrayView& image, const RulingOptions& options);

}  // namespace omega
