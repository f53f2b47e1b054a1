#include "core/bent_line.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/components.h"
#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

using Depth = std::function<double(double)>;

constexpr std::size_t kWidth = 300;
constexpr std::size_t kHeight = 140;

/// A component `thickness(x)` high about the row `middle(x)`, from column 10 to 290.
Components drawn(const Depth& middle, const Depth& thickness) {
  BitMap bits(kWidth, kHeight);
  for (std::size_t x = 10; x <= 290; ++x) {
    const auto column = static_cast<double>(x);
    const double top = middle(column) - thickness(column) / 2;
    for (double y = std::round(top); y < std::round(top + thickness(column)); ++y) {
      bits.row(static_cast<std::size_t>(y))[x / 64] |= std::uint64_t{1} << (x % 64);
    }
  }
  return findComponents(bits);
}

BentLine found(const Components& components) {
  expectEqual(components.size(), 1U);
  std::vector<GridPoint> points;
  for (const Run& run : components[0]) {
    points.push_back({static_cast<int>(run.begin), static_cast<int>(run.y)});
    points.push_back({static_cast<int>(run.end) - 1, static_cast<int>(run.y)});
  }
  return findBentLine(components[0], orderCorners(minimumAreaRect(convexHull(points)).corners()));
}

double even(double) { return 11; }

double arch(double x) { return 90 - 60 * std::sin((x - 10) / 280 * 3.14159265); }

double wave(double x) { return 70 + 20 * std::sin((x - 10) / 280 * 2 * 3.14159265); }

void middlesFollowTheLine() {
  for (const auto& shape : {arch, wave}) {
    const BentLine line = found(drawn(shape, even));
    expect(line.middle.size() >= 8);
    for (const Point p : line.middle) expectNear(p.y, shape(p.x) - 0.5, 2.5);
    expect(line.middle.front().x < 20 && line.middle.back().x > 280);
  }
}

void thicknessIsAcrossTheLine() {
  // 11 rows, centres 10 apart, on slopes of up to 34 degrees.
  expectNear(found(drawn(arch, even)).thickness, 10, 1.5);
  // Of a sine half as high as wide the arc is this long, by the sum of its chords.
  double arc = 0;
  for (double x = 10; x < 290; ++x) arc += std::hypot(1, arch(x + 1) - arch(x));
  expectNear(found(drawn(arch, even)).length, arc, 0.03 * arc);
}

void slicesJoinAndGrowOutward() {
  const BentLine line{{{0, 10}, {10, 10}, {20, 10}}, 4, 20};
  const auto slices = line.slices(3);
  expectEqual(slices.size(), 2U);
  const Quad first{{{-3, 5}, {10, 5}, {10, 15}, {-3, 15}}};
  const Quad second{{{10, 5}, {23, 5}, {23, 15}, {10, 15}}};
  for (std::size_t i = 0; i < 4; ++i) {
    expectEqual(slices[0][i].x, first[i].x);
    expectEqual(slices[0][i].y, first[i].y);
    expectEqual(slices[1][i].x, second[i].x);
    expectEqual(slices[1][i].y, second[i].y);
  }
}

void expectStraight(const Depth& middle, const Depth& thickness) {
  expect(found(drawn(middle, thickness)).middle.empty());
}

void otherShapesAreNoBentLines() {
  expectStraight([](double) { return 70; }, even);
  // Skewed, which is straight.
  expectStraight([](double x) { return 20 + x / 4; }, even);
  // Bent by less than half of its thickness, and fine print by three pixels.
  expectStraight([](double x) { return arch(x) / 15 + 60; }, even);
  expectStraight([](double x) { return arch(x) / 20 + 60; }, [](double) { return 3; });
  // A tall initial, and a wedge.
  expectStraight([](double x) { return x < 60 ? 70 : 45; }, [](double x) { return x < 60 ? 60 : 11; });
  expectStraight([](double) { return 70; }, [](double x) { return 4 + x / 5; });
  // The end of a line and the start of the next, which touch.
  expectStraight([](double x) { return x < 125 ? 50 : x < 175 ? 55 : 61; },
                 [](double x) { return x < 125 || x >= 175 ? 11 : 22; });
}

void aComponentOfOnePixelIsNone() {
  BitMap bits(kWidth, kHeight);
  bits.row(5)[0] = 1;
  expect(found(findComponents(bits)).middle.empty());
}

}  // namespace

int main() {
  return run({
      {"the middle of an arch and of a wave is where they were drawn", middlesFollowTheLine},
      {"thickness and length are measured across and along the line", thicknessIsAcrossTheLine},
      {"slices join, and grow outward on all sides", slicesJoinAndGrowOutward},
      {"straight, skewed, uneven and stepped shapes are no bent lines", otherShapesAreNoBentLines},
      {"a component of one pixel is none", aComponentOfOnePixelIsNone},
  });
}
