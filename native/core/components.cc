#include "components.h"

#include <bit>
#include <limits>
#include <utility>

namespace omega {
namespace {

/// Union-find over runs; a set's root is its first run.
class Sets {
 public:
  explicit Sets(std::size_t size) : parent_(size) {
    for (std::size_t i = 0; i < size; ++i) parent_[i] = static_cast<std::uint32_t>(i);
  }

  std::uint32_t root(std::uint32_t i) {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }

  void join(std::uint32_t a, std::uint32_t b) {
    a = root(a);
    b = root(b);
    if (a < b) {
      parent_[b] = a;
    } else {
      parent_[a] = b;
    }
  }

 private:
  std::vector<std::uint32_t> parent_;
};

void appendRuns(const BitMap& bits, std::size_t y, std::vector<Run>& runs) {
  const auto row = bits.row(y);
  const auto line = static_cast<std::uint32_t>(y);
  std::uint64_t last = 0;
  std::uint32_t begin = 0;
  bool inside = false;
  for (std::size_t word = 0; word < row.size(); ++word) {
    // A set bit marks a pixel that differs from the one on its left.
    std::uint64_t steps = row[word] ^ ((row[word] << 1) | last);
    last = row[word] >> 63;
    for (; steps != 0; steps &= steps - 1) {
      const auto x = static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(steps)));
      if (inside) runs.push_back({line, begin, x});
      begin = x;
      inside = !inside;
    }
  }
  if (inside) runs.push_back({line, begin, static_cast<std::uint32_t>(bits.width())});
}

}  // namespace

BitMap::BitMap(std::size_t width, std::size_t height)
    : width_(width), height_(height), stride_((width + 63) / 64), words_(stride_ * height) {}

void BitMap::dilate() {
  const std::size_t tail = width_ % 64;
  const std::uint64_t lastWord = tail == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << tail) - 1;
  // From the bottom up, so that the row above still is as it was.
  for (std::size_t y = height_; y-- > 0;) {
    const auto current = row(y);
    std::uint64_t carry = 0;
    for (std::size_t word = 0; word < stride_; ++word) {
      const std::uint64_t set = current[word] | (y > 0 ? row(y - 1)[word] : 0);
      current[word] = set | (set << 1) | carry;
      carry = set >> 63;
    }
    current[stride_ - 1] &= lastWord;
  }
}

Components findComponents(const BitMap& bits) {
  std::vector<Run> runs;
  std::vector<std::size_t> rowStarts{0};
  rowStarts.reserve(bits.height() + 1);
  for (std::size_t y = 0; y < bits.height(); ++y) {
    appendRuns(bits, y, runs);
    rowStarts.push_back(runs.size());
  }

  Sets sets(runs.size());
  for (std::size_t y = 1; y < bits.height(); ++y) {
    std::size_t above = rowStarts[y - 1];
    std::size_t below = rowStarts[y];
    while (above < rowStarts[y] && below < rowStarts[y + 1]) {
      // Diagonal neighbours touch: `end` is one past the run.
      if (runs[above].begin <= runs[below].end && runs[below].begin <= runs[above].end) {
        sets.join(static_cast<std::uint32_t>(above), static_cast<std::uint32_t>(below));
      }
      ++(runs[above].end < runs[below].end ? above : below);
    }
  }

  constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> component(runs.size(), kNone);
  Components components{{0}, std::vector<Run>(runs.size())};
  std::vector<std::uint32_t> sizes;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::uint32_t root = sets.root(static_cast<std::uint32_t>(i));
    if (component[root] == kNone) {
      component[root] = static_cast<std::uint32_t>(sizes.size());
      sizes.push_back(0);
    }
    component[i] = component[root];
    ++sizes[component[i]];
  }
  for (const std::uint32_t size : sizes) components.offsets.push_back(components.offsets.back() + size);
  std::vector<std::uint32_t> next(components.offsets.begin(), components.offsets.end() - 1);
  for (std::size_t i = 0; i < runs.size(); ++i) components.runs[next[component[i]]++] = runs[i];
  return components;
}

}  // namespace omega
