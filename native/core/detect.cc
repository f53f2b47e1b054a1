#include "detect.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "bent_line.h"
#include "check.h"
#include "components.h"
#include "geometry.h"
#include "kernels.h"

namespace omega {
namespace {

/// RapidOCR drops boxes whose sides are not longer than this, in source pixels.
constexpr double kShortestSide = 3;

/// PaddleOCR asks for this much more than minSize after the unclip, in map pixels.
constexpr double kUnclippedMargin = 2;

struct Box {
  Quad quad;
  float score;
  std::vector<Quad> slices;
};

BitMap binarize(const ProbabilityMap& map, const DbOptions& options) {
  BitMap bits(map.scaledWidth, map.scaledHeight);
  for (std::size_t y = 0; y < map.scaledHeight; ++y) {
    kernels().threshold(map.data.subspan(y * map.width, map.scaledWidth), options.threshold, bits.row(y));
  }
  if (options.dilate) bits.dilate();
  return bits;
}

/// The components with the most pixels, at most `limit` of them.
std::vector<std::size_t> largest(const Components& components, std::size_t limit) {
  std::vector<std::size_t> chosen(components.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  if (chosen.size() <= limit) return chosen;
  std::vector<std::size_t> pixels(components.size());
  for (std::size_t i = 0; i < components.size(); ++i) {
    for (const Run& run : components[i]) pixels[i] += run.end - run.begin;
  }
  const auto middle = chosen.begin() + static_cast<std::ptrdiff_t>(limit);
  std::nth_element(chosen.begin(), middle, chosen.end(), [&](std::size_t a, std::size_t b) {
    return pixels[a] != pixels[b] ? pixels[a] > pixels[b] : a < b;
  });
  chosen.resize(limit);
  return chosen;
}

/// The outermost pixel centres of each of its rows are all that a component's hull can touch.
std::vector<GridPoint> outline(std::span<const Run> runs) {
  std::vector<GridPoint> points;
  for (std::size_t i = 0; i < runs.size();) {
    std::size_t last = i;
    while (last + 1 < runs.size() && runs[last + 1].y == runs[i].y) ++last;
    const auto y = static_cast<std::int32_t>(runs[i].y);
    const auto begin = static_cast<std::int32_t>(runs[i].begin);
    const auto end = static_cast<std::int32_t>(runs[last].end) - 1;
    points.push_back({begin, y});
    if (end != begin) points.push_back({end, y});
    i = last + 1;
  }
  return points;
}

/// First and last column of a row, none where last < first.
struct Span {
  std::int64_t first;
  std::int64_t last;
};

struct Cell {
  std::int64_t x;
  std::int64_t y;
};

/// Widens the rows' spans by the cells of a line: Bresenham's, from its left end, where a tie between two cells goes to
/// the one nearer that end's row or column, as in OpenCV's LineIterator.
void drawLine(Cell from, Cell to, std::int64_t columns, std::span<Span> rows) {
  if (to.x < from.x) std::swap(from, to);
  const std::int64_t dx = to.x - from.x;
  const std::int64_t dy = std::abs(to.y - from.y);
  const std::int64_t down = to.y < from.y ? -1 : 1;
  const std::int64_t steps = std::max(dx, dy);
  for (std::int64_t k = 0; k <= steps; ++k) {
    const auto part = [&](std::int64_t length) { return steps == 0 ? 0 : (2 * length * k + steps - 1) / (2 * steps); };
    const std::int64_t x = from.x + part(dx);
    const std::int64_t y = from.y + part(dy) * down;
    if (y < 0 || y >= static_cast<std::int64_t>(rows.size())) continue;
    Span& row = rows[static_cast<std::size_t>(y)];
    row.first = std::min(row.first, std::max(x, std::int64_t{0}));
    row.last = std::max(row.last, std::min(x, columns - 1));
  }
}

/// Mean probability of the pixels in a convex quad, its border included: the corners are cut to whole pixels and the
/// sides drawn as 8-connected lines, as PaddleOCR does with OpenCV's fillPoly.
float meanInside(const ProbabilityMap& map, const Quad& exact) {
  // A corner that is a pixel's centre must not fall short of it by the last bits of a double.
  Quad quad = exact;
  for (Point& corner : quad) corner = {static_cast<float>(corner.x), static_cast<float>(corner.y)};
  const auto maxX = static_cast<std::int64_t>(map.scaledWidth) - 1;
  const auto maxY = static_cast<std::int64_t>(map.scaledHeight) - 1;
  const auto [left, right] = std::minmax({quad[0].x, quad[1].x, quad[2].x, quad[3].x});
  const auto [top, bottom] = std::minmax({quad[0].y, quad[1].y, quad[2].y, quad[3].y});
  const auto cell = [](double v, std::int64_t max) {
    return std::clamp(static_cast<std::int64_t>(v), std::int64_t{0}, max);
  };
  const Cell origin{cell(std::floor(left), maxX), cell(std::floor(top), maxY)};
  const std::int64_t columns = cell(std::ceil(right), maxX) - origin.x + 1;
  const std::int64_t rows = cell(std::ceil(bottom), maxY) - origin.y + 1;

  std::vector<Span> spans(static_cast<std::size_t>(rows), Span{columns, -1});
  const auto corner = [&](std::size_t i) {
    return Cell{static_cast<std::int64_t>(quad[i % 4].x - static_cast<double>(origin.x)),
                static_cast<std::int64_t>(quad[i % 4].y - static_cast<double>(origin.y))};
  };
  for (std::size_t i = 0; i < 4; ++i) drawLine(corner(i), corner(i + 1), columns, spans);

  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto [first, last] = spans[static_cast<std::size_t>(row)];
    if (last < first) continue;
    const auto values = map.data.subspan(
        static_cast<std::size_t>(origin.y + row) * map.width + static_cast<std::size_t>(origin.x + first),
        static_cast<std::size_t>(last - first + 1));
    sum += std::accumulate(values.begin(), values.end(), 0.0);
    count += last - first + 1;
  }
  return count == 0 ? 0.0F : static_cast<float>(sum / static_cast<double>(count));
}

/// Mean probability of a component's pixels.
float meanOf(const ProbabilityMap& map, std::span<const Run> component) {
  double sum = 0;
  std::size_t count = 0;
  for (const Run& run : component) {
    const auto values = map.data.subspan(run.y * map.width + run.begin, run.end - run.begin);
    sum += std::accumulate(values.begin(), values.end(), 0.0);
    count += values.size();
  }
  return static_cast<float>(sum / static_cast<double>(count));
}

/// PaddleOCR offsets the rectangle by round joins and takes the minimum-area rectangle of the result. That is the
/// rectangle grown by the distance on each side, whatever its angle.
double unclipDistance(double width, double height, double ratio) {
  const double perimeter = 2 * (width + height);
  return perimeter > 0 ? width * height * ratio / perimeter : 0;
}

void append(std::vector<float>& corners, const Quad& quad) {
  for (const Point corner : quad) {
    corners.push_back(static_cast<float>(corner.x));
    corners.push_back(static_cast<float>(corner.y));
  }
}

void requireOptions(const DbOptions& options) {
  if (!std::isfinite(options.threshold)) fail("options.threshold", "be finite");
  if (!std::isfinite(options.boxThreshold)) fail("options.boxThreshold", "be finite");
  if (!(options.unclipRatio >= 0 && options.unclipRatio <= 1000)) fail("options.unclipRatio", "be from 0 to 1000");
  if (!(options.minSize >= 0 && std::isfinite(options.minSize))) fail("options.minSize", "be finite and not negative");
}

}  // namespace

DetectedBoxes detectBoxes(const ProbabilityMap& map, std::size_t sourceWidth, std::size_t sourceHeight,
                          const DbOptions& options) {
  requireSide("mapWidth", map.width);
  requireSide("mapHeight", map.height);
  requireSide("scaledWidth", map.scaledWidth, map.width);
  requireSide("scaledHeight", map.scaledHeight, map.height);
  requireSide("sourceWidth", sourceWidth);
  requireSide("sourceHeight", sourceHeight);
  requireLength("map", map.data.size(), {map.width, map.height});
  requireOptions(options);

  const double scaleX = static_cast<double>(sourceWidth) / static_cast<double>(map.scaledWidth);
  const double scaleY = static_cast<double>(sourceHeight) / static_cast<double>(map.scaledHeight);
  const auto toSource = [&](Point p) { return Point{(p.x + 0.5) * scaleX, (p.y + 0.5) * scaleY}; };
  const auto clipped = [&](Point p) {
    return Point{std::clamp(p.x, 0.0, static_cast<double>(sourceWidth)),
                 std::clamp(p.y, 0.0, static_cast<double>(sourceHeight))};
  };

  const Components components = findComponents(binarize(map, options));
  std::vector<Box> boxes;
  for (const std::size_t i : largest(components, options.maxCandidates)) {
    const OrientedRect rect = minimumAreaRect(convexHull(outline(components[i])));
    if (std::min(rect.width, rect.height) < options.minSize) continue;
    const BentLine bent = findBentLine(components[i], orderCorners(rect.corners()));
    const bool isBent = !bent.middle.empty();
    const float score = isBent ? meanOf(map, components[i]) : meanInside(map, rect.corners());
    if (!std::isfinite(score) || score < options.boxThreshold) continue;

    const double offset = isBent ? unclipDistance(bent.length, bent.thickness, options.unclipRatio)
                                 : unclipDistance(rect.width, rect.height, options.unclipRatio);
    const OrientedRect unclipped = rect.grown(offset);
    if (std::min(unclipped.width, unclipped.height) < options.minSize + kUnclippedMargin) continue;

    Quad quad = orderCorners(unclipped.corners());
    for (Point& corner : quad) corner = clipped(toSource(corner));
    if (std::min(distance(quad[0], quad[1]), distance(quad[0], quad[3])) <= kShortestSide) continue;
    std::vector<Quad> slices = bent.slices(offset);
    for (Quad& slice : slices) {
      for (Point& corner : slice) corner = toSource(corner);
    }
    boxes.push_back({quad, score, std::move(slices)});
  }

  std::sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) {
    return a.quad[0].y != b.quad[0].y ? a.quad[0].y < b.quad[0].y : a.quad[0].x < b.quad[0].x;
  });
  DetectedBoxes result;
  result.sliceOffsets.push_back(0);
  for (const Box& box : boxes) {
    append(result.quads, box.quad);
    result.scores.push_back(box.score);
    for (const Quad& slice : box.slices) append(result.slices, slice);
    result.sliceOffsets.push_back(static_cast<std::uint32_t>(result.slices.size() / 8));
  }
  return result;
}

}  // namespace omega
