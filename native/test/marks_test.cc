#include "core/marks.h"

#include <cmath>
#include <utility>
#include <vector>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

constexpr std::size_t kWidth = 200;
constexpr std::size_t kHeight = 120;
constexpr double kLine = 24;

/// A white page that boxes and strokes are drawn on, 2 pixels thick.
struct Page {
  std::vector<std::uint8_t> data = std::vector<std::uint8_t>(kWidth * kHeight * 3, 255);

  void fill(std::size_t x, std::size_t y, std::size_t width, std::size_t height) {
    for (std::size_t row = y; row < y + height; ++row) {
      for (std::size_t i = 3 * (row * kWidth + x); i < 3 * (row * kWidth + x + width); ++i) data[i] = 20;
    }
  }

  void frame(std::size_t x, std::size_t y, std::size_t width, std::size_t height) {
    fill(x, y, width, 2);
    fill(x, y + height - 2, width, 2);
    fill(x, y, 2, height);
    fill(x + width - 2, y, 2, height);
  }

  void diagonal(std::size_t x, std::size_t y, std::size_t length, bool down) {
    for (std::size_t i = 0; i < length; ++i) fill(x + i, down ? y + i : y + length - 1 - i, 2, 2);
  }

  [[nodiscard]] std::vector<SelectionMark> marks() const {
    return findSelectionMarks({data, kWidth, kHeight}, kLine);
  }
};

void emptyBox() {
  Page page;
  page.frame(40, 30, 20, 20);
  const auto marks = page.marks();
  expectEqual(marks.size(), 1U);
  expectEqual(marks[0].left, 40U);
  expectEqual(marks[0].top, 30U);
  expectEqual(marks[0].right, 60U);
  expectEqual(marks[0].bottom, 50U);
  expect(!marks[0].checked);
}

void crossedBox() {
  Page page;
  page.frame(40, 30, 20, 20);
  page.diagonal(40, 30, 19, true);
  page.diagonal(40, 30, 19, false);
  const auto marks = page.marks();
  expectEqual(marks.size(), 1U);
  expect(marks[0].checked);
}

void tickThatLeavesTheBox() {
  Page page;
  page.frame(40, 40, 20, 20);
  page.diagonal(45, 22, 34, false);
  const auto marks = page.marks();
  expectEqual(marks.size(), 1U);
  expectEqual(marks[0].top, 40U);
  expectEqual(marks[0].right, 60U);
  expect(marks[0].checked);
}

void looseTick() {
  Page page;
  page.frame(40, 30, 22, 22);
  page.diagonal(46, 36, 9, true);
  const auto marks = page.marks();
  expectEqual(marks.size(), 1U);
  expect(marks[0].checked);
}

void speckInTheBox() {
  Page page;
  page.frame(40, 30, 20, 20);
  page.fill(49, 39, 2, 2);
  expect(!page.marks().at(0).checked);
}

void notBoxes() {
  Page page;
  page.fill(10, 10, 20, 20);                                  // a square bullet
  page.frame(40, 10, 60, 20);                                 // a field
  for (std::size_t i = 0; i < 4; ++i) page.frame(10 + 18 * i, 50, 20, 20);  // cells that share their sides
  page.fill(110, 50, 2, 20);                                  // an "E"
  for (const std::size_t y : {50, 59, 68}) page.fill(110, y, 16, 2);
  page.fill(150, 50, 16, 2);  // a "T"
  page.fill(157, 50, 2, 20);
  expectEqual(page.marks().size(), 0U);
}

void unlikelyPictures() {
  for (const auto& [width, height] : {std::pair<std::size_t, std::size_t>{1, 1}, {1, 64}, {64, 1}, {33, 65}}) {
    for (const std::uint8_t level : {0, 255}) {
      const std::vector<std::uint8_t> data(width * height * 3, level);
      expectEqual(findSelectionMarks({data, width, height}, 1).size(), 0U);
    }
  }
}

void wrongArguments() {
  const std::vector<std::uint8_t> data(12);
  expectRangeError("lineHeight", [&] { findSelectionMarks({data, 2, 2}, 0); });
  expectRangeError("lineHeight", [&] { findSelectionMarks({data, 2, 2}, NAN); });
  expectRangeError("image.data", [&] { findSelectionMarks({data, 2, 3}, 20); });
}

}  // namespace

int main() {
  return run({
      {"an empty box is a mark that is not checked", emptyBox},
      {"a box that is crossed from corner to corner is checked", crossedBox},
      {"a tick that leaves its box does not move it", tickThatLeavesTheBox},
      {"a tick that touches nothing counts", looseTick},
      {"a speck does not", speckInTheBox},
      {"bullets, fields, cells and letters are no marks", notBoxes},
      {"pictures of one colour and of any shape have none", unlikelyPictures},
      {"wrong arguments are named", wrongArguments},
  });
}
