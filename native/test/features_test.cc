#include "core/features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "core/levels.h"
#include "core/page_strokes.h"
#include "core/rulings.h"
#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

struct Picture {
  std::size_t width;
  std::size_t height;
  std::vector<std::uint8_t> pixels;

  Picture(std::size_t w, std::size_t h, std::uint8_t level) : width(w), height(h), pixels(w * h, level) {}

  [[nodiscard]] GrayView view() const { return {pixels, width, height}; }
  std::uint8_t& at(std::size_t x, std::size_t y) { return pixels[y * width + x]; }

  void fill(std::size_t left, std::size_t top, std::size_t w, std::size_t h, std::uint8_t level) {
    for (std::size_t y = top; y < top + h; ++y) std::fill_n(&at(left, y), w, level);
  }

  void addNoise(double deviation) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal(0, deviation);
    for (std::uint8_t& level : pixels) {
      level = static_cast<std::uint8_t>(std::clamp(std::lround(level + normal(random)), 0L, 255L));
    }
  }
};

/// Whether (u, v) is ink of a page of 700 × 900 with 30 lines of hollow letters 6 × 10, pitch 9 × 24, from (80, 90).
bool isTextInk(double u, double v) {
  const double line = (v - 90) / 24;
  const double letter = (u - 80) / 9;
  if (line < 0 || line >= 30 || letter < 0 || letter >= 60 || static_cast<int>(letter) % 7 == 6) return false;
  const double x = (letter - std::floor(letter)) * 9;
  const double y = (line - std::floor(line)) * 24;
  return y < 10 && x < 6 && (x < 2 || x >= 4 || y < 2);
}

/// The text page, its lines turned clockwise about its middle; edges smoothed by 3 × 3 samples a pixel.
Picture textPage(double degrees) {
  constexpr int kSamples = 3;
  Picture picture(700, 900, 0);
  const double cosine = std::cos(degrees * std::numbers::pi / 180);
  const double sine = std::sin(degrees * std::numbers::pi / 180);
  for (std::size_t y = 0; y < picture.height; ++y) {
    for (std::size_t x = 0; x < picture.width; ++x) {
      int ink = 0;
      for (int sample = 0; sample < kSamples * kSamples; ++sample) {
        const double px = static_cast<double>(x) + (sample % kSamples + 0.5) / kSamples - 350;
        const double py = static_cast<double>(y) + (sample / kSamples + 0.5) / kSamples - 450;
        ink += isTextInk(px * cosine + py * sine + 350, py * cosine - px * sine + 450) ? 1 : 0;
      }
      picture.at(x, y) = static_cast<std::uint8_t>(240 - 200 * ink / (kSamples * kSamples));
    }
  }
  return picture;
}

void otsuTakesTheMiddle() {
  Histogram histogram{};
  histogram[40] = 10;
  histogram[200] = 30;
  const Levels levels = otsuLevels(histogram);
  expectEqual(levels.threshold, 120);
  expectNear(levels.ink, 40, 0);
  expectNear(levels.paper, 200, 0);
}

void otsuLeavesOneLevel() {
  Histogram histogram{};
  histogram[77] = 5;
  const Levels levels = otsuLevels(histogram);
  expectEqual(levels.threshold, 77);
  expectNear(levels.ink, 77, 0);
  expectNear(levels.paper, 77, 0);
}

void findsSkew() {
  for (const double degrees : {-9.3, -5.0, -2.6, -0.4, 0.0, 0.75, 3.1, 9.6}) {
    const PageFeatures features = measurePage(textPage(degrees).view());
    expectNear(features.skewDegrees, degrees, 0.1);
    expect(features.skewConfidence > 0.8);
    // Eight words a line, too close to be apart; turned lines stay whole.
    expectEqual(features.lineCount, 30);
    expectNear(features.lineHeight, 10, 1);
    expectEqual(features.columnCount, 1);
  }
}

