// Plane geometry of text boxes: convex hull, minimum-area rectangle, corner order.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace omega {

struct Point {
  double x;
  double y;
};

/// Four corners clockwise on a page (y grows downward), from the top-left of what is written in it.
using Quad = std::array<Point, 4>;

struct GridPoint {
  std::int32_t x;
  std::int32_t y;
};

/// A rectangle at any angle: `origin`, then `width` along `axis` (a unit vector), then `height` along its left normal.
struct OrientedRect {
  Point origin;
  Point axis;
  double width;
  double height;

  [[nodiscard]] Quad corners() const;

  /// The rectangle with every side moved outward by `distance`.
  [[nodiscard]] OrientedRect grown(double distance) const;
};

/// The strictly convex hull of points that come sorted by y, and by x within a y. Andrew's monotone chain; its corners
/// run so that the inside is on the left in a system whose y grows upward.
std::vector<GridPoint> convexHull(std::span<const GridPoint> sorted);

/// The smallest rectangle around a hull of convexHull, by rotating calipers: one of its sides lies on a hull edge.
/// A hull of one or two points gives a rectangle without height.
OrientedRect minimumAreaRect(std::span<const GridPoint> hull);

/// Names the corners of a convex quad as PaddleOCR does: of the two leftmost the upper is top-left, of the two
/// rightmost the upper is top-right. A line leaning far over thus reads along its long side.
Quad orderCorners(Quad corners);

double distance(Point a, Point b);

}  // namespace omega
