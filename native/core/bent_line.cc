#include "bent_line.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace omega {
namespace {

/// Of the rectangle's sides; what is shorter is a word, whose bend no recognizer minds.
constexpr double kMinAspect = 3;

/// The component fills no more of the rectangle around it. Straight lines fill three quarters and more, one that bends
/// by as much as counts here less than two thirds.
constexpr double kMaxFill = 0.7;

/// In thicknesses of the line: how long the stations are at which its middle is measured, and how many a line has.
constexpr double kStationLength = 1.5;
constexpr std::size_t kMinStations = 6;
constexpr std::size_t kMaxStations = 48;

/// From the highest station to the lowest, in thicknesses and in pixels of the map, by which a line is bent: ascenders
/// and signs move the middle of a straight line of small print by two pixels and a half of its thickness.
constexpr double kMinBend = 0.6;
constexpr double kMinBendPixels = 4;

/// In thicknesses: what a station may differ by, the narrowing between two words included. All but a tenth of them have
/// to keep to it.
constexpr double kThinnest = 0.5;
constexpr double kThickest = 1.7;
constexpr double kMaxOdd = 0.1;

struct Station {
  double pixels = 0;
  double sum = 0;
  double top = std::numeric_limits<double>::infinity();
  double bottom = -std::numeric_limits<double>::infinity();
};

Point plus(Point p, Point direction, double length) {
  return {p.x + direction.x * length, p.y + direction.y * length};
}

Point unit(Point from, Point to) {
  const double length = distance(from, to);
  return {(to.x - from.x) / length, (to.y - from.y) / length};
}

double medianOf(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double pixelsOf(std::span<const Run> component) {
  double pixels = 0;
  for (const Run& run : component) pixels += run.end - run.begin;
  return pixels;
}

}  // namespace

std::vector<Quad> BentLine::slices(double grown) const {
  std::vector<Quad> slices;
  if (middle.empty()) return slices;
  const std::size_t last = middle.size() - 1;
  const double half = thickness / 2 + grown;
  Point top{};
  Point bottom{};
  for (std::size_t i = 0; i <= last; ++i) {
    const Point along = unit(middle[i == 0 ? 0 : i - 1], middle[std::min(i + 1, last)]);
    const double beyond = i == 0 ? -grown : i == last ? grown : 0;
    const Point centre = plus(middle[i], along, beyond);
    const Point nextTop = plus(centre, {along.y, -along.x}, half);
    const Point nextBottom = plus(centre, {-along.y, along.x}, half);
    if (i > 0) slices.push_back({top, nextTop, nextBottom, bottom});
    top = nextTop;
    bottom = nextBottom;
  }
  return slices;
}

BentLine findBentLine(std::span<const Run> component, const Quad& around) {
  const double length = distance(around[0], around[1]);
  const double height = distance(around[0], around[3]);
  const double pixels = pixelsOf(component);
  if (height <= 0 || length < kMinAspect * height || pixels > kMaxFill * (length + 1) * (height + 1)) return {};
  const double across = pixels / (length + 1);
  const double wanted = std::round(length / (kStationLength * across));
  if (wanted < kMinStations) return {};
  const std::size_t count = std::min(kMaxStations, static_cast<std::size_t>(wanted));
  const double each = length / static_cast<double>(count);

  const Point along = unit(around[0], around[1]);
  const Point down{-along.y, along.x};
  std::vector<Station> stations(count);
  for (const Run& run : component) {
    for (std::uint32_t x = run.begin; x < run.end; ++x) {
      const Point p{x - around[0].x, run.y - around[0].y};
      const double position = std::clamp((p.x * along.x + p.y * along.y) / each, 0.0, static_cast<double>(count) - 1);
      const double depth = p.x * down.x + p.y * down.y;
      Station& station = stations[static_cast<std::size_t>(position)];
      station.pixels += 1;
      station.sum += depth;
      station.top = std::min(station.top, depth);
      station.bottom = std::max(station.bottom, depth);
    }
  }

  // Smoothed, so that what stands out of the line on one side does not bend it.
  std::vector<double> depths(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (stations[i].pixels == 0) return {};
    double sum = 0;
    double weight = 0;
    for (std::size_t k = i == 0 ? 0 : i - 1; k <= std::min(i + 1, count - 1); ++k) {
      sum += stations[k].sum;
      weight += stations[k].pixels;
    }
    // At the ends the neighbour on the other side is missing, and with it the slope.
    depths[i] = i == 0 || i == count - 1 ? stations[i].sum / stations[i].pixels : sum / weight;
  }
  std::vector<double> heights(count);
  for (std::size_t i = 0; i < count; ++i) heights[i] = stations[i].pixels / each;
  const double usual = medianOf(heights);

  std::size_t odd = 0;
  double slopes = 0;
  for (std::size_t i = 1; i < count; ++i) {
    const double rise = std::abs(depths[i] - depths[i - 1]);
    if (rise > each) return {};
    slopes += std::hypot(each, rise);
    const double extent = stations[i].bottom - stations[i].top + 1;
    const bool even = heights[i] >= kThinnest * usual && heights[i] <= kThickest * usual &&
                      extent <= kThickest * usual + rise;
    odd += i + 1 < count && !even ? 1 : 0;
  }
  const auto [highest, lowest] = std::minmax_element(depths.begin(), depths.end());
  if (static_cast<double>(odd) > kMaxOdd * static_cast<double>(count) ||
      *lowest - *highest < std::max(kMinBend * usual, kMinBendPixels)) {
    return {};
  }

  BentLine line;
  const auto at = [&](double position, double depth) { return plus(plus(around[0], along, position), down, depth); };
  // The ends go on as their halves do.
  line.middle.push_back(at(0, depths[0] - (depths[1] - depths[0]) / 2));
  for (std::size_t i = 0; i < count; ++i) line.middle.push_back(at((static_cast<double>(i) + 0.5) * each, depths[i]));
  line.middle.push_back(at(length, depths[count - 1] + (depths[count - 1] - depths[count - 2]) / 2));
  const double straight = each * static_cast<double>(count - 1);
  // What is measured downward is thicker than what is measured across where the line slopes.
  line.thickness = std::max(0.0, usual * straight / slopes - 1);
  line.length = length * slopes / straight;
  return line;
}

}  // namespace omega
