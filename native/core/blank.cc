#include "blank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "components.h"
#include "ink.h"
#include "levels.h"

namespace omega {
namespace {

// Levels by which a mark differs from the paper around it. Print of 18 points is still read where it is 5 levels darker
// on noiseless paper, and 4.4 on a picture of 1000 pixels; of 11 points from 8 (5.2 there) on. In noise the recognizers,
// too, need more.
constexpr double kMinStep = 4;
constexpr double kMinStepToNoise = 8;
// In noise that asks for more than this there may be anything.
constexpr double kMaxStep = 16;

// Pixels, one more than drawn since what lies near each other is joined first. On a page of 1000 pixels a digit of 5
// points is 4 high; a speck of half a millimetre is smaller.
constexpr int kMinMark = 4;
// Print too small for the picture comes out as specks, in greater number than dust.
constexpr std::size_t kMaxSpecks = 100;

PaperGrid meanLevels(const GrayView& image) {
  const std::size_t tile = PaperGrid::kTile;
  PaperGrid grid{
      static_cast<int>((image.width + tile - 1) / tile), static_cast<int>((image.height + tile - 1) / tile), {}};
  for (std::size_t top = 0; top < image.height; top += tile) {
    const std::size_t bottom = std::min(image.height, top + tile);
    for (std::size_t left = 0; left < image.width; left += tile) {
      const std::size_t width = std::min(image.width - left, tile);
      std::uint32_t sum = 0;
      for (std::size_t y = top; y < bottom; ++y) {
        for (const std::uint8_t level : image.data.subspan(y * image.width + left, width)) {
          sum += level;
        }
      }
      grid.levels.push_back(static_cast<float>(sum) / static_cast<float>(width * (bottom - top)));
    }
  }
  return grid;
}

}  // namespace

bool isBlank(const GrayView& image, double noise) {
  if (kMinStepToNoise * noise > kMaxStep) {
    return false;
  }
  const int step = static_cast<int>(std::ceil(std::max(kMinStep, kMinStepToNoise * noise)));
  const PaperGrid paper = meanLevels(image);
  std::vector<std::uint8_t> mask(image.data.size());
  std::vector<std::uint8_t> levels(image.width);
  for (std::size_t y = 0; y < image.height; ++y) {
    interpolatePaper(paper, static_cast<int>(y), 1, levels);
    const std::size_t row = y * image.width;
    for (std::size_t x = 0; x < image.width; ++x) {
      mask[row + x] = std::abs(image.data[row + x] - levels[x]) >= step ? 1 : 0;
    }
  }
  BitMap marks = packMask(mask, image.width, image.height);
  marks.dilate();
  const std::vector<Shape> shapes = shapesOf(findComponents(marks));
  return shapes.size() <= kMaxSpecks && std::all_of(shapes.begin(), shapes.end(), [](const Shape& shape) {
           return std::max(shape.width(), shape.height()) < kMinMark;
         });
}

}  // namespace omega
