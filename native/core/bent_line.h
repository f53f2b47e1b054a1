// Lines of text that are not straight: arched headlines, and those of pages that bend.
#pragma once

#include <span>
#include <vector>

#include "components.h"
#include "geometry.h"

namespace omega {

/// A line of even thickness along a bent middle, in the coordinates of its pixels' centres.
struct BentLine {
  /// From the start of the text to its end, not straight.
  std::vector<Point> middle;
  double thickness;
  double length;

  /// The quads that the line is made of, each with the next one's start as its end, after all of it grew outward by
  /// `distance`.
  [[nodiscard]] std::vector<Quad> slices(double distance) const;
};

/// The line that a component of a detector's map is, where it is bent; without points where it is straight, stands on
/// end, or is no single line: its thickness changes, or it turns by more than 45 degrees.
///
/// `around`: the smallest rectangle around it, its corners from the top-left of the text.
BentLine findBentLine(std::span<const Run> component, const Quad& around);

}  // namespace omega
