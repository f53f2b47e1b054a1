#include "marks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <span>

#include "check.h"
#include "components.h"
#include "ink.h"
#include "kernels.h"
#include "levels.h"

namespace omega {
namespace {

// Sides of a box, in heights of the page's lines, whose boxes hold ascenders and descenders: printed boxes are from the
// height of small letters to somewhat above the line.
constexpr double kMinBox = 0.45;
constexpr double kMaxBox = 1.5;
constexpr double kMinPixels = 7;  // below, a box and an "o" look alike
// A component larger than this is a grid or a drawing. A tick that leaves its box may double it.
constexpr double kMaxExtent = 3;
constexpr double kMaxAspect = 1.3;
// Of a side, what must be drawn in one straight run: round letters have far less.
constexpr double kDrawn = 0.9;
// Of the box's side.
constexpr double kMaxStroke = 0.25;
constexpr double kEdgeSlack = 0.08;
// Edges of one direction that a box with a tick across it has at most; more are a pattern.
constexpr std::size_t kMaxEdges = 8;
// Fraction of the inside that is ink, from which it is marked. A thin tick is about 0.1, specks of a scan below 0.03.
constexpr double kCheckedInk = 0.07;

// Ink on the lines one and two pixels outside of a side, as a fraction of the side: a tick crosses it, blur thickens it
// in places; a round letter bulges past the square inside it.
constexpr double kMaxOutside[] = {0.5, 0.35};

std::vector<std::uint8_t> toGray(const RgbView& image) {
  std::vector<std::uint8_t> gray(image.width * image.height);
  kernels().luma(image.data, gray);
  return gray;
}

/// Rows (or columns) `from` to `to` - 1 next to each other that all have a long run; the longest is `begin` to
/// `end` - 1.
struct Edge {
  std::uint32_t from;
  std::uint32_t to;
  std::uint32_t begin;
  std::uint32_t end;
};

/// REQUIRES: runs are sorted by row. `minLength`: shorter runs are no edges.
std::vector<Edge> edgesOf(std::span<const Run> runs, double minLength) {
  std::vector<Edge> edges;
  for (const Run& run : runs) {
    if (run.end - run.begin < minLength) continue;
    // The last edges are those of the row above and of this one.
    const auto joined = std::find_if(edges.rbegin(), edges.rend(), [&](const Edge& edge) {
      return (edge.to == run.y || edge.to == run.y + 1) && edge.begin < run.end && run.begin < edge.end;
    });
    if (joined == edges.rend()) {
      if (edges.size() == kMaxEdges) return {};
      edges.push_back({run.y, run.y + 1, run.begin, run.end});
    } else {
      joined->to = run.y + 1;
      if (run.end - run.begin > joined->end - joined->begin) {
        joined->begin = run.begin;
        joined->end = run.end;
      }
    }
  }
  return edges;
}

/// Runs of columns, `y` being the column, from the runs of rows.
std::vector<Run> transposed(std::span<const Run> runs, const Shape& shape) {
  const auto width = static_cast<std::size_t>(shape.width());
  const auto height = static_cast<std::size_t>(shape.height());
  const auto left = static_cast<std::uint32_t>(shape.left);
  const auto top = static_cast<std::uint32_t>(shape.top);
  std::vector<std::uint8_t> ink(width * height);
  for (const Run& run : runs) {
    for (std::uint32_t x = run.begin; x < run.end; ++x) ink[(x - left) * height + (run.y - top)] = 1;
  }
  std::vector<Run> columns;
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t y = 0; y < height;) {
      if (ink[x * height + y] == 0) {
        ++y;
        continue;
      }
      const std::size_t begin = y;
      while (y < height && ink[x * height + y] != 0) ++y;
      columns.push_back({left + static_cast<std::uint32_t>(x), top + static_cast<std::uint32_t>(begin),
                         top + static_cast<std::uint32_t>(y)});
    }
  }
  return columns;
}

/// Whether the edge is drawn from `begin` to `end`.
bool covers(const Edge& edge, std::uint32_t begin, std::uint32_t end) {
  const double slack = std::max(1.0, kEdgeSlack * (end - begin));
  return edge.begin <= begin + slack && edge.end + slack >= end;
}

struct Box {
  Edge top;
  Edge bottom;
  Edge left;
  Edge right;
};

