#include "levels.h"

#include <algorithm>
#include <cmath>

namespace omega {
namespace {

// Every second pixel of every second row is enough for a tile's percentile and moments.
constexpr int kSampleStep = 2;

constexpr int kBins = 32;
constexpr int kBinShift = 3;

struct TileHistogram {
  std::array<std::uint32_t, kBins> counts{};
  std::array<std::uint32_t, kBins> sums{};
};

TileHistogram tileHistogram(const GrayView& image, int left, int top) {
  TileHistogram tile;
  const int right = std::min(static_cast<int>(image.width), left + PaperGrid::kTile);
  const int bottom = std::min(static_cast<int>(image.height), top + PaperGrid::kTile);
  for (int y = top; y < bottom; y += kSampleStep) {
    const auto row = rowOf(image, y);
    for (int x = left; x < right; x += kSampleStep) {
      const std::uint8_t value = row[static_cast<std::size_t>(x)];
      ++tile.counts[value >> kBinShift];
      tile.sums[value >> kBinShift] += value;
    }
  }
  return tile;
}

std::uint32_t sampleCount(const TileHistogram& tile) {
  std::uint32_t total = 0;
  for (const std::uint32_t count : tile.counts) {
    total += count;
  }
  return total;
}

// Mean of the values that share a bin with the 90th percentile.
float percentile90(const TileHistogram& tile) {
  std::uint32_t above = sampleCount(tile) / 10;
  int bin = kBins - 1;
  while (bin > 0 && tile.counts[static_cast<std::size_t>(bin)] <= above) {
    above -= tile.counts[static_cast<std::size_t>(bin)];
    --bin;
  }
  const auto index = static_cast<std::size_t>(bin);
  return static_cast<float>(tile.sums[index]) / static_cast<float>(std::max(1U, tile.counts[index]));
}

// Third central moment over the variance, in gray levels: negative where the minority is dark. 0 for a tile that
// varies by less than a text tile can (measured on rendered and scanned pages: text tiles deviate by 15 and more).
double darkMinority(const TileHistogram& tile) {
  constexpr double kTextDeviation = 12;
  double total = 0;
  double mean = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    total += tile.counts[bin];
    mean += tile.sums[bin];
  }
  mean /= total;
  double second = 0;
  double third = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (tile.counts[bin] > 0) {
      const double offset = static_cast<double>(tile.sums[bin]) / tile.counts[bin] - mean;
      second += tile.counts[bin] * offset * offset;
      third += tile.counts[bin] * offset * offset * offset;
    }
  }
  return second < kTextDeviation * kTextDeviation * total ? 0 : third / second;
}

int tilesAlong(int extent) { return (extent + PaperGrid::kTile - 1) / PaperGrid::kTile; }

}  // namespace

std::vector<std::uint8_t> inverse(const GrayView& image) {
  std::vector<std::uint8_t> pixels(image.data.size());
  std::transform(image.data.begin(), image.data.end(), pixels.begin(),
                 [](std::uint8_t level) { return static_cast<std::uint8_t>(255 - level); });
  return pixels;
}

Histogram histogramOf(const GrayView& image) {
  // Four tables, so that equal neighbours do not wait for each other's counter.
  std::array<Histogram, 4> tables{};
  std::size_t i = 0;
  const std::size_t size = image.data.size();
  for (; i + 4 <= size; i += 4) {
    ++tables[0][image.data[i]];
    ++tables[1][image.data[i + 1]];
    ++tables[2][image.data[i + 2]];
    ++tables[3][image.data[i + 3]];
  }
  for (; i < size; ++i) {
    ++tables[0][image.data[i]];
  }
  for (std::size_t level = 0; level < 256; ++level) {
    tables[0][level] += tables[1][level] + tables[2][level] + tables[3][level];
  }
  return tables[0];
}

Levels otsuLevels(const Histogram& histogram) {
  double total = 0;
  double totalSum = 0;
  for (int level = 0; level < 256; ++level) {
    const double count = histogram[static_cast<std::size_t>(level)];
    total += count;
    totalSum += count * level;
  }
  double best = 0;
  Levels levels{static_cast<int>(std::lround(totalSum / total)), totalSum / total, totalSum / total};
  int lastBest = levels.threshold;
  double below = 0;
  double belowSum = 0;
  for (int threshold = 1; threshold < 256; ++threshold) {
    below += histogram[static_cast<std::size_t>(threshold - 1)];
    belowSum += static_cast<double>(histogram[static_cast<std::size_t>(threshold - 1)]) * (threshold - 1);
    const double above = total - below;
    if (below == 0 || above == 0) {
      continue;
    }
    const double ink = belowSum / below;
    const double paper = (totalSum - belowSum) / above;
    const double between = below * above * (paper - ink) * (paper - ink);
    if (between > best) {
      best = between;
      levels = {threshold, ink, paper};
      lastBest = threshold;
    } else if (between == best) {
      lastBest = threshold;
    }
  }
  levels.threshold = (levels.threshold + lastBest) / 2;
  return levels;
}

