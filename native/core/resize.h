// Resampling of whole pictures into planar tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image.h"
#include "kernels.h"

namespace omega {

struct Taps {
  std::size_t count;
  std::vector<std::uint32_t> first;
  std::vector<float> weights;

  [[nodiscard]] TapsView view() const { return {count, first, weights}; }
};

/// Bilinear with pixel centres aligned as in OpenCV's INTER_LINEAR, while `target` is at least half of `source`.
/// Below that bilinear would skip source pixels, so each output is the mean of the source pixels it covers (OpenCV's
/// INTER_AREA): thin strokes of large scans stay visible instead of flickering in and out.
Taps resizeTaps(std::size_t source, std::size_t target);

struct TensorSize {
  std::size_t scaledWidth;
  std::size_t scaledHeight;
  std::size_t outWidth;
  std::size_t outHeight;
};

/// Resizes to scaledWidth × scaledHeight in the top-left of `out`, [1, 3, outHeight, outWidth]; the rest is 0.
void imageToTensor(const RgbView& image, const TensorSize& size, const Normalization& normalization,
                   std::span<float> out);

}  // namespace omega
