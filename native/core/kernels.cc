#include "kernels.h"

#include <algorithm>
#include <limits>

#include "kernels_avx2.h"

namespace omega {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

void threshold(std::span<const float> values, float threshold, std::span<std::uint64_t> bits) {
  for (std::size_t word = 0; word < bits.size(); ++word) {
    const std::size_t begin = word * 64;
    const std::size_t count = std::min<std::size_t>(64, values.size() - begin);
    std::uint64_t set = 0;
    for (std::size_t i = 0; i < count; ++i) set |= static_cast<std::uint64_t>(values[begin + i] > threshold) << i;
    bits[word] = set;
  }
}

template <typename Value>
Peak findPeak(std::size_t count, Value value) {
  // The largest of a block first, without a branch on every value; then its place in the best block.
  constexpr std::size_t kBlock = 256;
  constexpr std::size_t kLanes = 8;
  Peak best{0, kLowest};
  std::size_t bestBlock = 0;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, count);
    std::array<float, kLanes> lanes;
    lanes.fill(kLowest);
    std::size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      for (std::size_t k = 0; k < kLanes; ++k) lanes[k] = value(i + k) > lanes[k] ? value(i + k) : lanes[k];
    }
    for (; i < end; ++i) lanes[0] = value(i) > lanes[0] ? value(i) : lanes[0];
    const float largest = *std::max_element(lanes.begin(), lanes.end());
    if (largest > best.value) {
      best.value = largest;
      bestBlock = begin;
    }
  }
  if (best.value == kLowest) return best;
  best.index = bestBlock;
  while (value(best.index) != best.value) ++best.index;
  return best;
}

Peak peak(std::span<const float> values) {
  return findPeak(values.size(), [values](std::size_t i) { return values[i]; });
}

Peak biasedPeak(std::span<const float> values, std::span<const float> bias) {
  return findPeak(values.size(), [values, bias](std::size_t i) { return values[i] + bias[i]; });
}

void blendRows(std::span<const std::uint8_t> a, float weightA, std::span<const std::uint8_t> b, float weightB, bool add,
               std::span<float> rgbx) {
  const std::size_t pixels = a.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float sum = add ? rgbx[i * 4 + channel] : 0.0F;
      rgbx[i * 4 + channel] =
          sum + static_cast<float>(a[i * 3 + channel]) * weightA + static_cast<float>(b[i * 3 + channel]) * weightB;
    }
  }
}

void reduceRow(std::span<const float> rgbx, const TapsView& taps, const PlaneRows& planes) {
  for (std::size_t i = 0; i < taps.first.size(); ++i) {
    std::array<float, 3> sum{};
    for (std::size_t k = 0; k < taps.count; ++k) {
      const float weight = taps.weights[i * taps.count + k];
      const float* pixel = &rgbx[(taps.first[i] + k) * 4];
      for (std::size_t channel = 0; channel < 3; ++channel) sum[channel] += pixel[channel] * weight;
    }
    for (std::size_t channel = 0; channel < 3; ++channel) {
      planes.row[channel][i] = sum[channel] * planes.scale[channel] + planes.bias[channel];
    }
  }
}

void sample(const RgbView& image, std::span<const float> x, std::span<const float> y, bool add, std::span<float> rgbx) {
  // Sides fit an int, whose conversions are the fast ones.
  const int lastColumn = static_cast<int>(image.width) - 1;
  const int lastRow = static_cast<int>(image.height) - 1;
  const auto pixel = [&](int column, int row) {
    return &image.data[(static_cast<std::size_t>(row) * image.width + static_cast<std::size_t>(column)) * 3];
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int left = static_cast<int>(x[i]);
    const int top = static_cast<int>(y[i]);
    const int right = std::min(left + 1, lastColumn);
    const int bottom = std::min(top + 1, lastRow);
    const float rightWeight = x[i] - static_cast<float>(left);
    const float bottomWeight = y[i] - static_cast<float>(top);
    const std::array corners{pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom)};
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const auto level = [&](std::size_t corner) { return static_cast<float>(corners[corner][channel]); };
      const float leftLevel = level(0) + (level(2) - level(0)) * bottomWeight;
      const float rightLevel = level(1) + (level(3) - level(1)) * bottomWeight;
      const float sum = add ? rgbx[i * 4 + channel] : 0.0F;
      rgbx[i * 4 + channel] = sum + leftLevel + (rightLevel - leftLevel) * rightWeight;
    }
  }
}

void luma(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> gray) {
  for (std::size_t i = 0; i < gray.size(); ++i) {
    gray[i] = static_cast<std::uint8_t>((77U * rgb[i * 3] + 150U * rgb[i * 3 + 1] + 29U * rgb[i * 3 + 2]) >> 8U);
  }
}

constexpr const char* baselineName() {
#if defined(__x86_64__)
  return "sse2";
#elif defined(__aarch64__)
  return "neon";
#else
  return "scalar";
#endif
}

constexpr Kernels kPortable{baselineName(), threshold, peak, biasedPeak, blendRows, reduceRow, sample, luma};

}  // namespace

bool multipliesBytes() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

const Kernels& portableKernels() { return kPortable; }

const Kernels& kernels() {
#if defined(__x86_64__)
  static const bool hasAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (hasAvx2) return avx2Kernels();
#endif
  return kPortable;
}

}  // namespace omega
