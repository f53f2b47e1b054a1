// The inner loops that deserve the processor's widest instructions, chosen once at run time. The portable ones are
// plain C++ that the compiler vectorizes for the platform's baseline (SSE2 on x86-64, NEON on aarch64).
//
// Kernels trust their arguments: the callers have checked every size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "image.h"

namespace omega {

/// The first largest of some values. NaN never wins; index 0 and -infinity when there is nothing else.
struct Peak {
  std::size_t index;
  float value;
};

/// Output i of a one-dimensional resampling is the sum of weights[i * count + k] * input[first[i] + k].
struct TapsView {
  std::size_t count;
  std::span<const std::uint32_t> first;
  std::span<const float> weights;
};

/// One row of each plane of a tensor, by the picture's channel: red, green, blue.
struct PlaneRows {
  std::array<float*, 3> row;
  std::array<float, 3> scale;
  std::array<float, 3> bias;
};

struct Kernels {
  const char* name;

  /// Bit i % 64 of bits[i / 64] = values[i] > threshold; the bits past the end are 0.
  void (*threshold)(std::span<const float> values, float threshold, std::span<std::uint64_t> bits);

  Peak (*peak)(std::span<const float> values);

  /// Of values[i] + bias[i], where bias is 0 or -infinity.
  Peak (*biasedPeak)(std::span<const float> values, std::span<const float> bias);

  /// rgbx[i] = (add ? rgbx[i] : 0) + a[i] * weightA + b[i] * weightB; four floats a pixel, the fourth is undefined.
  void (*blendRows)(std::span<const std::uint8_t> a, float weightA, std::span<const std::uint8_t> b, float weightB,
                    bool add, std::span<float> rgbx);

  /// Resamples a row of four floats a pixel, normalizes it and writes it to three planes.
  void (*reduceRow)(std::span<const float> rgbx, const TapsView& taps, const PlaneRows& planes);

  /// rgbx[i] = (add ? rgbx[i] : 0) + the picture at (x[i], y[i]), bilinear; integers are pixel centres.
  /// 0 <= x <= width - 1 and 0 <= y <= height - 1.
  void (*sample)(const RgbView& image, std::span<const float> x, std::span<const float> y, bool add,
                 std::span<float> rgbx);

  /// gray[i] = (77 red + 150 green + 29 blue) / 256, rounded down: ITU-R BT.601.
  void (*luma)(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> gray);
};

/// Whether the processor multiplies bytes and adds the products up in one instruction (AVX-512 VNNI).
bool multipliesBytes();

const Kernels& portableKernels();

/// The fastest that this processor runs.
const Kernels& kernels();

}  // namespace omega
