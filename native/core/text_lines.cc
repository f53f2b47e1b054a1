#include "text_lines.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <numeric>

namespace omega {
namespace {

// Median of heights 0..n, each with its weight; 0 where all weights are 0.
double weightedMedian(std::span<const double> weights) {
  const double half = std::accumulate(weights.begin(), weights.end(), 0.0) / 2;
  double below = 0;
  for (std::size_t height = 0; height < weights.size(); ++height) {
    if (weights[height] > 0 && below + weights[height] >= half) {
      return static_cast<double>(height);
    }
    below += weights[height];
  }
  return 0;
}

// Shape limits that any script's letters, and words of touching letters, keep to; rulings, frames, pictures and
// specks do not. Measured on components of rendered pages and scans of 5 to 40 pixels letter height.
bool mayBeLetter(const Shape& shape, int maxHeight) {
  constexpr int kMinHeight = 2;
  constexpr int kMinArea = 3;
  constexpr double kMinFill = 0.1;      // of its box; frames and slanted rulings have less
  constexpr double kMaxRunHeights = 2;  // strokes are thin: mean run length against height
  constexpr int kMaxAspect = 60;        // a whole line of touching letters
  const double width = shape.width();
  const double height = shape.height();
  const double area = static_cast<double>(shape.area);
  return height >= kMinHeight && height <= maxHeight && area >= kMinArea && width <= kMaxAspect * height &&
         area >= kMinFill * width * height && area <= kMaxRunHeights * height * static_cast<double>(shape.runs);
}

double uprightHeight(const Shape& shape, double slope) {
  // What is left is at least half: a wide component may be slanted less than the page.
  return std::max(0.5 * shape.height(), shape.height() - shape.width() * std::abs(slope));
}

}  // namespace

Letters findLetters(std::span<const Shape> shapes, int width, int height) {
  // A letter taller than a tenth of the page is a poster's: it would be read as a picture as well.
  const int maxHeight = std::max(2, std::max(width, height) / 10);
  // Around the median: from x-height of small print to capitals of a heading.
  constexpr double kSmallest = 0.4;
  constexpr double kTallest = 3;

  Letters letters{std::vector<std::uint8_t>(shapes.size()), 0, 0};
  std::vector<double> weights(static_cast<std::size_t>(maxHeight) + 1);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Shape& shape = shapes[i];
    if (mayBeLetter(shape, maxHeight)) {
      letters.isLetter[i] = 1;
      weights[static_cast<std::size_t>(shape.height())] += shape.width();
    }
  }
  const double median = weightedMedian(weights);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const int tall = shapes[i].height();
    if (letters.isLetter[i] != 0 && (tall < kSmallest * median || tall > kTallest * median)) {
      letters.isLetter[i] = 0;
      weights[static_cast<std::size_t>(tall)] = 0;
    }
  }
  letters.height = weightedMedian(weights);
  letters.totalWidth = std::accumulate(weights.begin(), weights.end(), 0.0);
  return letters;
}

TextLines findLines(std::span<const Shape> shapes, const Letters& letters, double slope, int width, int height) {
  // In letter heights (x-height to capital). A word space is 0.5 to 1.5 of them, the narrowest gutter about 2.5.
  constexpr double kMaxGap = 2;
  constexpr double kMaxDrift = 0.6;  // of centres, next letter against the line's last
  constexpr double kMinLength = 2;   // shorter pieces are specks or a lone mark
  TextLines lines{{}, 0};
  if (letters.height == 0) {
    return lines;
  }

  // Letters left to right, by a counting sort of their left edges.
  std::vector<std::uint32_t> starts(static_cast<std::size_t>(width) + 1);
  std::vector<double> weights(static_cast<std::size_t>(height) + 1);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (letters.isLetter[i] != 0) {
      ++starts[static_cast<std::size_t>(shapes[i].left) + 1];
      weights[static_cast<std::size_t>(std::lround(uprightHeight(shapes[i], slope)))] += shapes[i].width();
    }
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<std::uint32_t> leftToRight(starts.back());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (letters.isLetter[i] != 0) {
      leftToRight[starts[static_cast<std::size_t>(shapes[i].left)]++] = static_cast<std::uint32_t>(i);
    }
  }
  const double unit = weightedMedian(weights);

  // The open line of each band of y; a letter goes to the nearest in its own and the two neighbouring bands.
  const double cosine = 1 / std::sqrt(1 + slope * slope);
  const double sine = slope * cosine;
  const double lowest = std::min(0.0, -sine * width);
  const auto bandCount = static_cast<std::size_t>((height + std::abs(sine) * width) / unit) + 3;
  std::vector<LineSegment> open(bandCount, LineSegment{0, -1, 0});
  const auto close = [&](LineSegment& line) {
    if (line.right - line.left >= kMinLength * unit) {
      lines.segments.push_back(line);
    }
    line = {0, -1, 0};
  };
  for (const std::uint32_t index : leftToRight) {
    const Shape& letter = shapes[index];
    const double x = (letter.left + letter.right) / 2.0;
    const double y = (letter.top + letter.bottom) / 2.0;
    const double middle = x * cosine + y * sine;
    const double centre = y * cosine - x * sine;
    const double left = middle - letter.width() / 2.0;
    const double right = middle + letter.width() / 2.0;
    const std::size_t band = static_cast<std::size_t>((centre - lowest) / unit) + 1;
    LineSegment* nearest = nullptr;
    for (std::size_t near = band - 1; near <= band + 1; ++near) {
      LineSegment& line = open[near];
      if (line.right >= line.left && left - line.right <= kMaxGap * unit &&
          std::abs(centre - line.centre) <= kMaxDrift * unit &&
          (nearest == nullptr || std::abs(centre - line.centre) < std::abs(centre - nearest->centre))) {
        nearest = &line;
      }
    }
    LineSegment line{left, right, centre};
    if (nearest != nullptr) {
      // The centre moves slowly with the line's bend and not with every ascender.
      constexpr double kFollow = 0.25;
      line = {nearest->left, std::max(nearest->right, right), nearest->centre + kFollow * (centre - nearest->centre)};
      *nearest = {0, -1, 0};
    }
    LineSegment& slot = open[static_cast<std::size_t>((line.centre - lowest) / unit) + 1];
    close(slot);
    slot = line;
  }
  for (LineSegment& line : open) {
    close(line);
  }
  lines.letterHeight = lines.segments.empty() ? 0 : unit;
  return lines;
}

