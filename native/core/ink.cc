#include "ink.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace omega {
namespace {

static_assert(std::endian::native == std::endian::little, "packBits reads eight mask bytes as one integer");

/// Bit i of the result is byte i of the mask; bytes are 0 or 1.
std::uint64_t packBits(std::span<const std::uint8_t> bytes) {
  std::uint64_t bits = 0;
  for (std::size_t offset = 0; offset < bytes.size(); offset += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + offset, std::min<std::size_t>(8, bytes.size() - offset));
    // The multiplier moves byte k's bit to bit 56 + k.
    bits |= ((eight * 0x0102040810204080ULL) >> 56) << offset;
  }
  return bits;
}

}  // namespace

std::vector<std::uint8_t> inkMask(const GrayView& image, const PaperGrid& paper, const Levels& levels) {
  // Paper changes slowly: one row of thresholds serves this many rows.
  constexpr int kSharedRows = 4;
  const double factor = levels.paper > 0 ? levels.threshold / levels.paper : 1;
  std::vector<std::uint8_t> mask(image.data.size());
  std::vector<std::uint8_t> thresholds(image.width);
  const int height = static_cast<int>(image.height);
  for (int y = 0; y < height; ++y) {
    if (y % kSharedRows == 0) {
      interpolatePaper(paper, y + kSharedRows / 2, factor, thresholds);
    }
    const std::uint8_t* pixels = rowOf(image, y).data();
    const std::uint8_t* limits = thresholds.data();
    std::uint8_t* out = mask.data() + static_cast<std::size_t>(y) * image.width;
    for (std::size_t x = 0; x < image.width; ++x) {
      out[x] = pixels[x] < limits[x] ? 1 : 0;
    }
  }
  return mask;
}

BitMap packMask(std::span<const std::uint8_t> mask, std::size_t width, std::size_t height) {
  BitMap bits(width, height);
  for (std::size_t y = 0; y < height; ++y) {
    const auto bytes = mask.subspan(y * width, width);
    const auto words = bits.row(y);
    for (std::size_t word = 0; word < words.size(); ++word) {
      words[word] = packBits(bytes.subspan(word * 64, std::min<std::size_t>(64, width - word * 64)));
    }
  }
  return bits;
}

std::vector<Shape> shapesOf(const Components& components) {
  std::vector<Shape> shapes;
  shapes.reserve(components.size());
  for (std::size_t i = 0; i < components.size(); ++i) {
    const auto runs = components[i];
    Shape shape{static_cast<int>(runs.front().begin),
                static_cast<int>(runs.front().y),
                0,
                static_cast<int>(runs.back().y) + 1,
                0,
                static_cast<std::int64_t>(runs.size())};
    for (const Run& run : runs) {
      shape.left = std::min(shape.left, static_cast<int>(run.begin));
      shape.right = std::max(shape.right, static_cast<int>(run.end));
      shape.area += run.end - run.begin;
    }
    shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace omega
