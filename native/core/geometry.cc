#include "geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace omega {
namespace {

GridPoint minus(GridPoint a, GridPoint b) { return {a.x - b.x, a.y - b.y}; }

std::int64_t dot(GridPoint a, GridPoint b) { return std::int64_t{a.x} * b.x + std::int64_t{a.y} * b.y; }

std::int64_t cross(GridPoint a, GridPoint b) { return std::int64_t{a.x} * b.y - std::int64_t{a.y} * b.x; }

Point along(Point from, Point direction, double length) {
  return {from.x + direction.x * length, from.y + direction.y * length};
}

Point leftNormal(Point direction) { return {-direction.y, direction.x}; }

}  // namespace

Quad OrientedRect::corners() const {
  const Point second = along(origin, axis, width);
  const Point up = leftNormal(axis);
  return {origin, second, along(second, up, height), along(origin, up, height)};
}

OrientedRect OrientedRect::grown(double distance) const {
  const Point corner = along(along(origin, axis, -distance), leftNormal(axis), -distance);
  return {corner, axis, width + 2 * distance, height + 2 * distance};
}

std::vector<GridPoint> convexHull(std::span<const GridPoint> sorted) {
  std::vector<GridPoint> hull;
  hull.reserve(16);
  const auto extend = [&hull](std::size_t begin, GridPoint point) {
    while (hull.size() >= begin + 2 &&
           cross(minus(hull.back(), hull[hull.size() - 2]), minus(point, hull.back())) <= 0) {
      hull.pop_back();
    }
    if (hull.empty() || hull.back().x != point.x || hull.back().y != point.y) hull.push_back(point);
  };
  for (const GridPoint point : sorted) extend(0, point);
  const std::size_t turn = hull.empty() ? 0 : hull.size() - 1;
  for (auto point = sorted.rbegin(); point != sorted.rend(); ++point) extend(turn, *point);
  if (hull.size() > 1) hull.pop_back();
  return hull;
}

OrientedRect minimumAreaRect(std::span<const GridPoint> hull) {
  const std::size_t count = hull.size();
  const auto toPoint = [](GridPoint p) { return Point{static_cast<double>(p.x), static_cast<double>(p.y)}; };
  if (count == 0) return {{0, 0}, {1, 0}, 0, 0};
  if (count == 1) return {toPoint(hull[0]), {1, 0}, 0, 0};
  const auto edge = [&](std::size_t i) { return minus(hull[(i + 1) % count], hull[i % count]); };
  const auto unit = [](GridPoint e) {
    const double length = std::hypot(e.x, e.y);
    return Point{e.x / length, e.y / length};
  };
  if (count == 2) return {toPoint(hull[0]), unit(edge(0)), distance(toPoint(hull[0]), toPoint(hull[1])), 0};

  OrientedRect best{};
  double bestArea = std::numeric_limits<double>::infinity();
  std::size_t right = 1;
  std::size_t top = 1;
  std::size_t left = 1;
  for (std::size_t base = 0; base < count; ++base) {
    const GridPoint direction = edge(base);
    // The three other calipers only ever move forward as the base does.
    right = std::max(right, base + 1);
    while (dot(direction, edge(right)) > 0) ++right;
    top = std::max(top, right);
    while (cross(direction, edge(top)) > 0) ++top;
    left = std::max(left, top);
    while (dot(direction, edge(left)) < 0) ++left;

    const Point axis = unit(direction);
    const double length = std::hypot(direction.x, direction.y);
    const GridPoint leftmost = hull[left % count];
    const double width = static_cast<double>(dot(direction, minus(hull[right % count], leftmost))) / length;
    const double height = static_cast<double>(cross(direction, minus(hull[top % count], hull[base]))) / length;
    if (width * height < bestArea) {
      bestArea = width * height;
      const double offset = static_cast<double>(dot(direction, minus(leftmost, hull[base]))) / length;
      best = {along(toPoint(hull[base]), axis, offset), axis, width, height};
    }
  }
  return best;
}

Quad orderCorners(Quad corners) {
  const auto byX = [](Point a, Point b) { return a.x != b.x ? a.x < b.x : a.y < b.y; };
  std::sort(corners.begin(), corners.end(), byX);
  if (corners[1].y < corners[0].y) std::swap(corners[0], corners[1]);
  if (corners[3].y < corners[2].y) std::swap(corners[2], corners[3]);
  return {corners[0], corners[2], corners[3], corners[1]};
}

double distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

}  // namespace omega