void measuresBlackAndWhite() {
  Picture picture = textPage(0);
  const PageFeatures dark = measurePage(picture.view());
  for (std::uint8_t& level : picture.pixels) level = static_cast<std::uint8_t>(255 - level);
  const PageFeatures bright = measurePage(picture.view());
  expect(!dark.inverted);
  expect(bright.inverted);
  expectNear(dark.inkFraction, bright.inkFraction, 0);
  expectNear(dark.contrast, bright.contrast, 1e-9);
  expectEqual(dark.lineCount, bright.lineCount);
  expectEqual(dark.threshold, bright.threshold);
}

void measuresInk() {
  Picture picture(700, 900, 240);
  std::size_t ink = 0;
  for (std::size_t y = 0; y < 900; ++y) {
    for (std::size_t x = 0; x < 700; ++x) {
      if (isTextInk(static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5)) {
        picture.at(x, y) = 40;
        ++ink;
      }
    }
  }
  const PageFeatures features = measurePage(picture.view());
  expectNear(features.inkFraction, static_cast<double>(ink) / (700 * 900), 0);
  expectEqual(features.threshold, 140);
  expectNear(features.inkLevel, 40, 0);
  expectNear(features.paperLevel, 240, 0);
  expectNear(features.contrast, 200 / 255.0, 1e-12);
  expectNear(features.edgeWidth, 1, 0);
  expectNear(features.noise, 0, 0);
  expectNear(features.unevenness, 0, 0);
  expectNear(features.lineHeight, 10, 0);
  expectEqual(features.lineCount, 30);
}

void measuresRamps() {
  // Stripes whose sides take 1, 2 and 4 steps of equal height from paper to ink.
  for (const int steps : {1, 2, 4}) {
    Picture picture(200, 60, 220);
    for (std::size_t left = 20; left + 20 < 200; left += 24) {
      picture.fill(left, 0, 8, 60, 20);
      for (int step = 1; step < steps; ++step) {
        const auto level = static_cast<std::uint8_t>(20 + 200 * step / steps);
        picture.fill(left - static_cast<std::size_t>(step), 0, 1, 60, level);
        picture.fill(left + 7 + static_cast<std::size_t>(step), 0, 1, 60, level);
      }
    }
    expectNear(measurePage(picture.view()).edgeWidth, steps, 1e-9);
  }
}

void measuresNoise() {
  // Mean |x - median of its 3 × 3| of normal noise is 0.725 deviations (2,000,000 samples); rounding adds little.
  for (const double deviation : {4.0, 8.0, 15.0}) {
    Picture blank(400, 300, 160);
    blank.addNoise(deviation);
    const PageFeatures features = measurePage(blank.view());
    expectNear(features.noise, 0.725 * deviation, 0.02 * deviation);
    expectEqual(features.lineCount, 0);
    expectNear(features.inkFraction, 0, 0);
    expectNear(features.skewConfidence, 0, 0);
  }
  Picture page = textPage(0);
  for (std::uint8_t& level : page.pixels) level = static_cast<std::uint8_t>(level * 3 / 4);  // room above paper
  page.addNoise(10);
  const PageFeatures features = measurePage(page.view());
  expectNear(features.noise, 7.25, 0.5);
  expectEqual(features.lineCount, 30);
}

void measuresUnevenness() {
  // Left half 240, right half 160: deviation 40. Tiles of 32 meet the border at 320.
  Picture picture(640, 320, 240);
  picture.fill(320, 0, 320, 320, 160);
  expectNear(measurePage(picture.view()).unevenness, 40, 1);
}

