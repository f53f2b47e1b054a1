#include "page_strokes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "ink.h"
#include "levels.h"
#include "quality.h"

namespace omega {
namespace {

/// Height of small letters to which the page is reduced. Rulings are then a pixel or two wide, which is what
/// findRulings looks for, and still placed to a tenth of a line.
constexpr double kWorkingHeight = 9;

struct Gray {
  std::size_t width;
  std::size_t height;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] GrayView view() const { return {bytes, width, height}; }
};

/// Luma (ITU-R BT.601), each pixel the mean of `factor` × `factor`; what is left over right and below is cut off.
Gray reducedGray(const RgbView& image, std::size_t factor) {
  Gray gray{std::max<std::size_t>(1, image.width / factor), std::max<std::size_t>(1, image.height / factor), {}};
  gray.bytes.resize(gray.width * gray.height);
  const std::size_t spanX = std::min(factor, image.width);
  const std::size_t spanY = std::min(factor, image.height);
  const auto count = static_cast<std::uint32_t>(spanX * spanY);
  std::vector<std::uint32_t> sums(gray.width);
  for (std::size_t y = 0; y < gray.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t row = y * factor; row < y * factor + spanY; ++row) {
      const std::uint8_t* pixel = image.data.data() + row * image.width * 3;
      for (std::size_t x = 0; x < gray.width; ++x) {
        for (std::size_t i = 0; i < spanX; ++i, pixel += 3) {
          sums[x] += (77U * pixel[0] + 150U * pixel[1] + 29U * pixel[2]) >> 8U;
        }
      }
    }
    std::transform(sums.begin(), sums.end(), gray.bytes.begin() + static_cast<std::ptrdiff_t>(y * gray.width),
                   [count](std::uint32_t sum) { return static_cast<std::uint8_t>(sum / count); });
  }
  return gray;
}

}  // namespace

std::vector<Stroke> findStrokes(const RgbView& image, double letterHeight, double skewDegrees) {
  requireImage(image);
  if (!(letterHeight > 0 && letterHeight <= static_cast<double>(kMaxSide))) {
    fail("letterHeight", "be above 0 and no more than the longest side of a picture");
  }
  if (!(std::abs(skewDegrees) <= 45)) fail("skewDegrees", "be from -45 to 45");

  // A larger reduction would leave nothing of the page.
  const double reduction = std::clamp(std::round(letterHeight / kWorkingHeight), 1.0, 64.0);
  Gray gray = reducedGray(image, static_cast<std::size_t>(reduction));
  if (surveyTiles(gray.view()).inverted) gray.bytes = inverse(gray.view());
  const GrayView view = gray.view();
  const Levels levels = otsuLevels(histogramOf(view));
  const double noise = paperNoise(view, inkMask(view, fillPaper(surveyTiles(view).grid, levels), levels));
  const Rulings rulings =
      findRulings(view, {std::tan(skewDegrees * std::numbers::pi / 180), letterHeight / reduction,
                         rulingDepth(levels.paper - levels.ink, noise)});

  std::vector<Stroke> strokes = rulings.horizontal;
  strokes.insert(strokes.end(), rulings.vertical.begin(), rulings.vertical.end());
  for (Stroke& stroke : strokes) {
    stroke = {stroke.x0 * reduction, stroke.y0 * reduction, stroke.x1 * reduction, stroke.y1 * reduction};
  }
  return strokes;
}

}  // namespace omega
