#include "stamps.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <numbers>
#include <span>

#include "components.h"
#include "ink.h"

namespace omega {
namespace {

// The longer side of the picture that colours are looked at in: a ring of 3 cm on a page is 60 cells wide in it.
constexpr std::size_t kGridSide = 600;
// Of a cell's pixels, those that are coloured: a stroke that crosses the cell has more.
constexpr double kCellInk = 0.12;
// Levels by which one channel stands out: stamps fade to pink and light blue, paper and skin do not reach it.
constexpr int kRedOverOthers = 50;
constexpr int kBlueOverRed = 50;
constexpr int kBlueOverGreen = 20;
// Steps of dilation that close the breaks of a worn ring, or of one that is written across.
constexpr int kClosing = 4;
constexpr int kMinDiameter = 24;  // cells
constexpr double kMaxAspect = 2;
// A ring is drawn in this many of its sectors, its inner and outer radius being these fractions of the ellipse's.
constexpr std::size_t kSectors = 36;
constexpr std::size_t kMinSectors = 28;
constexpr double kInnerRadius = 0.86;
constexpr double kOuterRadius = 1.06;
// Of the ellipse, coloured at most: discs and pictures have more.
constexpr double kMaxFill = 0.6;

bool isRed(const std::uint8_t* pixel) { return pixel[0] - std::max(pixel[1], pixel[2]) > kRedOverOthers; }

bool isBlue(const std::uint8_t* pixel) {
  return pixel[2] - pixel[0] > kBlueOverRed && pixel[2] - pixel[1] > kBlueOverGreen;
}

/// Of the pixel's red, or of whatever byte, to the second behind it.
inline std::uint8_t redToBlue(const std::uint8_t* byte) {
  return static_cast<std::uint8_t>(byte[0] > byte[2] ? byte[0] - byte[2] : byte[2] - byte[0]);
}

/// Whether red and blue differ anywhere in the row by what a coloured pixel needs. Most pages have no such row, and this
/// is much faster than to look at each pixel: compilers vectorize it.
bool mayHaveColour(const std::uint8_t* row, std::size_t bytes) {
  static_assert(kRedOverOthers == kBlueOverRed, "one difference stands for both colours");
  // Of these every third is a pixel's.
  constexpr std::size_t kBlock = 48;
  std::array<std::uint8_t, kBlock> widest{};
  std::size_t begin = 0;
  for (; begin + kBlock + 2 <= bytes; begin += kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      const std::uint8_t difference = redToBlue(row + begin + i);
      widest[i] = difference > widest[i] ? difference : widest[i];
    }
  }
  for (; begin < bytes; begin += 3) widest[0] = std::max(widest[0], redToBlue(row + begin));
  for (std::size_t i = 0; i < kBlock; i += 3) {
    if (widest[i] > kRedOverOthers) return true;
  }
  return false;
}

std::vector<std::uint8_t> rowsWithColour(const RgbView& image) {
  std::vector<std::uint8_t> rows(image.height);
  for (std::size_t y = 0; y < image.height; ++y) {
    rows[y] = mayHaveColour(image.data.data() + y * image.width * 3, image.width * 3) ? 1 : 0;
  }
  return rows;
}

/// One byte a cell of `step` × `step` pixels, 1 where enough of them are of the colour.
template <bool (*kIsColour)(const std::uint8_t*)>
std::vector<std::uint8_t> colouredCells(const RgbView& image, std::span<const std::uint8_t> hasColour,
                                        std::size_t step) {
  const std::size_t columns = (image.width + step - 1) / step;
  const std::size_t rows = (image.height + step - 1) / step;
  std::vector<std::uint8_t> cells(columns * rows);
  std::vector<std::size_t> counts(columns);
  const auto needed = std::max<std::size_t>(1, static_cast<std::size_t>(kCellInk * static_cast<double>(step * step)));
  for (std::size_t row = 0; row < rows; ++row) {
    std::fill(counts.begin(), counts.end(), 0);
    const std::size_t end = std::min(image.height, (row + 1) * step);
    for (std::size_t y = row * step; y < end; ++y) {
      if (hasColour[y] == 0) continue;
      const std::uint8_t* pixel = image.data.data() + y * image.width * 3;
      for (std::size_t x = 0; x < image.width; ++x, pixel += 3) counts[x / step] += kIsColour(pixel) ? 1 : 0;
    }
    for (std::size_t column = 0; column < columns; ++column) {
      cells[row * columns + column] = counts[column] >= needed ? 1 : 0;
    }
  }
  return cells;
}

bool isRing(const std::vector<std::uint8_t>& cells, std::size_t columns, const Shape& shape) {
  const double radiusX = shape.width() / 2.0;
  const double radiusY = shape.height() / 2.0;
  std::bitset<kSectors> drawn;
  std::size_t inside = 0;
  std::size_t coloured = 0;
  for (int y = shape.top; y < shape.bottom; ++y) {
    for (int x = shape.left; x < shape.right; ++x) {
      const double dx = (x + 0.5 - shape.left - radiusX) / radiusX;
      const double dy = (y + 0.5 - shape.top - radiusY) / radiusY;
      const double radius = std::hypot(dx, dy);
      if (radius > kOuterRadius) continue;
      ++inside;
      if (cells[static_cast<std::size_t>(y) * columns + static_cast<std::size_t>(x)] == 0) continue;
      ++coloured;
      if (radius < kInnerRadius) continue;
      const double turn = std::atan2(dy, dx) / (2 * std::numbers::pi) + 0.5;
      drawn.set(std::min(kSectors - 1, static_cast<std::size_t>(turn * kSectors)));
    }
  }
  return drawn.count() >= kMinSectors && static_cast<double>(coloured) <= kMaxFill * static_cast<double>(inside);
}

template <bool (*kIsColour)(const std::uint8_t*)>
void addStamps(const RgbView& image, std::span<const std::uint8_t> hasColour, std::size_t step,
               std::vector<Stamp>& stamps) {
  const std::size_t columns = (image.width + step - 1) / step;
  const std::size_t rows = (image.height + step - 1) / step;
  const std::vector<std::uint8_t> cells = colouredCells<kIsColour>(image, hasColour, step);
  BitMap bits = packMask(cells, columns, rows);
  for (int i = 0; i < kClosing; ++i) bits.dilate();
  for (Shape shape : shapesOf(findComponents(bits))) {
    // Dilation spread right and down.
    shape.right = std::max(shape.left + 1, shape.right - kClosing);
    shape.bottom = std::max(shape.top + 1, shape.bottom - kClosing);
    const int longer = std::max(shape.width(), shape.height());
    const int shorter = std::min(shape.width(), shape.height());
    if (shorter < kMinDiameter || longer > kMaxAspect * shorter || !isRing(cells, columns, shape)) continue;
    const auto pixels = [step](int cell, std::size_t limit) {
      return static_cast<std::uint32_t>(std::min(limit, static_cast<std::size_t>(cell) * step));
    };
    stamps.push_back({pixels(shape.left, image.width), pixels(shape.top, image.height),
                      pixels(shape.right, image.width), pixels(shape.bottom, image.height)});
  }
}

}  // namespace

std::vector<Stamp> findStamps(const RgbView& image) {
  requireImage(image);
  const std::size_t step = std::max<std::size_t>(1, (std::max(image.width, image.height) + kGridSide - 1) / kGridSide);
  std::vector<Stamp> stamps;
  const std::vector<std::uint8_t> hasColour = rowsWithColour(image);
  addStamps<isRed>(image, hasColour, step, stamps);
  addStamps<isBlue>(image, hasColour, step, stamps);
  return stamps;
}

}  // namespace omega
