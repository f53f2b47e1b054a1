#include "page_strokes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numbers>
#include <vector>

#include "ink.h"
#include "kernels.h"
#include "levels.h"
#include "quality.h"

namespace omega {
namespace {

/// Height of small letters to which the page is reduced. Rulings are then a pixel or two wide, which is what
/// findRulings looks for, and still placed to a tenth of a line.
constexpr double kWorkingHeight = 9;

/// A larger one would leave nothing of the page.
constexpr double kMaxReduction = 64;

struct Gray {
  std::size_t width;
  std::size_t height;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] GrayView view() const { return {bytes, width, height}; }
};

/// Luma, each pixel the mean of `factor` × `factor`; what is left over right and below is cut off.
Gray reducedGray(const RgbView& image, std::size_t factor) {
  Gray gray{std::max<std::size_t>(1, image.width / factor), std::max<std::size_t>(1, image.height / factor), {}};
  gray.bytes.resize(gray.width * gray.height);
  const std::size_t spanX = std::min(factor, image.width);
  const std::size_t spanY = std::min(factor, image.height);
  const auto count = static_cast<std::uint32_t>(spanX * spanY);
  std::vector<std::uint8_t> luma(image.width);
  std::vector<std::uint16_t> columns(image.width);  // sums of at most kMaxReduction levels
  for (std::size_t y = 0; y < gray.height; ++y) {
    std::fill(columns.begin(), columns.end(), std::uint16_t{0});
    for (std::size_t row = y * factor; row < y * factor + spanY; ++row) {
      kernels().luma(image.data.subspan(row * image.width * 3, image.width * 3), luma);
      std::transform(luma.begin(), luma.end(), columns.begin(), columns.begin(), std::plus<std::uint16_t>());
    }
    const std::uint16_t* column = columns.data();
    std::uint8_t* out = gray.bytes.data() + y * gray.width;
    for (std::size_t x = 0; x < gray.width; ++x) {
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < spanX; ++i) sum += *column++;
      out[x] = static_cast<std::uint8_t>(sum / count);
    }
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

  const double reduction = std::clamp(std::round(letterHeight / kWorkingHeight), 1.0, kMaxReduction);
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
