// Target attributes, not compiler flags for the file: an inline function of the standard library that was compiled
// here with AVX2 could otherwise be the copy that the linker keeps for every other file.
#include "kernels_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <limits>

namespace omega {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

[[gnu::target("avx2,fma")]] void threshold(std::span<const float> values, float threshold,
                                           std::span<std::uint64_t> bits) {
  const __m256 limit = _mm256_set1_ps(threshold);
  const std::size_t whole = values.size() / 64;
  for (std::size_t word = 0; word < whole; ++word) {
    std::uint64_t set = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const __m256 above = _mm256_cmp_ps(_mm256_loadu_ps(&values[word * 64 + k * 8]), limit, _CMP_GT_OQ);
      set |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_ps(above))) << (k * 8);
    }
    bits[word] = set;
  }
  if (whole < bits.size()) portableKernels().threshold(values.subspan(whole * 64), threshold, bits.subspan(whole));
}

[[gnu::target("avx2,fma")]] inline float largestLane(__m256 v) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

// max(v, sum) is `sum` where v is NaN: the instruction returns its second operand then.
template <bool kBiased>
[[gnu::target("avx2,fma")]] Peak findPeak(const float* values, const float* bias, std::size_t count) {
  constexpr std::size_t kBlock = 256;
  Peak best{0, kLowest};
  std::size_t bestBlock = 0;
  std::size_t begin = 0;
  for (; begin + kBlock <= count; begin += kBlock) {
    __m256 largest[4] = {_mm256_set1_ps(kLowest), _mm256_set1_ps(kLowest), _mm256_set1_ps(kLowest),
                         _mm256_set1_ps(kLowest)};
    for (std::size_t i = begin; i < begin + kBlock; i += 32) {
      for (std::size_t k = 0; k < 4; ++k) {
        __m256 v = _mm256_loadu_ps(values + i + k * 8);
        if constexpr (kBiased) v = _mm256_add_ps(v, _mm256_loadu_ps(bias + i + k * 8));
        largest[k] = _mm256_max_ps(v, largest[k]);
      }
    }
    const float value =
        largestLane(_mm256_max_ps(_mm256_max_ps(largest[0], largest[1]), _mm256_max_ps(largest[2], largest[3])));
    if (value > best.value) {
      best.value = value;
      bestBlock = begin;
    }
  }
  const std::span<const float> tail(values + begin, count - begin);
  const Peak rest = kBiased ? portableKernels().biasedPeak(tail, std::span<const float>(bias + begin, count - begin))
                            : portableKernels().peak(tail);
  if (rest.value > best.value) return {begin + rest.index, rest.value};
  if (best.value == kLowest) return best;
  best.index = bestBlock;
  while ((kBiased ? values[best.index] + bias[best.index] : values[best.index]) != best.value) ++best.index;
  return best;
}

Peak peak(std::span<const float> values) { return findPeak<false>(values.data(), nullptr, values.size()); }

Peak biasedPeak(std::span<const float> values, std::span<const float> bias) {
  return findPeak<true>(values.data(), bias.data(), values.size());
}

/// Four RGB pixels (16 bytes are read, 12 used) as four times red, green, blue, 0.
[[gnu::target("avx2,fma")]] inline __m128i spread(const std::uint8_t* rgb) {
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rgb)),
                          _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
}

[[gnu::target("avx2,fma")]] inline __m256 toFloats(__m128i bytes) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
}

[[gnu::target("avx2,fma")]] void blendRows(std::span<const std::uint8_t> a, float weightA,
                                           std::span<const std::uint8_t> b, float weightB, bool add,
                                           std::span<float> rgbx) {
  const std::size_t pixels = a.size() / 3;
  const __m256 wa = _mm256_set1_ps(weightA);
  const __m256 wb = _mm256_set1_ps(weightB);
  std::size_t i = 0;
  for (; i + 6 <= pixels; i += 4) {
    const __m128i bytesA = spread(&a[i * 3]);
    const __m128i bytesB = spread(&b[i * 3]);
    float* out = &rgbx[i * 4];
    __m256 low = add ? _mm256_loadu_ps(out) : _mm256_setzero_ps();
    __m256 high = add ? _mm256_loadu_ps(out + 8) : _mm256_setzero_ps();
    low = _mm256_fmadd_ps(toFloats(bytesA), wa, _mm256_fmadd_ps(toFloats(bytesB), wb, low));
    high = _mm256_fmadd_ps(toFloats(_mm_srli_si128(bytesA, 8)), wa,
                           _mm256_fmadd_ps(toFloats(_mm_srli_si128(bytesB, 8)), wb, high));
    _mm256_storeu_ps(out, low);
    _mm256_storeu_ps(out + 8, high);
  }
  portableKernels().blendRows(a.subspan(i * 3), weightA, b.subspan(i * 3), weightB, add, rgbx.subspan(i * 4));
}

