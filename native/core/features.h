// What a small gray picture of a page tells about how hard the page is to read. All from measured pixels.
#pragma once

#include "image.h"

namespace omega {

/// A page whose ink is brighter than its paper is inverted first; levels are those after that.
struct PageFeatures {
  int threshold;    // Otsu's; ink is below
  double inkLevel;  // mean level on both sides of the threshold
  double paperLevel;
  double contrast;     // (paper - ink) / 255
  double inkFraction;  // of the pixels
  bool inverted;
  double skewDegrees;     // text lines run down to the right where positive; -10 to 10
  double skewConfidence;  // 0 to 1
  double edgeWidth;       // pixels; 0 for a page without edges
  double noise;           // levels
  double unevenness;      // levels
  int lineCount;
  double lineHeight;  // median height of the lines' letters, pixels; 0 without lines
  int columnCount;
  int horizontalRulings;
  int verticalRulings;
  int rulingCrossings;
  double pictureFraction;  // of the page
  bool blank;              // nothing on it but specks
};

/// Takes time in proportion to the pixels and never fails on a picture, however small or strange.
/// @throws std::out_of_range where the view's length is not its width times its height.
PageFeatures measurePage(const GrayView& image);

}  // namespace omega