void readsThroughShadow() {
  // Light falls from full to half across the page; every letter stays ink, no paper becomes it.
  Picture page = textPage(0);
  const PageFeatures lit = measurePage(page.view());
  for (std::size_t y = 0; y < page.height; ++y) {
    for (std::size_t x = 0; x < page.width; ++x) {
      const double light = 1 - 0.5 * static_cast<double>(x) / 700;
      page.at(x, y) = static_cast<std::uint8_t>(page.at(x, y) * light);
    }
  }
  const PageFeatures shaded = measurePage(page.view());
  expectEqual(shaded.lineCount, 30);
  expectNear(shaded.inkFraction, lit.inkFraction, 0.005);
  expectNear(shaded.pictureFraction, 0, 0);
  expect(shaded.unevenness > 25);
}

void findsGrid() {
  // 5 × 4 cells: 6 horizontal and 5 vertical rulings, one or two pixels wide, that meet 30 times.
  for (const std::size_t thickness : {1U, 2U}) {
    Picture picture(600, 400, 250);
    for (std::size_t row = 0; row <= 5; ++row) picture.fill(60, 50 + row * 60, 480 + thickness, thickness, 60);
    for (std::size_t column = 0; column <= 4; ++column) picture.fill(60 + column * 120, 50, thickness, 300, 60);
    const PageFeatures features = measurePage(picture.view());
    expectEqual(features.horizontalRulings, 6);
    expectEqual(features.verticalRulings, 5);
    expectEqual(features.rulingCrossings, 30);
    expectEqual(features.lineCount, 0);
    expectEqual(features.columnCount, 0);
    expectNear(features.pictureFraction, 0, 0);
  }
}

void findsFaintAndSlantedRulings() {
  // Three lines turned by 2 degrees, of a sixth of the contrast of ink.
  const double slope = std::tan(2 * std::numbers::pi / 180);
  Picture picture(600, 300, 250);
  for (const double top : {80.0, 140.0, 200.0}) {
    for (std::size_t x = 40; x < 560; ++x) {
      const auto y = static_cast<std::size_t>(std::lround(top + (static_cast<double>(x) - 300) * slope));
      picture.fill(x, y, 1, 2, 210);
    }
  }
  const Rulings rulings = findRulings(picture.view(), {slope, 8, 30});
  expectEqual(rulings.horizontal.size(), 3U);
  expectEqual(rulings.vertical.size(), 0U);
  expectEqual(rulings.crossings, 0);
  expectEqual(findRulings(picture.view(), {slope, 8, 50}).horizontal.size(), 0U);
  // From end to end where they were drawn, to a pixel.
  const Stroke& first = rulings.horizontal.front();
  expectNear(first.x0, 40, 1.5);
  expectNear(first.y0, 80 - 260 * slope + 1, 1.5);
  expectNear(first.x1, 560, 1.5);
  expectNear(first.y1, 80 + 260 * slope + 1, 1.5);
}

void findsStrokesOfLargePage() {
  // Two rulings of 4 pixels on a page of letters 27 high: reduced by 3, and told in the page's own pixels.
  constexpr std::size_t kWidth = 900;
  constexpr std::size_t kHeight = 600;
  std::vector<std::uint8_t> rgb(kWidth * kHeight * 3, 250);
  const auto fill = [&](std::size_t x0, std::size_t y0, std::size_t x1, std::size_t y1) {
    for (std::size_t y = y0; y < y1; ++y) {
      for (std::size_t i = (y * kWidth + x0) * 3; i < (y * kWidth + x1) * 3; ++i) rgb[i] = 40;
    }
  };
  fill(90, 298, 810, 302);
  fill(448, 60, 452, 540);
  const std::vector<Stroke> strokes = findStrokes({rgb, kWidth, kHeight}, 27, 0);
  expectEqual(strokes.size(), 2U);
  expectNear(strokes[0].x0, 90, 4);
  expectNear(strokes[0].x1, 810, 4);
  expectNear(strokes[0].y0, 300, 3);
  expectNear(strokes[1].x0, 450, 3);
  expectNear(strokes[1].y0, 60, 4);
  expectNear(strokes[1].y1, 540, 4);
}