[[gnu::target("avx2,fma")]] void reduceRow(std::span<const float> rgbx, const TapsView& taps, const PlaneRows& planes) {
  const std::size_t outputs = taps.first.size();
  const float* const pixels = rgbx.data();
  std::size_t i = 0;
  for (; i + 4 <= outputs; i += 4) {
    __m128 sum[4];
    for (std::size_t k = 0; k < 4; ++k) {
      const float* pixel = pixels + std::size_t{taps.first[i + k]} * 4;
      const float* weight = taps.weights.data() + (i + k) * taps.count;
      sum[k] = _mm_setzero_ps();
      for (std::size_t tap = 0; tap < taps.count; ++tap) {
        sum[k] = _mm_fmadd_ps(_mm_loadu_ps(pixel + tap * 4), _mm_set1_ps(weight[tap]), sum[k]);
      }
    }
    _MM_TRANSPOSE4_PS(sum[0], sum[1], sum[2], sum[3]);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      _mm_storeu_ps(planes.row[channel] + i,
                    _mm_fmadd_ps(sum[channel], _mm_set1_ps(planes.scale[channel]), _mm_set1_ps(planes.bias[channel])));
    }
  }
  if (i == outputs) return;
  const TapsView rest{taps.count, taps.first.subspan(i), taps.weights.subspan(i * taps.count)};
  PlaneRows restPlanes = planes;
  for (float*& row : restPlanes.row) row += i;
  portableKernels().reduceRow(rgbx, rest, restPlanes);
}

/// Two neighbouring pixels as red, green, blue, red, green, blue and two floats to ignore.
[[gnu::target("avx2,fma")]] inline __m256 pixelPair(const std::uint8_t* rgb) {
  return toFloats(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(rgb)));
}

[[gnu::target("avx2,fma")]] void sample(const RgbView& image, std::span<const float> x, std::span<const float> y,
                                        bool add, std::span<float> rgbx) {
  if (image.width < 2 || image.height < 2) {
    portableKernels().sample(image, x, y, add, rgbx);
    return;
  }
  // Sides fit an int, whose conversions are the fast ones.
  const int lastLeft = static_cast<int>(image.width) - 2;
  const int lastTop = static_cast<int>(image.height) - 2;
  const std::size_t stride = image.width * 3;
  const std::uint8_t* const pixels = image.data.data();
  // A pair is loaded as 8 bytes of which 6 are its own: the last pair of the picture must not be.
  const std::size_t lastOffset = image.data.size() - 8;
  const __m256i secondPixel = _mm256_setr_epi32(3, 4, 5, 6, 7, 7, 7, 7);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int left = std::min(static_cast<int>(x[i]), lastLeft);
    const int top = std::min(static_cast<int>(y[i]), lastTop);
    const std::size_t offset = static_cast<std::size_t>(top) * stride + static_cast<std::size_t>(left) * 3;
    if (offset + stride > lastOffset) [[unlikely]] {
      portableKernels().sample(image, x.subspan(i, 1), y.subspan(i, 1), add, rgbx.subspan(i * 4, 4));
      continue;
    }
    const __m128 rightWeight = _mm_set1_ps(x[i] - static_cast<float>(left));
    const __m256 bottomWeight = _mm256_set1_ps(y[i] - static_cast<float>(top));
    const __m256 upper = pixelPair(pixels + offset);
    const __m256 lower = pixelPair(pixels + offset + stride);
    const __m256 column = _mm256_fmadd_ps(_mm256_sub_ps(lower, upper), bottomWeight, upper);
    const __m128 first = _mm256_castps256_ps128(column);
    const __m128 second = _mm256_castps256_ps128(_mm256_permutevar8x32_ps(column, secondPixel));
    __m128 level = _mm_fmadd_ps(_mm_sub_ps(second, first), rightWeight, first);
    if (add) level = _mm_add_ps(level, _mm_loadu_ps(&rgbx[i * 4]));
    _mm_storeu_ps(&rgbx[i * 4], level);
  }
}

[[gnu::target("avx2,fma")]] void luma(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> gray) {
  // Red and green, green and blue: green's 150 in two parts, so that each pair's sum fits a signed 16-bit number.
  const __m256i pairs = _mm256_setr_epi8(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11,  //
                                         0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
  const __m256i weights = _mm256_set1_epi32(77 | 51 << 8 | 99 << 16 | 29 << 24);
  const __m256i ones = _mm256_set1_epi16(1);
  std::size_t i = 0;
  // Eight pixels are 24 bytes, of which the second load reads four more.
  for (; i + 10 <= gray.size(); i += 8) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&rgb[i * 3]));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&rgb[i * 3 + 12]));
    const __m256i levels = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), pairs);
    const __m256i sums = _mm256_srli_epi32(_mm256_madd_epi16(_mm256_maddubs_epi16(levels, weights), ones), 8);
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(&gray[i]), _mm_packus_epi16(words, words));
  }
  portableKernels().luma(rgb.subspan(i * 3), gray.subspan(i));
}

constexpr Kernels kAvx2{"avx2", threshold, peak, biasedPeak, blendRows, reduceRow, sample, luma};

}  // namespace

const Kernels& avx2Kernels() { return kAvx2; }

}  // namespace omega

#endif
