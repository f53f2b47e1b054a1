#include "core/layout.h"

#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

constexpr LayoutOptions kOptions{64, 48, 640, 240, 0.4F, 0.5F, 200};
constexpr std::size_t kStride = 16;
constexpr std::size_t kCells = 4 * 3;

/// Every distance of every cell is sure to be `bin` strides.
std::vector<float> distancesOf(std::size_t bin) {
  std::vector<float> logits(kCells * 4 * kDistanceBins);
  for (std::size_t i = bin; i < logits.size(); i += kDistanceBins) logits[i] = 100;
  return logits;
}

std::vector<LayoutRegion> decode(const std::vector<float>& scores, const std::vector<float>& distributions,
                                 const LayoutOptions& options = kOptions) {
  const LayoutHead head{scores, distributions, kStride};
  return decodeLayout({&head, 1}, 1, options);
}

void scalesAxesApart() {
  std::vector<float> scores(kCells);
  scores[1 * 4 + 2] = 0.9F;  // row 1, column 2: centre (40, 24)
  const auto regions = decode(scores, distancesOf(1));
  expectEqual(regions.size(), 1U);
  expectNear(regions[0].x, 240, 1e-3);
  expectNear(regions[0].y, 40, 1e-3);
  expectNear(regions[0].width, 320, 1e-3);
  expectNear(regions[0].height, 160, 1e-3);
}

void dropsEmptyBoxes() {
  std::vector<float> scores(kCells, 0.9F);
  expectEqual(decode(scores, distancesOf(0)).size(), 0U);
}

void countsPartialCells() {
  expectEqual(cellCount(608, 800, 8), 7600U);
  expectEqual(cellCount(608, 800, 64), 130U);
  expectEqual(cellCount(1, 1, 64), 1U);
}

void keepsEqualScoresInOrder() {
  std::vector<float> scores(kCells, 0.5F);
  auto options = kOptions;
  options.iouThreshold = 1;
  options.maxCandidates = 2;
  const auto regions = decode(scores, distancesOf(1), options);
  expectEqual(regions.size(), 2U);
  expect(regions[0].x < regions[1].x);
}

void survivesAnyFloats() {
  std::mt19937 random(1);
  std::vector<float> scores(kCells);
  std::vector<float> distributions(kCells * 4 * kDistanceBins);
  for (int round = 0; round < 200; ++round) {
    for (float& value : scores) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    for (float& value : distributions) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    for (const LayoutRegion& region : decode(scores, distributions)) {
      expect(region.x >= 0 && region.x + region.width <= 640.001F);
      expect(region.y >= 0 && region.y + region.height <= 240.001F);
    }
  }
}

void refusesWrongSizes() {
  const std::vector<float> scores(kCells);
  const auto distributions = distancesOf(1);
  expectRangeError("scores[0]", [&] { decode(std::vector<float>(kCells - 1), distributions); });
  expectRangeError("distributions[0]", [&] { decode(scores, std::vector<float>(3)); });
  auto options = kOptions;
  options.inputWidth = 0;
  expectRangeError("options.inputWidth", [&] { decode(scores, distributions, options); });
}

}  // namespace

int main() {
  return run({
      {"each axis has its own scale", scalesAxesApart},
      {"a box without area is no region", dropsEmptyBoxes},
      {"a partial cell counts", countsPartialCells},
      {"equal scores keep the order of their cells", keepsEqualScoresInOrder},
      {"no bits of a float take a region out of the image", survivesAnyFloats},
      {"a head of the wrong size is named", refusesWrongSizes},
  });
}
