#include "features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <vector>

#include "blank.h"
#include "components.h"
#include "ink.h"
#include "levels.h"
#include "pictures.h"
#include "quality.h"
#include "rulings.h"
#include "skew.h"
#include "text_lines.h"

namespace omega {
namespace {

// Otsu splits any picture in two. Noise alone is split into halves about 2.2 times its own measure apart (normal and
// uniform noise, computed); real writing, even faint, stands out by more.
constexpr double kMinContrastToNoise = 3;
constexpr double kMinContrast = 12;  // levels; fainter marks are paper's own texture

// Skew is looked for, and believed, in proportion to the writing: a line of this many letter heights fixes it.
constexpr double kSkewEvidence = 20;
constexpr double kMinSkewConfidence = 0.3;

// A step counts as an edge where it has half of the page's contrast.
constexpr double kEdgeStep = 0.5;

PageFeatures measureUpright(const GrayView& image, const PaperGrid& tiles) {
  const int width = static_cast<int>(image.width);
  const int height = static_cast<int>(image.height);
  const Levels levels = otsuLevels(histogramOf(image));
  const PaperGrid paper = fillPaper(tiles, levels);
  const std::vector<std::uint8_t> mask = inkMask(image, paper, levels);

  PageFeatures features{};
  features.threshold = levels.threshold;
  features.inkLevel = levels.ink;
  features.paperLevel = levels.paper;
  features.contrast = (levels.paper - levels.ink) / 255;
  features.noise = paperNoise(image, mask);
  features.unevenness = unevenness(paper);
  const double step = levels.paper - levels.ink;
  if (step < kMinContrast || step < kMinContrastToNoise * features.noise) {
    features.blank = isBlank(image, features.noise);
    return features;
  }

  const Components components = findComponents(packMask(mask, image.width, image.height));
  const std::vector<Shape> shapes = shapesOf(components);
  const auto ink = std::accumulate(shapes.begin(), shapes.end(), std::int64_t{0},
                                   [](std::int64_t sum, const Shape& shape) { return sum + shape.area; });
  features.inkFraction = static_cast<double>(ink) / static_cast<double>(mask.size());
  features.edgeWidth = edgeWidth(image, components.runs, kEdgeStep * step);

  const Letters letters = findLetters(shapes, width, height);
  double slope = 0;
  if (letters.height > 0) {
    const Skew skew = estimateSkew(components, letters.isLetter, width, height);
    features.skewDegrees = skew.degrees;
    features.skewConfidence = skew.confidence * std::min(1.0, letters.totalWidth / (kSkewEvidence * letters.height));
    if (features.skewConfidence >= kMinSkewConfidence) {
      slope = std::tan(skew.degrees * std::numbers::pi / 180);
    }
  }
  const TextLines lines = findLines(shapes, letters, slope, width, height);
  features.lineCount = static_cast<int>(lines.segments.size());
  features.lineHeight = lines.letterHeight;
  features.columnCount = countColumns(lines, width, height);

  const Rulings rulings = findRulings(image, {slope, lines.letterHeight, rulingDepth(step, features.noise)});
  features.horizontalRulings = static_cast<int>(rulings.horizontal.size());
  features.verticalRulings = static_cast<int>(rulings.vertical.size());
  features.rulingCrossings = rulings.crossings;
  features.pictureFraction = pictureFraction(image, paper, components, letters.isLetter);
  features.blank = lines.segments.empty() && isBlank(image, features.noise);
  return features;
}

}  // namespace

PageFeatures measurePage(const GrayView& image) {
  requireImage(image);
  const TileSurvey survey = surveyTiles(image);
  if (!survey.inverted) {
    return measureUpright(image, survey.grid);
  }
  const std::vector<std::uint8_t> pixels = inverse(image);
  const GrayView upright{pixels, image.width, image.height};
  PageFeatures features = measureUpright(upright, surveyTiles(upright).grid);
  features.inverted = true;
  return features;
}

}  // namespace omega