/// The largest box that two horizontal and two vertical edges make.
std::optional<Box> boxOf(std::span<const Edge> rows, std::span<const Edge> columns, double minSide, double maxSide) {
  std::optional<Box> best;
  double bestArea = 0;
  for (const Edge& top : rows) {
    for (const Edge& bottom : rows) {
      const double height = static_cast<double>(bottom.to) - top.from;
      if (bottom.from <= top.to || height < minSide || height > maxSide) continue;
      for (const Edge& left : columns) {
        for (const Edge& right : columns) {
          const double width = static_cast<double>(right.to) - left.from;
          if (right.from <= left.to || width < minSide || width > maxSide) continue;
          if (std::max(width, height) > kMaxAspect * std::min(width, height) || width * height <= bestArea) continue;
          const double stroke = std::max({bottom.to - bottom.from, top.to - top.from, left.to - left.from,
                                          right.to - right.from});
          if (stroke > std::max(3.0, kMaxStroke * std::min(width, height))) continue;
          if (!covers(top, left.from, right.to) || !covers(bottom, left.from, right.to) ||
              !covers(left, top.from, bottom.to) || !covers(right, top.from, bottom.to)) {
            continue;
          }
          best = Box{top, bottom, left, right};
          bestArea = width * height;
        }
      }
    }
  }
  return best;
}

/// Of the pixels inside the strokes of the box, one off them: their edges are soft.
bool isChecked(std::span<const std::uint8_t> mask, std::size_t width, const Box& box) {
  std::size_t ink = 0;
  std::size_t all = 0;
  for (std::size_t y = box.top.to + 1; y + 1 < box.bottom.from; ++y) {
    for (std::size_t x = box.left.to + 1; x + 1 < box.right.from; ++x) {
      ink += mask[y * width + x];
      ++all;
    }
  }
  return all > 0 && static_cast<double>(ink) >= kCheckedInk * static_cast<double>(all);
}

/// Whether the page is free beside the box.
bool standsFree(std::span<const std::uint8_t> mask, std::size_t width, std::size_t height, const Box& box) {
  const std::size_t left = box.left.from;
  const std::size_t top = box.top.from;
  const std::size_t right = box.right.to;
  const std::size_t bottom = box.bottom.to;
  for (std::size_t distance = 1; distance <= std::size(kMaxOutside); ++distance) {
    std::array<std::size_t, 4> ink{};
    for (std::size_t x = left; x < right; ++x) {
      if (top >= distance) ink[0] += mask[(top - distance) * width + x];
      if (bottom - 1 + distance < height) ink[1] += mask[(bottom - 1 + distance) * width + x];
    }
    for (std::size_t y = top; y < bottom; ++y) {
      if (left >= distance) ink[2] += mask[y * width + left - distance];
      if (right - 1 + distance < width) ink[3] += mask[y * width + right - 1 + distance];
    }
    const double most = kMaxOutside[distance - 1];
    if (static_cast<double>(std::max(ink[0], ink[1])) > most * static_cast<double>(right - left) ||
        static_cast<double>(std::max(ink[2], ink[3])) > most * static_cast<double>(bottom - top)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::vector<SelectionMark> findSelectionMarks(const RgbView& image, double lineHeight) {
  requireImage(image);
  if (!(lineHeight >= 1 && lineHeight <= 10000)) fail("lineHeight", "be from 1 to 10000");
  const double minSide = std::max(kMinPixels, kMinBox * lineHeight);
  const double maxSide = kMaxBox * lineHeight;
  const double maxExtent = kMaxExtent * lineHeight;

  const std::vector<std::uint8_t> pixels = toGray(image);
  const GrayView gray{pixels, image.width, image.height};
  const Levels levels = otsuLevels(histogramOf(gray));
  const std::vector<std::uint8_t> mask = inkMask(gray, fillPaper(surveyTiles(gray).grid, levels), levels);
  const Components components = findComponents(packMask(mask, image.width, image.height));
  const std::vector<Shape> shapes = shapesOf(components);

  std::vector<SelectionMark> marks;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Shape& shape = shapes[i];
    if (std::min(shape.width(), shape.height()) < minSide || std::max(shape.width(), shape.height()) > maxExtent) {
      continue;
    }
    const std::vector<Edge> rows = edgesOf(components[i], kDrawn * minSide);
    if (rows.size() < 2) continue;
    const std::vector<Edge> columns = edgesOf(transposed(components[i], shape), kDrawn * minSide);
    const auto box = boxOf(rows, columns, minSide, maxSide);
    if (!box || !standsFree(mask, image.width, image.height, *box)) continue;
    marks.push_back({box->left.from, box->top.from, box->right.to, box->bottom.to,
                     isChecked(mask, image.width, *box)});
  }
  return marks;
}

}  // namespace omega