TileSurvey surveyTiles(const GrayView& image) {
  const int width = static_cast<int>(image.width);
  const int height = static_cast<int>(image.height);
  TileSurvey survey{{tilesAlong(width), tilesAlong(height), {}}, false};
  survey.grid.levels.reserve(static_cast<std::size_t>(survey.grid.columns) *
                             static_cast<std::size_t>(survey.grid.rows));
  double vote = 0;
  for (int top = 0; top < height; top += PaperGrid::kTile) {
    for (int left = 0; left < width; left += PaperGrid::kTile) {
      const TileHistogram tile = tileHistogram(image, left, top);
      survey.grid.levels.push_back(percentile90(tile));
      vote += darkMinority(tile);
    }
  }
  survey.inverted = vote > 0;
  return survey;
}

PaperGrid fillPaper(const PaperGrid& grid, const Levels& levels) {
  // Paper in a deep shadow of a photographed page is still about two fifths as bright as paper in the light, and a
  // brighter part of it no more than a third brighter than the mean (measured on phone photos of pages).
  constexpr double kDarkest = 0.4;
  constexpr double kBrightest = 1.3;
  const float lowest = static_cast<float>(kDarkest * levels.paper);
  const float highest = static_cast<float>(std::min(255.0, kBrightest * levels.paper));
  PaperGrid filled = grid;
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column) {
      float level = grid.at(column, row);
      if (level < static_cast<float>(levels.threshold)) {
        for (int y = std::max(0, row - 1); y <= std::min(grid.rows - 1, row + 1); ++y) {
          for (int x = std::max(0, column - 1); x <= std::min(grid.columns - 1, column + 1); ++x) {
            level = std::max(level, grid.at(x, y));
          }
        }
      }
      filled.levels[static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.columns) +
                    static_cast<std::size_t>(column)] = std::clamp(level, std::min(lowest, highest), highest);
    }
  }
  return filled;
}

double unevenness(const PaperGrid& grid) {
  double mean = 0;
  for (const float level : grid.levels) {
    mean += level;
  }
  mean /= static_cast<double>(grid.levels.size());
  double variance = 0;
  for (const float level : grid.levels) {
    variance += (level - mean) * (level - mean);
  }
  return std::sqrt(variance / static_cast<double>(grid.levels.size()));
}

void interpolatePaper(const PaperGrid& grid, int y, double factor, std::span<std::uint8_t> out) {
  constexpr int kHalf = PaperGrid::kTile / 2;
  constexpr int kFraction = 16;  // bits of fixed point
  const float rowPosition =
      std::clamp(static_cast<float>(y - kHalf) / PaperGrid::kTile, 0.0F, static_cast<float>(grid.rows - 1));
  const int row = static_cast<int>(rowPosition);
  const int nextRow = std::min(row + 1, grid.rows - 1);
  const float rowWeight = rowPosition - static_cast<float>(row);
  const auto levelAt = [&](int column) {
    const float level = grid.at(column, row) * (1 - rowWeight) + grid.at(column, nextRow) * rowWeight;
    return static_cast<int>(std::clamp(level * static_cast<float>(factor), 0.0F, 255.0F) * (1 << kFraction));
  };
  const int width = static_cast<int>(out.size());
  int left = levelAt(0);
  std::fill_n(out.begin(), std::min(kHalf, width), static_cast<std::uint8_t>(left >> kFraction));
  for (int column = 0; column < grid.columns; ++column) {
    const int right = levelAt(std::min(column + 1, grid.columns - 1));
    const int step = (right - left) / PaperGrid::kTile;
    const int start = column * PaperGrid::kTile + kHalf;
    const int count = std::clamp(width - start, 0, PaperGrid::kTile);
    for (int i = 0; i < count; ++i) {
      out[static_cast<std::size_t>(start + i)] = static_cast<std::uint8_t>((left + step * i) >> kFraction);
    }
    left = right;
  }
}

}  // namespace omega
