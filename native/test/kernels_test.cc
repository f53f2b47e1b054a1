#include "core/kernels.h"

#include <bit>
#include <limits>
#include <random>
#include <vector>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Around every vector's and block's width, where loops change over to their tails.
constexpr std::size_t kLengths[] = {0, 1, 3, 5, 6, 7, 8, 9, 31, 63, 64, 65, 127, 255, 256, 257, 300, 512, 1000};

std::vector<float> randomFloats(std::mt19937& random, std::size_t count, float low, float high) {
  std::uniform_real_distribution<float> value(low, high);
  std::vector<float> values(count);
  for (float& v : values) v = value(random);
  return values;
}

std::vector<std::uint8_t> randomBytes(std::mt19937& random, std::size_t count) {
  std::vector<std::uint8_t> values(count);
  for (std::uint8_t& v : values) v = static_cast<std::uint8_t>(random());
  return values;
}

void thresholdsAgree() {
  std::mt19937 random(1);
  for (const std::size_t length : kLengths) {
    auto values = randomFloats(random, length, 0, 1);
    if (length > 5) values[5] = kNan;
    std::vector<std::uint64_t> fast((length + 63) / 64, ~std::uint64_t{0});
    auto plain = fast;
    kernels().threshold(values, 0.5F, fast);
    portableKernels().threshold(values, 0.5F, plain);
    expect(fast == plain);
    if (length > 5) expectEqual(fast[0] >> 5 & 1, 0U);
    if (length % 64 != 0) expectEqual(fast.back() >> (length % 64), 0U);
  }
}

void peaksAgree() {
  std::mt19937 random(2);
  for (const std::size_t length : kLengths) {
    // Few levels make ties, of which the first must win.
    auto values = randomFloats(random, length, 0, 1);
    for (float& v : values) v = std::round(v * 8);
    auto bias = randomFloats(random, length, 0, 1);
    for (float& v : bias) v = v < 0.5F ? 0 : -kInfinity;
    if (length > 3) values[length / 2] = kNan;
    Peak expected{0, -kInfinity};
    Peak expectedBiased = expected;
    for (std::size_t i = 0; i < length; ++i) {
      if (values[i] > expected.value) expected = {i, values[i]};
      if (values[i] + bias[i] > expectedBiased.value) expectedBiased = {i, values[i]};
    }
    for (const Kernels* kernel : {&kernels(), &portableKernels()}) {
      expectEqual(kernel->peak(values).index, expected.index);
      expectEqual(kernel->peak(values).value, expected.value);
      expectEqual(kernel->biasedPeak(values, bias).index, expectedBiased.index);
      expectEqual(kernel->biasedPeak(values, bias).value, expectedBiased.value);
    }
  }
}

void nothingToChooseFromHasNoPeak() {
  const std::vector<float> none(700, kNan);
  for (const Kernels* kernel : {&kernels(), &portableKernels()}) {
    expectEqual(kernel->peak(none).index, 0U);
    expectEqual(kernel->peak(none).value, -kInfinity);
    expectEqual(kernel->peak({}).value, -kInfinity);
  }
}

void expectSamePixels(std::span<const float> a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i % 4 != 3) expectNear(a[i], b[i], 1e-3);
  }
}

void blendedRowsAgree() {
  std::mt19937 random(3);
  for (const std::size_t pixels : kLengths) {
    const auto a = randomBytes(random, pixels * 3);
    const auto b = randomBytes(random, pixels * 3);
    std::vector<float> fast(pixels * 4, 1);
    auto plain = fast;
    for (const bool add : {false, true}) {
      kernels().blendRows(a, 0.25F, b, 0.75F, add, fast);
      portableKernels().blendRows(a, 0.25F, b, 0.75F, add, plain);
      expectSamePixels(fast, plain);
    }
  }
}

void reducedRowsAgree() {
  std::mt19937 random(4);
  const auto rgbx = randomFloats(random, 64 * 4, 0, 255);
  for (const std::size_t outputs : {1, 3, 4, 7, 30}) {
    for (const std::size_t count : {1, 2, 5}) {
      std::vector<std::uint32_t> first(outputs);
      for (std::uint32_t& f : first) f = static_cast<std::uint32_t>(random() % (64 - count + 1));
      const auto weights = randomFloats(random, outputs * count, 0, 1);
      std::vector<float> fast(outputs * 3);
      auto plain = fast;
      const auto planes = [&](std::vector<float>& out) {
        return PlaneRows{{out.data(), &out[outputs], &out[outputs * 2]}, {0.1F, 0.2F, 0.3F}, {1, 2, 3}};
      };
      kernels().reduceRow(rgbx, {count, first, weights}, planes(fast));
      portableKernels().reduceRow(rgbx, {count, first, weights}, planes(plain));
      for (std::size_t i = 0; i < fast.size(); ++i) expectNear(fast[i], plain[i], 1e-3);
    }
  }
}

void samplesAgree() {
  std::mt19937 random(5);
  for (const auto& [width, height] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 2}, {17, 11}}) {
    // Of the exact size, so that the sanitizer sees a read past the last pixel.
    const auto data = randomBytes(random, width * height * 3);
    const RgbView image{data, width, height};
    auto x = randomFloats(random, 200, 0, static_cast<float>(width - 1) + 1e-6F);
    auto y = randomFloats(random, 200, 0, static_cast<float>(height - 1) + 1e-6F);
    x[0] = x[1] = static_cast<float>(width - 1);
    y[0] = y[2] = static_cast<float>(height - 1);
    std::vector<float> fast(x.size() * 4);
    auto plain = fast;
    for (const bool add : {false, true}) {
      kernels().sample(image, x, y, add, fast);
      portableKernels().sample(image, x, y, add, plain);
      expectSamePixels(fast, plain);
    }
  }
}

void lumaAgrees() {
  std::mt19937 random(6);
  for (const std::size_t pixels : kLengths) {
    auto rgb = randomBytes(random, pixels * 3);
    // The brightest pixels have the largest sums.
    for (std::size_t i = 0; i < rgb.size() / 2; ++i) rgb[i] = 255;
    std::vector<std::uint8_t> fast(pixels);
    auto plain = fast;
    kernels().luma(rgb, fast);
    portableKernels().luma(rgb, plain);
    expect(fast == plain);
    if (pixels > 2) expectEqual(plain[0], 255);
  }
}

}  // namespace

int main() {
  return run({
      {"the fast threshold is the portable one's", thresholdsAgree},
      {"every peak is the first largest value", peaksAgree},
      {"nothing to choose from has no peak", nothingToChooseFromHasNoPeak},
      {"fast blended rows are the portable ones", blendedRowsAgree},
      {"fast reduced rows are the portable ones", reducedRowsAgree},
      {"fast samples are the portable ones", samplesAgree},
      {"fast luma is the portable one", lumaAgrees},
  });
}
