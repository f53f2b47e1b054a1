#include "resize.h"

#include <algorithm>
#include <cmath>

#include "check.h"

namespace omega {
namespace {

Taps bilinearTaps(std::size_t source, std::size_t target) {
  Taps taps{std::min<std::size_t>(2, source), std::vector<std::uint32_t>(target), {}};
  taps.weights.resize(target * taps.count, 1.0F);
  if (taps.count == 1) return taps;
  const double ratio = static_cast<double>(source) / static_cast<double>(target);
  for (std::size_t i = 0; i < target; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * ratio - 0.5;
    const double first = std::clamp(std::floor(centre), 0.0, static_cast<double>(source - 2));
    const double second = std::clamp(centre - first, 0.0, 1.0);
    taps.first[i] = static_cast<std::uint32_t>(first);
    taps.weights[i * 2] = static_cast<float>(1.0 - second);
    taps.weights[i * 2 + 1] = static_cast<float>(second);
  }
  return taps;
}

Taps areaTaps(std::size_t source, std::size_t target) {
  const double ratio = static_cast<double>(source) / static_cast<double>(target);
  const std::size_t count = std::min(static_cast<std::size_t>(std::ceil(ratio)) + 1, source);
  Taps taps{count, std::vector<std::uint32_t>(target), std::vector<float>(target * count)};
  for (std::size_t i = 0; i < target; ++i) {
    const double begin = static_cast<double>(i) * ratio;
    const double end = begin + ratio;
    const std::size_t first = std::min(static_cast<std::size_t>(begin), source - count);
    taps.first[i] = static_cast<std::uint32_t>(first);
    for (std::size_t k = 0; k < count; ++k) {
      const auto pixel = static_cast<double>(first + k);
      const double covered = std::min(end, pixel + 1) - std::max(begin, pixel);
      taps.weights[i * count + k] = static_cast<float>(std::max(covered, 0.0) / ratio);
    }
  }
  return taps;
}

}  // namespace

Taps resizeTaps(std::size_t source, std::size_t target) {
  return target * 2 >= source ? bilinearTaps(source, target) : areaTaps(source, target);
}

void imageToTensor(const RgbView& image, const TensorSize& size, const Normalization& normalization,
                   std::span<float> out) {
  requireImage(image);
  requireSide("outWidth", size.outWidth);
  requireSide("outHeight", size.outHeight);
  requireSide("scaledWidth", size.scaledWidth, size.outWidth);
  requireSide("scaledHeight", size.scaledHeight, size.outHeight);
  requireLength("out", out.size(), {3, size.outWidth, size.outHeight});
  const ChannelMap channels = channelMap(normalization);

  const Kernels& kernel = kernels();
  const Taps columns = resizeTaps(image.width, size.scaledWidth);
  const Taps rows = resizeTaps(image.height, size.scaledHeight);
  std::vector<float> rgbx(image.width * 4);
  const auto sourceRow = [&](std::size_t y) { return image.data.subspan(y * image.width * 3, image.width * 3); };

  for (std::size_t y = 0; y < size.scaledHeight; ++y) {
    for (std::size_t k = 0; k < rows.count; k += 2) {
      const float* weight = &rows.weights[y * rows.count + k];
      const bool paired = k + 1 < rows.count;
      const auto first = sourceRow(rows.first[y] + k);
      const auto second = paired ? sourceRow(rows.first[y] + k + 1) : first;
      kernel.blendRows(first, weight[0], second, paired ? weight[1] : 0.0F, k > 0, rgbx);
    }
    PlaneRows planes{{}, channels.scale, channels.bias};
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const auto row = out.subspan((channels.plane[channel] * size.outHeight + y) * size.outWidth, size.outWidth);
      planes.row[channel] = row.data();
      std::fill(row.begin() + static_cast<std::ptrdiff_t>(size.scaledWidth), row.end(), 0.0F);
    }
    kernel.reduceRow(rgbx, columns.view(), planes);
  }
  for (std::size_t plane = 0; plane < 3; ++plane) {
    const auto rest = out.subspan((plane * size.outHeight + size.scaledHeight) * size.outWidth,
                                  (size.outHeight - size.scaledHeight) * size.outWidth);
    std::fill(rest.begin(), rest.end(), 0.0F);
  }
}

}  // namespace omega
