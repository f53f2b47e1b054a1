// Views of pictures that someone else owns, and how their pixels become a model's input.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "check.h"

namespace omega {

/// Interleaved 8-bit RGB, rows without padding.
struct RgbView {
  std::span<const std::uint8_t> data;
  std::size_t width;
  std::size_t height;
};

/// 8-bit gray, rows without padding.
struct GrayView {
  std::span<const std::uint8_t> data;
  std::size_t width;
  std::size_t height;
};

inline void requireImage(const RgbView& image) {
  requireSide("image.width", image.width);
  requireSide("image.height", image.height);
  requireLength("image.data", image.data.size(), {image.width, image.height, 3});
}

inline void requireImage(const GrayView& image) {
  requireSide("image.width", image.width);
  requireSide("image.height", image.height);
  requireLength("image.data", image.data.size(), {image.width, image.height});
}

/// (v / 255 - mean) / std, a channel at a time in the order the model reads them.
struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> std;
  bool blueFirst;
};

/// Where the red, green and blue of a picture go in a planar tensor, and value = level * scale + bias there.
struct ChannelMap {
  std::array<std::size_t, 3> plane;
  std::array<float, 3> scale;
  std::array<float, 3> bias;
};

inline ChannelMap channelMap(const Normalization& normalization) {
  ChannelMap map{};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::size_t plane = normalization.blueFirst ? 2 - channel : channel;
    const float mean = normalization.mean[plane];
    const float std = normalization.std[plane];
    if (!std::isfinite(mean)) fail("normalization.mean", "be finite");
    if (!std::isfinite(std) || std <= 0) fail("normalization.std", "be finite and above 0");
    map.plane[channel] = plane;
    map.scale[channel] = 1.0F / (255.0F * std);
    map.bias[channel] = -mean / std;
  }
  return map;
}

}  // namespace omega
