#include "core/stamps.h"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kRed{200, 40, 50};
constexpr Colour kBlue{40, 60, 180};
constexpr Colour kBlack{20, 20, 20};

struct Page {
  std::size_t width = 600;
  std::size_t height = 400;
  std::vector<std::uint8_t> data = std::vector<std::uint8_t>(600 * 400 * 3, 255);

  /// Between two radii of an ellipse.
  void ring(double cx, double cy, double rx, double ry, double inner, const Colour& colour) {
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        const double radius = std::hypot((x + 0.5 - cx) / rx, (y + 0.5 - cy) / ry);
        if (radius > 1 || radius < inner) continue;
        for (std::size_t channel = 0; channel < 3; ++channel) data[3 * (y * width + x) + channel] = colour[channel];
      }
    }
  }

  void fill(std::size_t left, std::size_t top, std::size_t right, std::size_t bottom, const Colour& colour) {
    for (std::size_t y = top; y < bottom; ++y) {
      for (std::size_t x = left; x < right; ++x) {
        for (std::size_t channel = 0; channel < 3; ++channel) data[3 * (y * width + x) + channel] = colour[channel];
      }
    }
  }

  [[nodiscard]] std::vector<Stamp> stamps() const { return findStamps({data, width, height}); }
};

void redRing() {
  Page page;
  page.ring(200, 150, 60, 60, 0.93, kRed);
  const auto stamps = page.stamps();
  expectEqual(stamps.size(), 1U);
  expectNear(stamps[0].left, 140, 2);
  expectNear(stamps[0].top, 90, 2);
  expectNear(stamps[0].right, 260, 2);
  expectNear(stamps[0].bottom, 210, 2);
}

void blueOvalUnderWriting() {
  Page page;
  page.ring(300, 200, 80, 50, 0.93, kBlue);
  page.fill(200, 198, 400, 202, kBlack);
  expectEqual(page.stamps().size(), 1U);
}

void notStamps() {
  Page page;
  page.ring(80, 80, 50, 50, 0, kRed);           // a disc
  page.ring(200, 80, 50, 50, 0.93, kBlack);     // a ring in black
  page.ring(300, 80, 8, 8, 0.7, kRed);          // a small one
  page.fill(350, 30, 450, 33, kRed);            // a frame
  page.fill(350, 127, 450, 130, kRed);
  page.fill(350, 30, 353, 130, kRed);
  page.fill(447, 30, 450, 130, kRed);
  page.fill(50, 250, 550, 300, kBlue);          // a bar
  expectEqual(page.stamps().size(), 0U);
}

void unlikelyPictures() {
  for (const auto& [width, height] : {std::pair<std::size_t, std::size_t>{1, 1}, {1, 700}, {700, 1}, {33, 65}}) {
    std::vector<std::uint8_t> data(width * height * 3);
    for (std::size_t i = 0; i < data.size(); i += 3) data[i] = 255;
    expectEqual(findStamps({data, width, height}).size(), 0U);
  }
}

void wrongArguments() {
  const std::vector<std::uint8_t> data(12);
  expectRangeError("image.data", [&] { findStamps({data, 2, 3}); });
  expectRangeError("image.width", [&] { findStamps({data, 0, 3}); });
}

}  // namespace

int main() {
  return run({
      {"a red ring is a stamp", redRing},
      {"a blue oval is one, whatever is written across it", blueOvalUnderWriting},
      {"discs, bars, frames, and rings that are black or small are none", notStamps},
      {"pictures of one colour and of any shape have none", unlikelyPictures},
      {"wrong arguments are named", wrongArguments},
  });
}
