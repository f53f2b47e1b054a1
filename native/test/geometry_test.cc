#include "core/geometry.h"

#include <algorithm>
#include <limits>
#include <random>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

bool before(GridPoint a, GridPoint b) { return a.y != b.y ? a.y < b.y : a.x < b.x; }

std::vector<GridPoint> randomPoints(std::mt19937& random, std::size_t count, int side) {
  std::vector<GridPoint> points(count);
  for (GridPoint& p : points) p = {static_cast<int>(random() % side), static_cast<int>(random() % side)};
  std::sort(points.begin(), points.end(), before);
  return points;
}

std::int64_t turn(GridPoint a, GridPoint b, GridPoint c) {
  return std::int64_t{b.x - a.x} * (c.y - b.y) - std::int64_t{b.y - a.y} * (c.x - b.x);
}

void hullsAreConvexAndHoldEveryPoint() {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const auto points = randomPoints(random, 1 + random() % 40, 1 + static_cast<int>(random() % 30));
    const auto hull = convexHull(points);
    const std::size_t count = hull.size();
    for (std::size_t i = 0; count > 2 && i < count; ++i) {
      expect(turn(hull[i], hull[(i + 1) % count], hull[(i + 2) % count]) > 0);
      for (const GridPoint p : points) expect(turn(hull[i], hull[(i + 1) % count], p) >= 0);
    }
  }
}

void flatPointsHaveAHullOfTheirEnds() {
  const std::vector<GridPoint> row{{1, 5}, {2, 5}, {3, 5}, {9, 5}};
  const auto hull = convexHull(row);
  expectEqual(hull.size(), 2U);
  const OrientedRect rect = minimumAreaRect(hull);
  expectNear(rect.width, 8, 1e-12);
  expectEqual(rect.height, 0.0);
  expectEqual(convexHull(std::vector<GridPoint>{{4, 4}}).size(), 1U);
  expectEqual(convexHull(std::vector<GridPoint>{{4, 4}, {4, 4}, {4, 4}}).size(), 1U);
  expectEqual(convexHull({}).size(), 0U);
}

/// The rectangle's area around the hull with a side along each hull edge in turn, without calipers.
double smallestArea(const std::vector<GridPoint>& hull) {
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < hull.size(); ++i) {
    const GridPoint a = hull[i];
    const GridPoint b = hull[(i + 1) % hull.size()];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    double left = 0, right = 0, high = 0;
    for (const GridPoint p : hull) {
      const double along = ((b.x - a.x) * (p.x - a.x) + (b.y - a.y) * (p.y - a.y)) / length;
      const double across = ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) / length;
      left = std::min(left, along);
      right = std::max(right, along);
      high = std::max(high, across);
    }
    best = std::min(best, (right - left) * high);
  }
  return best;
}

void calipersFindTheSmallestRectangle() {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    const auto hull = convexHull(randomPoints(random, 3 + random() % 60, 3 + static_cast<int>(random() % 200)));
    if (hull.size() < 3) continue;
    const OrientedRect rect = minimumAreaRect(hull);
    expectNear(rect.width * rect.height, smallestArea(hull), 1e-6);
    for (const GridPoint p : hull) {
      const Point d{p.x - rect.origin.x, p.y - rect.origin.y};
      const double along = d.x * rect.axis.x + d.y * rect.axis.y;
      const double across = d.y * rect.axis.x - d.x * rect.axis.y;
      expect(along >= -1e-9 && along <= rect.width + 1e-9);
      expect(across >= -1e-9 && across <= rect.height + 1e-9);
    }
  }
}

void growingMovesEverySideOutward() {
  const Quad corners = OrientedRect{{10, 20}, {1, 0}, 30, 8}.grown(2).corners();
  expectEqual(corners[0].x, 8.0);
  expectEqual(corners[0].y, 18.0);
  expectEqual(corners[2].x, 42.0);
  expectEqual(corners[2].y, 30.0);
}

void expectCorners(const Quad& quad, const Quad& expected) {
  for (std::size_t i = 0; i < 4; ++i) {
    expectNear(quad[i].x, expected[i].x, 1e-9);
    expectNear(quad[i].y, expected[i].y, 1e-9);
  }
}

void cornersStartAtTheTextsTopLeft() {
  expectCorners(orderCorners({{{9, 8}, {1, 8}, {1, 2}, {9, 2}}}), {{{1, 2}, {9, 2}, {9, 8}, {1, 8}}});
  // Rising to the right by 10 degrees.
  expectCorners(orderCorners({{{0, 20}, {100, 2}, {104, 22}, {4, 40}}}), {{{0, 20}, {100, 2}, {104, 22}, {4, 40}}});
  // A tall line leaning far to the right reads upward along its long side.
  expectCorners(orderCorners({{{34, 0}, {44, 4}, {10, 104}, {0, 100}}}), {{{0, 100}, {34, 0}, {44, 4}, {10, 104}}});
}

}  // namespace

int main() {
  return run({
      {"hulls are convex and hold every point", hullsAreConvexAndHoldEveryPoint},
      {"points on a line have a hull of their ends", flatPointsHaveAHullOfTheirEnds},
      {"calipers find the smallest rectangle, and it holds every point", calipersFindTheSmallestRectangle},
      {"growing moves every side outward", growingMovesEverySideOutward},
      {"corners start at the text's top-left", cornersStartAtTheTextsTopLeft},
  });
}
