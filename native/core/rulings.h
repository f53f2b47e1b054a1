// Ruling lines: thin, long, straight dark ridges, whatever their darkness.
#pragma once

#include <vector>

#include "image.h"

namespace omega {

/// From end to end along its middle, left to right or top to bottom; pixels of the picture.
struct Stroke {
  double x0;
  double y0;
  double x1;
  double y1;
};

struct Rulings {
  std::vector<Stroke> horizontal;
  std::vector<Stroke> vertical;
  int crossings;  // pairs of a horizontal and a vertical ruling that meet
};

struct RulingOptions {
  double slope;         // tangent of the page's skew, clockwise
  double letterHeight;  // 0 where the page has no text
  double minDepth;      // levels a ridge must be darker than both its sides
};

Rulings findRulings(const GrayView& image, const RulingOptions& options);

/// Levels by which a ruling is darker than its sides, on a page whose ink is `contrast` levels darker than its paper.
double rulingDepth(double contrast, double noise);

}  // namespace omega
