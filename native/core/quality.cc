#include "quality.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "levels.h"

namespace omega {
namespace {

using Bytes = std::vector<std::uint8_t>;

void order(std::uint8_t& a, std::uint8_t& b) {
  const std::uint8_t low = std::min(a, b);
  b = std::max(a, b);
  a = low;
}

// Median of nine by 19 exchanges (Paeth, "Median finding on a 3×3 grid", Graphics Gems I, 1990: sort the columns,
// then the median lies among the largest minimum, the middle median and the smallest maximum).
std::uint8_t median9(std::array<std::uint8_t, 9> v) {
  for (std::size_t column = 0; column < 3; ++column) {
    order(v[column], v[column + 3]);
    order(v[column + 3], v[column + 6]);
    order(v[column], v[column + 3]);
  }
  const std::uint8_t low = std::max({v[0], v[1], v[2]});
  const std::uint8_t high = std::min({v[6], v[7], v[8]});
  order(v[3], v[4]);
  const std::uint8_t middle = std::max(v[3], std::min(v[4], v[5]));
  const std::uint8_t smaller = std::min(low, middle);
  const std::uint8_t larger = std::max(low, middle);
  return std::max(smaller, std::min(larger, high));
}

struct NoiseSum {
  std::uint64_t difference = 0;
  std::uint64_t pixels = 0;

  double mean() const { return pixels == 0 ? 0 : static_cast<double>(difference) / static_cast<double>(pixels); }
};

}  // namespace

double paperNoise(const GrayView& image, std::span<const std::uint8_t> mask) {
  constexpr std::size_t kReach = 2;
  // Below this share the letters leave no paper to measure (or the picture is all noise and Otsu split the noise).
  constexpr double kMinPaperShare = 0.02;
  const std::size_t width = image.width;
  const std::size_t height = image.height;
  if (width < 3 || height < 3) {
    return 0;
  }
  NoiseSum all;
  NoiseSum paper;
  Bytes columns(width);
  Bytes clear(width);
  Bytes difference(width);
  for (std::size_t y = 1; y + 1 < height; ++y) {
    std::fill(columns.begin(), columns.end(), std::uint8_t{0});
    const std::size_t last = std::min(height - 1, y + kReach);
    for (std::size_t near = y < kReach ? 0 : y - kReach; near <= last; ++near) {
      const std::uint8_t* row = mask.data() + near * width;
      for (std::size_t x = 0; x < width; ++x) {
        columns[x] |= row[x];
      }
    }
    std::copy(columns.begin(), columns.end(), clear.begin());
    for (std::size_t reach = 1; reach <= kReach; ++reach) {
      for (std::size_t x = 0; x + reach < width; ++x) {
        clear[x] |= columns[x + reach];
      }
      for (std::size_t x = reach; x < width; ++x) {
        clear[x] |= columns[x - reach];
      }
    }
    const std::uint8_t* centre = image.data.data() + y * width;
    const std::uint8_t* above = centre - width;
    const std::uint8_t* below = centre + width;
    for (std::size_t x = 1; x + 1 < width; ++x) {
      const std::uint8_t median = median9({above[x - 1], above[x], above[x + 1], centre[x - 1], centre[x],
                                           centre[x + 1], below[x - 1], below[x], below[x + 1]});
      difference[x] = static_cast<std::uint8_t>(std::max(centre[x], median) - std::min(centre[x], median));
    }
    std::uint32_t rowAll = 0;
    std::uint32_t rowPaper = 0;
    std::uint32_t rowPixels = 0;
    for (std::size_t x = 1; x + 1 < width; ++x) {
      const std::uint8_t isPaper = clear[x] ^ 1;
      rowAll += difference[x];
      rowPaper += static_cast<std::uint32_t>(difference[x] * isPaper);
      rowPixels += isPaper;
    }
    all.difference += rowAll;
    all.pixels += width - 2;
    paper.difference += rowPaper;
    paper.pixels += rowPixels;
  }
  const bool enough = static_cast<double>(paper.pixels) >= kMinPaperShare * static_cast<double>(all.pixels);
  return enough ? paper.mean() : all.mean();
}

double edgeWidth(const GrayView& image, std::span<const Run> runs, double minStep) {
  double sum = 0;
  std::int64_t edges = 0;
  const int width = static_cast<int>(image.width);
  // The step from paper at `outside` to ink at `outside + direction`, followed both ways as long as it keeps falling.
  const auto measure = [&](std::span<const std::uint8_t> row, int outside, int direction) {
    const auto at = [&](int x) { return static_cast<int>(row[static_cast<std::size_t>(x)]); };
    int high = outside;
    int low = outside + direction;
    int steepest = at(high) - at(low);
    while (high - direction >= 0 && high - direction < width && at(high - direction) > at(high)) {
      steepest = std::max(steepest, at(high - direction) - at(high));
      high -= direction;
    }
    while (low + direction >= 0 && low + direction < width && at(low + direction) < at(low)) {
      steepest = std::max(steepest, at(low) - at(low + direction));
      low += direction;
    }
    const int step = at(high) - at(low);
    if (step >= minStep && steepest > 0) {
      sum += static_cast<double>(step) / steepest;
      ++edges;
    }
  };
  for (const Run& run : runs) {
    const auto row = rowOf(image, static_cast<int>(run.y));
    const int left = static_cast<int>(run.begin);
    const int right = static_cast<int>(run.end);
    if (left > 0) {
      measure(row, left - 1, 1);
    }
    if (right < width) {
      measure(row, right, -1);
    }
  }
  return edges == 0 ? 0 : sum / static_cast<double>(edges);
}

}  // namespace omega
