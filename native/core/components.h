// Connected components of a binary picture held as bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace omega {

/// A binary picture: bit x % 64 of word x / 64 of each row; the bits past the width are 0.
class BitMap {
 public:
  BitMap(std::size_t width, std::size_t height);

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t height() const { return height_; }
  [[nodiscard]] std::span<std::uint64_t> row(std::size_t y) { return {&words_[y * stride_], stride_}; }
  [[nodiscard]] std::span<const std::uint64_t> row(std::size_t y) const { return {&words_[y * stride_], stride_}; }

  /// OpenCV's dilate by a 2×2 kernel with its default anchor: each pixel spreads right, down and to both.
  void dilate();

 private:
  std::size_t width_;
  std::size_t height_;
  std::size_t stride_;
  std::vector<std::uint64_t> words_;
};

/// Set pixels `begin` to `end` - 1 of a row.
struct Run {
  std::uint32_t y;
  std::uint32_t begin;
  std::uint32_t end;
};

/// Runs of each 8-connected component, sorted by row, then by column.
struct Components {
  /// Component i is runs[offsets[i]] to runs[offsets[i + 1] - 1].
  std::vector<std::uint32_t> offsets;
  std::vector<Run> runs;

  [[nodiscard]] std::size_t size() const { return offsets.size() - 1; }
  [[nodiscard]] std::span<const Run> operator[](std::size_t i) const {
    return std::span(runs).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

/// In the order of each component's first pixel, row by row.
Components findComponents(const BitMap& bits);

}  // namespace omega
