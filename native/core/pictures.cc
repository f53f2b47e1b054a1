#include "pictures.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace omega {
namespace {

constexpr std::size_t kTile = 16;  // about two text lines of a page of 1000 pixels

struct Tiles {
  std::size_t columns;
  std::size_t rows;
  std::vector<std::uint32_t> dark;  // pixels of each tile that are no letter's and darker than paper
};

/// Counts, in each tile, the pixels darker than paper gets by its own texture.
Tiles darkPixels(const GrayView& image, const PaperGrid& paper) {
  // Paper's own level varies by less than this share of it (measured on scans and photos of pages).
  constexpr double kTone = 0.85;
  Tiles tiles{(image.width + kTile - 1) / kTile, (image.height + kTile - 1) / kTile, {}};
  tiles.dark.resize(tiles.columns * tiles.rows);
  std::vector<std::uint8_t> tones(image.width);
  std::vector<std::uint8_t> counts(image.width);
  for (std::size_t top = 0; top < image.height; top += kTile) {
    interpolatePaper(paper, static_cast<int>(top + kTile / 2), kTone, tones);
    std::fill(counts.begin(), counts.end(), std::uint8_t{0});
    for (std::size_t y = top; y < std::min(image.height, top + kTile); ++y) {
      const std::uint8_t* pixels = image.data.data() + y * image.width;
      for (std::size_t x = 0; x < image.width; ++x) {
        counts[x] = static_cast<std::uint8_t>(counts[x] + (pixels[x] < tones[x] ? 1 : 0));
      }
    }
    for (std::size_t x = 0; x < image.width; ++x) {
      tiles.dark[top / kTile * tiles.columns + x / kTile] += counts[x];
    }
  }
  return tiles;
}

void subtractLetters(Tiles& tiles, const Components& components, std::span<const std::uint8_t> isLetter) {
  // A letter's ink has a soft edge of about as many pixels again.
  constexpr std::uint32_t kSoftEdge = 2;
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (isLetter[i] == 0) {
      continue;
    }
    for (const Run& run : components[i]) {
      std::uint32_t& dark = tiles.dark[run.y / kTile * tiles.columns + run.begin / kTile];
      dark -= std::min(dark, kSoftEdge * (run.end - run.begin));
    }
  }
}

/// Tiles in 4-connected areas of at least `minTiles`.
std::size_t tilesInLargeAreas(const Tiles& tiles, std::vector<std::uint8_t> marked, std::size_t minTiles) {
  std::size_t total = 0;
  std::vector<std::size_t> pending;
  for (std::size_t seed = 0; seed < marked.size(); ++seed) {
    if (marked[seed] == 0) {
      continue;
    }
    std::size_t size = 0;
    marked[seed] = 0;
    pending.push_back(seed);
    const auto visit = [&](std::size_t tile) {
      if (marked[tile] != 0) {
        marked[tile] = 0;
        pending.push_back(tile);
      }
    };
    while (!pending.empty()) {
      const std::size_t tile = pending.back();
      pending.pop_back();
      ++size;
      const std::size_t column = tile % tiles.columns;
      if (column > 0) visit(tile - 1);
      if (column + 1 < tiles.columns) visit(tile + 1);
      if (tile >= tiles.columns) visit(tile - tiles.columns);
      if (tile + tiles.columns < marked.size()) visit(tile + tiles.columns);
    }
    if (size >= minTiles) {
      total += size;
    }
  }
  return total;
}

}  // namespace

double pictureFraction(const GrayView& image, const PaperGrid& paper, const Components& components,
                       std::span<const std::uint8_t> isLetter) {
  // Blurred text, its letters taken off, darkens less than two fifths of a tile.
  constexpr double kMinDark = 0.5;
  constexpr std::size_t kMinTiles = 9;  // 48 × 48 pixels, half an inch of a page: the size of a small stamp

  Tiles tiles = darkPixels(image, paper);
  subtractLetters(tiles, components, isLetter);
  std::vector<std::uint8_t> marked(tiles.dark.size());
  for (std::size_t tile = 0; tile < marked.size(); ++tile) {
    const std::size_t width = std::min(kTile, image.width - tile % tiles.columns * kTile);
    const std::size_t height = std::min(kTile, image.height - tile / tiles.columns * kTile);
    marked[tile] = tiles.dark[tile] >= kMinDark * static_cast<double>(width * height) ? 1 : 0;
  }
  return static_cast<double>(tilesInLargeAreas(tiles, std::move(marked), kMinTiles)) /
         static_cast<double>(tiles.dark.size());
}

}  // namespace omega