void refusesStrokesWithoutText() {
  const std::vector<std::uint8_t> rgb(300, 250);
  for (const double letterHeight : {0.0, -1.0, std::nan(""), 1e300}) {
    expectRangeError("letterHeight", [&] { findStrokes({rgb, 10, 10}, letterHeight, 0); });
  }
  expectRangeError("skewDegrees", [&] { findStrokes({rgb, 10, 10}, 9, 46); });
  expectEqual(findStrokes({rgb, 10, 10}, 9, 0).size(), 0U);
}

void textHasNoRulings() {
  const PageFeatures features = measurePage(textPage(0).view());
  expectEqual(features.horizontalRulings, 0);
  expectEqual(features.verticalRulings, 0);
  expectEqual(features.rulingCrossings, 0);
}

void findsPictures() {
  // 320 × 240 pixels of dark texture on a page of text-free paper: 0.12 of 800 × 800, a tile more or less a side.
  Picture picture(800, 800, 250);
  std::mt19937 random(5);
  for (std::size_t y = 160; y < 400; ++y) {
    for (std::size_t x = 160; x < 480; ++x) picture.at(x, y) = static_cast<std::uint8_t>(20 + random() % 120);
  }
  expectNear(measurePage(picture.view()).pictureFraction, 0.12, 0.02);
  Picture black(800, 800, 250);
  black.fill(160, 160, 320, 240, 10);
  expectNear(measurePage(black.view()).pictureFraction, 0.12, 1e-9);
  expectNear(measurePage(textPage(3).view()).pictureFraction, 0, 0);
}

void survivesEverySize() {
  std::mt19937 random(9);
  for (const std::size_t width : {1U, 2U, 3U, 5U, 7U, 8U, 16U, 33U, 64U, 65U, 130U, 1000U}) {
    for (const std::size_t height : {1U, 2U, 3U, 6U, 7U, 17U, 32U, 100U}) {
      for (const int kind : {0, 1, 2, 3, 4}) {
        Picture picture(width, height, kind == 0 ? 0 : 255);
        for (std::uint8_t& level : picture.pixels) {
          if (kind == 2) level = static_cast<std::uint8_t>(random());
          if (kind == 3) level = random() % 2 == 0 ? 0 : 255;
          if (kind == 4) level = random() % 20 == 0 ? 0 : 255;
        }
        const PageFeatures features = measurePage(picture.view());
        for (const double value :
             {features.contrast, features.inkFraction, features.skewConfidence, features.pictureFraction}) {
          expect(value >= 0 && value <= 1);
        }
        expect(std::abs(features.skewDegrees) <= 10);
        expect(std::isfinite(features.edgeWidth) && std::isfinite(features.noise) &&
               std::isfinite(features.unevenness));
        expect(features.lineCount >= 0 && (features.lineCount > 0) == (features.columnCount > 0));
        if (kind < 2) expectNear(features.inkFraction, 0, 0);
      }
    }
  }
}

void randomNoiseIsNoText() {
  std::mt19937 random(11);
  Picture picture(500, 500, 0);
  for (std::uint8_t& level : picture.pixels) level = static_cast<std::uint8_t>(random());
  const PageFeatures features = measurePage(picture.view());
  expectEqual(features.lineCount, 0);
  expectNear(features.inkFraction, 0, 0);
  // Mean |x - median of its 3 × 3| of uniform noise is 0.222 of its range (1,000,000 samples).
  expectNear(features.noise, 0.222 * 255, 1);
}

Picture blankPage() {
  Picture picture(707, 1000, 246);
  picture.addNoise(0.5);
  return picture;
}

