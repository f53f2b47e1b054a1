#include "crops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "check.h"
#include "geometry.h"
#include "kernels.h"

namespace omega {
namespace {

/// Samples per output pixel and axis: enough for letters 32 times as tall as the model's input, and a bound on the
/// work that a huge quad can ask for.
constexpr double kMaxSamples = 32;

/// From the unit square to a quad: x = (a u + b v + c) / (g u + h v + 1), y = (d u + e v + f) / (same).
struct Homography {
  double a, b, c, d, e, f, g, h;
};

/// Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, section 2.2.3. A quad that is not convex has no
/// such map without a horizon inside: it is sampled as the parallelogram of its first two sides.
Homography fromUnitSquare(const Quad& q) {
  const double bendX = q[0].x - q[1].x + q[2].x - q[3].x;
  const double bendY = q[0].y - q[1].y + q[2].y - q[3].y;
  const double x1 = q[1].x - q[2].x;
  const double y1 = q[1].y - q[2].y;
  const double x2 = q[3].x - q[2].x;
  const double y2 = q[3].y - q[2].y;
  const double area = x1 * y2 - x2 * y1;
  double g = (bendX * y2 - x2 * bendY) / area;
  double h = (x1 * bendY - bendX * y1) / area;
  // All corners in front of the viewer, none ten thousand times nearer than another: no photo is that steep, and the
  // divisions stay harmless.
  constexpr double kNearest = 1e-4;
  const bool inFront =
      std::isfinite(g) && std::isfinite(h) && 1 + g > kNearest && 1 + h > kNearest && 1 + g + h > kNearest;
  if (!inFront) g = h = 0;
  return {q[1].x - q[0].x + g * q[1].x,
          q[3].x - q[0].x + h * q[3].x,
          q[0].x,
          q[1].y - q[0].y + g * q[1].y,
          q[3].y - q[0].y + h * q[3].y,
          q[0].y,
          g,
          h};
}

/// Bilinear samples are a source pixel apart or less when a crop is scaled below half.
std::size_t samplesPerPixel(double sourceLength, std::size_t targetLength) {
  const double ratio = sourceLength / static_cast<double>(targetLength);
  return ratio <= 2 ? 1 : static_cast<std::size_t>(std::ceil(std::min(ratio, kMaxSamples)));
}

/// NaN becomes 0.
float clampTo(float value, float max) { return value > 0 ? (value < max ? value : max) : 0; }

Quad turned(std::span<const float> corners, std::size_t quarterTurns) {
  Quad quad;
  for (std::size_t k = 0; k < 4; ++k) {
    const std::size_t from = (k + quarterTurns) % 4;
    quad[k] = {corners[from * 2], corners[from * 2 + 1]};
  }
  return quad;
}

/// Taps that average each pixel's samples.
struct MeanTaps {
  std::vector<std::uint32_t> first;
  std::vector<float> weights;
};

MeanTaps meanTaps(std::size_t width, std::size_t columnsEach, std::size_t rowsEach) {
  MeanTaps taps{std::vector<std::uint32_t>(width),
                std::vector<float>(width * columnsEach, 1.0F / static_cast<float>(columnsEach * rowsEach))};
  for (std::size_t i = 0; i < width; ++i) taps.first[i] = static_cast<std::uint32_t>(i * columnsEach);
  return taps;
}

void packCrop(const RgbView& image, const Quad& quad, std::size_t width, std::size_t height, const PlaneRows& planes,
              std::size_t stride) {
  const std::size_t columnsEach =
      samplesPerPixel(std::max(distance(quad[0], quad[1]), distance(quad[3], quad[2])), width);
  const std::size_t rowsEach =
      samplesPerPixel(std::max(distance(quad[0], quad[3]), distance(quad[1], quad[2])), height);
  const MeanTaps taps = meanTaps(width, columnsEach, rowsEach);
  const Homography map = fromUnitSquare(quad);
  const auto maxX = static_cast<float>(image.width - 1);
  const auto maxY = static_cast<float>(image.height - 1);
  const std::size_t samples = width * columnsEach;
  std::vector<float> x(samples);
  std::vector<float> y(samples);
  std::vector<float> rgbx(samples * 4);
  PlaneRows rows = planes;

  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t k = 0; k < rowsEach; ++k) {
      const double v = (static_cast<double>(row * rowsEach + k) + 0.5) / static_cast<double>(height * rowsEach);
      const double step = 1.0 / static_cast<double>(samples);
      const auto x0 = static_cast<float>(map.b * v + map.c);
      const auto y0 = static_cast<float>(map.e * v + map.f);
      const auto w0 = static_cast<float>(map.h * v + 1);
      const auto xStep = static_cast<float>(map.a * step);
      const auto yStep = static_cast<float>(map.d * step);
      const auto wStep = static_cast<float>(map.g * step);
      for (std::size_t i = 0; i < samples; ++i) {
        const float u = static_cast<float>(static_cast<std::int32_t>(i)) + 0.5F;
        const float w = 1.0F / (w0 + wStep * u);
        x[i] = clampTo((x0 + xStep * u) * w - 0.5F, maxX);
        y[i] = clampTo((y0 + yStep * u) * w - 0.5F, maxY);
      }
      kernels().sample(image, x, y, k > 0, rgbx);
    }
    kernels().reduceRow(rgbx, {columnsEach, taps.first, taps.weights}, rows);
    for (float*& plane : rows.row) plane += stride;
  }
}

void requireBatch(const CropBatch& batch) {
  requireSide("height", batch.height);
  requireSide("batchWidth", batch.batchWidth);
  const std::size_t count = batch.widths.size();
  requireLength("quads", batch.quads.size(), {count, 8});
  requireLength("quarterTurns", batch.quarterTurns.size(), {count});
  for (const std::uint32_t width : batch.widths) requireSide("widths", width, batch.batchWidth);
  for (const float coordinate : batch.quads) {
    if (!(std::abs(coordinate) <= static_cast<float>(kMaxSide))) {
      fail("quads", "hold finite coordinates of at most " + std::to_string(kMaxSide));
    }
  }
}

}  // namespace

void packCrops(const RgbView& image, const CropBatch& batch, const Normalization& normalization, std::span<float> out) {
  requireImage(image);
  requireBatch(batch);
  const std::size_t count = batch.widths.size();
  requireLength("out", out.size(), {count, 3, batch.height, batch.batchWidth});
  const ChannelMap channels = channelMap(normalization);

  const std::size_t planeSize = batch.height * batch.batchWidth;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t width = batch.widths[i];
    const auto crop = out.subspan(i * 3 * planeSize, 3 * planeSize);
    for (std::size_t row = 0; row < 3 * batch.height; ++row) {
      const auto rest = crop.subspan(row * batch.batchWidth + width, batch.batchWidth - width);
      std::fill(rest.begin(), rest.end(), 0.0F);
    }
    PlaneRows planes{{}, channels.scale, channels.bias};
    for (std::size_t channel = 0; channel < 3; ++channel) {
      planes.row[channel] = crop.data() + channels.plane[channel] * planeSize;
    }
    packCrop(image, turned(batch.quads.subspan(i * 8, 8), batch.quarterTurns[i]), width, batch.height, planes,
             batch.batchWidth);
  }
}

}  // namespace omega
