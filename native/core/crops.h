// Cuts quads out of a page, straight into a recognizer's batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image.h"

namespace omega {

struct CropBatch {
  /// 8 a crop: x, y of its corners clockwise from the top-left.
  std::span<const float> quads;
  /// Columns of the batch that each crop fills.
  std::span<const std::uint32_t> widths;
  /// Turns by 90° counter-clockwise, of the crop before it is scaled.
  std::span<const std::uint8_t> quarterTurns;
  std::size_t height;
  std::size_t batchWidth;
};

/// Fills `out`, [quads, 3, height, batchWidth]; columns right of a crop's width are 0.
///
/// Pixels outside the image repeat its border. Each output pixel is one bilinear sample while the crop is scaled to at
/// least half; below that it is the mean of a grid of samples at most one source pixel apart. PaddleOCR warps with
/// cubic samples at the crop's own size and then resizes bilinearly, which blurs twice when it enlarges and skips
/// pixels of tall letters when it reduces.
void packCrops(const RgbView& image, const CropBatch& batch, const Normalization& normalization, std::span<float> out);

}  // namespace omega