void tellsBlankPages() {
  expect(measurePage(blankPage().view()).blank);
  expect(measurePage(Picture(707, 1000, 0).view()).blank);
  // Lit from the left, as by a scanner's lamp.
  Picture shaded = blankPage();
  for (std::size_t y = 0; y < shaded.height; ++y) {
    for (std::size_t x = 0; x < shaded.width; ++x) {
      shaded.at(x, y) = static_cast<std::uint8_t>(shaded.at(x, y) - 40 * x / shaded.width);
    }
  }
  expect(measurePage(shaded.view()).blank);
  // Dust, black and bright.
  Picture dusty = blankPage();
  for (std::size_t i = 0; i < 40; ++i) dusty.fill(10 + 17 * i, 30 + 23 * i, 2, 2, i % 2 == 0 ? 20 : 255);
  expect(measurePage(dusty.view()).blank);
  // The other side shows through by two levels.
  Picture through = blankPage();
  for (std::size_t i = 0; i < 60; ++i) {
    through.fill(60 + 9 * i, 100, 6, 10, 244);
  }
  expect(measurePage(through.view()).blank);
}

void tellsFaintMarks() {
  const auto withMark = [](std::size_t width, std::size_t height, std::uint8_t level) {
    Picture picture = blankPage();
    picture.fill(350, 950, width, height, level);
    return measurePage(picture.view()).blank;
  };
  // The stroke of a digit 1 of six points, and a faint pencil's.
  expect(!withMark(1, 5, 60));
  expect(!withMark(2, 30, 240));
  // Smaller than a digit; fainter than what is read.
  expect(withMark(2, 2, 60));
  Picture bright(707, 1000, 60);
  expect(measurePage(bright.view()).blank);
  bright.fill(350, 950, 1, 5, 70);
  expect(!measurePage(bright.view()).blank);
  // Specks in such number are print too small for the picture.
  Picture halftone = blankPage();
  for (std::size_t i = 0; i < 101; ++i) halftone.fill(20 + 6 * i, 500, 1, 1, 20);
  expect(!measurePage(halftone.view()).blank);
  // Grain may hide anything; text, rulings and pictures are marks.
  Picture grainy = blankPage();
  grainy.addNoise(4);
  expect(!measurePage(grainy.view()).blank);
  expect(!measurePage(textPage(0).view()).blank);
}

void refusesWrongLength() {
  const std::vector<std::uint8_t> pixels(99);
  expectRangeError("image.data", [&] { measurePage({pixels, 10, 10}); });
  expectRangeError("image.width", [&] { measurePage({{}, 0, 10}); });
}

}  // namespace

int main() {
  return run({
      {"between two levels Otsu's threshold is the middle", otsuTakesTheMiddle},
      {"a page of one level has no ink", otsuLeavesOneLevel},
      {"skew, lines and letter height are found at any angle", findsSkew},
      {"a white-on-black page measures as its negative", measuresBlackAndWhite},
      {"ink, levels and sharpness of a perfect page are exact", measuresInk},
      {"a ramp of n steps is n pixels wide", measuresRamps},
      {"noise is measured on paper, with text and without", measuresNoise},
      {"unevenness is the deviation of the paper's level", measuresUnevenness},
      {"a shadow is neither ink nor picture", readsThroughShadow},
      {"a grid of 5 by 4 cells has 6 + 5 rulings and 30 crossings", findsGrid},
      {"rulings are found faint and slanted, and not below the depth asked for", findsFaintAndSlantedRulings},
      {"strokes of a large page are told in its own pixels", findsStrokesOfLargePage},
      {"strokes are not looked for without a letter height, nor on a page that is turned", refusesStrokesWithoutText},
      {"text has no rulings", textHasNoRulings},
      {"texture and black areas are pictures, text is none", findsPictures},
      {"pictures of every size and content are measured", survivesEverySize},
      {"random noise is no text", randomNoiseIsNoText},
      {"a page with nothing but noise, shading, dust and faint show-through is blank", tellsBlankPages},
      {"a digit, a pencil's stroke, fine print and coarse grain are not blank", tellsFaintMarks},
      {"a view of the wrong size is refused", refusesWrongLength},
  });
}