int countColumns(const TextLines& lines, int width, int height) {
  if (lines.segments.empty()) {
    return 0;
  }
  // In letter heights: the narrowest gutter in print, and the narrowest column (about a dozen characters).
  constexpr double kMinGutter = 1.5;
  constexpr double kMinColumn = 10;
  // A gutter is open beside at least this share of the rows that hold text: half a page of two columns counts, a
  // table of a few rows does not. Full-width lines may cross it in two rows for five that are open, as the title and
  // abstract of a paper's first page do.
  constexpr double kMinOpenRows = 0.35;
  constexpr double kMaxCrossing = 0.4;

  const double cell = std::max(1.0, lines.letterHeight / 2);
  // Deskewed coordinates leave the page by less than its other side times the sine of 10 degrees.
  const double reach = 0.2 * std::max(width, height);
  const auto columns = static_cast<std::size_t>((width + 2 * reach) / cell) + 2;
  const auto rows = static_cast<std::size_t>((height + 2 * reach) / cell) + 2;
  std::vector<std::uint8_t> occupied(columns * rows);
  const auto cellOf = [&](double position, std::size_t count) {
    return static_cast<std::size_t>(std::clamp((position + reach) / cell, 0.0, static_cast<double>(count - 1)));
  };
  for (const LineSegment& line : lines.segments) {
    // A line fills the white space to its neighbours too: up to one and a half letter heights each way.
    const std::size_t top = cellOf(line.centre - 1.5 * lines.letterHeight, rows);
    const std::size_t bottom = cellOf(line.centre + 1.5 * lines.letterHeight, rows);
    const std::size_t left = cellOf(line.left, columns);
    const std::size_t right = cellOf(line.right, columns);
    for (std::size_t row = top; row <= bottom; ++row) {
      std::fill_n(occupied.begin() + static_cast<std::ptrdiff_t>(row * columns + left), right - left + 1,
                  std::uint8_t{1});
    }
  }

  std::vector<std::uint32_t> crossing(columns);
  std::vector<std::uint32_t> open(columns);
  std::uint32_t textRows = 0;
  std::size_t textLeft = columns;
  std::size_t textRight = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint8_t* cells = occupied.data() + row * columns;
    std::size_t gapStart = columns;  // first empty cell after text; columns: none yet
    bool seen = false;
    for (std::size_t column = 0; column < columns; ++column) {
      if (cells[column] != 0) {
        ++crossing[column];
        if (seen && gapStart < column &&
            static_cast<double>(column - gapStart) * cell >= kMinGutter * lines.letterHeight) {
          for (std::size_t gap = gapStart; gap < column; ++gap) {
            ++open[gap];
          }
        }
        seen = true;
        gapStart = column + 1;
        textLeft = std::min(textLeft, column);
        textRight = std::max(textRight, column);
      }
    }
    textRows += seen ? 1 : 0;
  }

  int count = 1;
  const double minColumn = kMinColumn * lines.letterHeight / cell;
  double columnStart = static_cast<double>(textLeft);
  for (std::size_t column = textLeft; column <= textRight; ++column) {
    const auto isGutter = [&](std::size_t at) {
      return open[at] >= kMinOpenRows * textRows && crossing[at] <= kMaxCrossing * open[at];
    };
    if (!isGutter(column)) {
      continue;
    }
    std::size_t end = column;
    while (end <= textRight && isGutter(end)) {
      ++end;
    }
    if (static_cast<double>(column) - columnStart >= minColumn && static_cast<double>(textRight - end) >= minColumn) {
      ++count;
      columnStart = static_cast<double>(end);
    }
    column = end;
  }
  return count;
}

}  // namespace omega
