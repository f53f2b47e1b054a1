// Letters, text lines and text columns, from connected components and white space alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ink.h"

namespace omega {

struct Letters {
  std::vector<std::uint8_t> isLetter;  // one a shape
  double height;                       // median, weighted by width; 0 without letters
  double totalWidth;
};

/// Components as tall as most of the writing. Where letters touch, a component is a whole word: heights are weighted
/// by width, so that a word counts as its letters would.
Letters findLetters(std::span<const Shape> shapes, int width, int height);

/// A piece of a text line with no gap wider than a few spaces, in deskewed pixels: x and y turned back by the skew.
struct LineSegment {
  double left;
  double right;
  double centre;  // y
};

struct TextLines {
  std::vector<LineSegment> segments;
  double letterHeight;  // median without what the skew adds to the height of a wide component
};

/// `slope`: tangent of the skew angle, clockwise.
TextLines findLines(std::span<const Shape> shapes, const Letters& letters, double slope, int width, int height);

/// Columns side by side that stand next to each other over a good part of the text's height. 0 without lines.
int countColumns(const TextLines& lines, int width, int height);

}  // namespace omega
