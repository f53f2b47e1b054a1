#include "core/components.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

BitMap bitsOf(std::initializer_list<std::string_view> rows) {
  BitMap bits(rows.begin()->size(), rows.size());
  std::size_t y = 0;
  for (const std::string_view row : rows) {
    for (std::size_t x = 0; x < row.size(); ++x) {
      if (row[x] == '#') bits.row(y)[x / 64] |= std::uint64_t{1} << (x % 64);
    }
    ++y;
  }
  return bits;
}

bool isSet(const BitMap& bits, std::size_t x, std::size_t y) { return (bits.row(y)[x / 64] >> (x % 64) & 1) != 0; }

BitMap randomBits(std::mt19937& random, std::size_t width, std::size_t height) {
  BitMap bits(width, height);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      if (random() % 5 < 2) bits.row(y)[x / 64] |= std::uint64_t{1} << (x % 64);
    }
  }
  return bits;
}

void shapesAreTold() {
  const Components components = findComponents(bitsOf({"##..#.", "..#.##", "......", "#.#...", "###..."}));
  expectEqual(components.size(), 3U);
  expectEqual(components[0].size(), 2U);
  expectEqual(components[1].size(), 2U);
  expectEqual(components[2].size(), 3U);
  expectEqual(components[2][0].y, 3U);
  expectEqual(components[1][1].begin, 4U);
  expectEqual(components[1][1].end, 6U);
}

void labelsMatchAFloodFill() {
  std::mt19937 random(1);
  for (const std::size_t width : {1, 63, 64, 65, 130}) {
    const std::size_t height = 20;
    const BitMap bits = randomBits(random, width, height);
    std::vector<int> flood(width * height, -1);
    int count = 0;
    for (std::size_t start = 0; start < flood.size(); ++start) {
      if (flood[start] >= 0 || !isSet(bits, start % width, start / width)) continue;
      std::vector<std::size_t> open{start};
      flood[start] = count;
      while (!open.empty()) {
        const std::size_t x = open.back() % width;
        const std::size_t y = open.back() / width;
        open.pop_back();
        for (std::size_t ny = y == 0 ? 0 : y - 1; ny < std::min(y + 2, height); ++ny) {
          for (std::size_t nx = x == 0 ? 0 : x - 1; nx < std::min(x + 2, width); ++nx) {
            if (!isSet(bits, nx, ny) || flood[ny * width + nx] >= 0) continue;
            flood[ny * width + nx] = count;
            open.push_back(ny * width + nx);
          }
        }
      }
      ++count;
    }
    const Components components = findComponents(bits);
    expectEqual(components.size(), static_cast<std::size_t>(count));
    std::vector<int> labels(width * height, -1);
    for (std::size_t i = 0; i < components.size(); ++i) {
      for (const Run& run : components[i]) {
        for (std::size_t x = run.begin; x < run.end; ++x) labels[run.y * width + x] = static_cast<int>(i);
      }
    }
    expect(labels == flood);
  }
}

void dilationSpreadsRightAndDown() {
  std::mt19937 random(2);
  for (const std::size_t width : {1, 63, 64, 65, 130}) {
    const std::size_t height = 7;
    const BitMap bits = randomBits(random, width, height);
    BitMap dilated = bits;
    dilated.dilate();
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        const bool expected = isSet(bits, x, y) || (x > 0 && isSet(bits, x - 1, y)) ||
                              (y > 0 && isSet(bits, x, y - 1)) || (x > 0 && y > 0 && isSet(bits, x - 1, y - 1));
        expectEqual(isSet(dilated, x, y), expected);
      }
      if (width % 64 != 0) expectEqual(dilated.row(y).back() >> (width % 64), 0U);
    }
  }
}

void emptyPicturesHaveNone() { expectEqual(findComponents(BitMap(70, 3)).size(), 0U); }

}  // namespace

int main() {
  return run({
      {"pixels that touch at a corner are one component", shapesAreTold},
      {"labels match a flood fill", labelsMatchAFloodFill},
      {"dilation spreads pixels right and down", dilationSpreadsRightAndDown},
      {"an empty picture has no components", emptyPicturesHaveNone},
  });
}
