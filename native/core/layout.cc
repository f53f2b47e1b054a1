#include "layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "check.h"

namespace omega {
namespace {

// Corners in input pixels.
struct Candidate {
  float left;
  float top;
  float right;
  float bottom;
  float score;
  std::uint32_t classIndex;
};

std::size_t cellsAlong(std::size_t extent, std::size_t stride) { return (extent + stride - 1) / stride; }

// Expectation of the softmax over the bins.
float expectedDistance(std::span<const float, kDistanceBins> logits) {
  const float peak = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  float weighted = 0;
  for (std::size_t bin = 0; bin < kDistanceBins; ++bin) {
    const float weight = std::exp(logits[bin] - peak);
    sum += weight;
    weighted += weight * static_cast<float>(bin);
  }
  return weighted / sum;
}

void collectCandidates(const LayoutHead& head, std::size_t classCount, const LayoutOptions& options,
                       std::vector<Candidate>& candidates) {
  const std::size_t columns = cellsAlong(options.inputWidth, head.stride);
  const std::size_t cells = cellCount(options.inputWidth, options.inputHeight, head.stride);
  const float stride = static_cast<float>(head.stride);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const auto scores = head.scores.subspan(cell * classCount, classCount);
    if (std::none_of(scores.begin(), scores.end(), [&](float score) { return score > options.scoreThreshold; })) {
      continue;
    }
    std::array<float, 4> distances;
    for (std::size_t side = 0; side < 4; ++side) {
      distances[side] =
          stride *
          expectedDistance(head.distributions.subspan((cell * 4 + side) * kDistanceBins).first<kDistanceBins>());
    }
    if (!std::all_of(distances.begin(), distances.end(), [](float value) { return std::isfinite(value); })) {
      continue;
    }
    const float centreX = (static_cast<float>(cell % columns) + 0.5F) * stride;
    const float centreY = (static_cast<float>(cell / columns) + 0.5F) * stride;
    for (std::size_t classIndex = 0; classIndex < classCount; ++classIndex) {
      const float score = scores[classIndex];
      if (score > options.scoreThreshold && std::isfinite(score)) {
        candidates.push_back({centreX - distances[0], centreY - distances[1], centreX + distances[2],
                              centreY + distances[3], score, static_cast<std::uint32_t>(classIndex)});
      }
    }
  }
}

void requireHeads(std::span<const LayoutHead> heads, std::size_t classCount, const LayoutOptions& options) {
  requireSide("options.inputWidth", options.inputWidth);
  requireSide("options.inputHeight", options.inputHeight);
  requireSide("options.sourceWidth", options.sourceWidth);
  requireSide("options.sourceHeight", options.sourceHeight);
  for (std::size_t level = 0; level < heads.size(); ++level) {
    const LayoutHead& head = heads[level];
    std::string index(1, '[');
    index.append(std::to_string(level)).append(1, ']');
    requireSide("options.strides" + index, head.stride);
    const std::size_t cells = cellCount(options.inputWidth, options.inputHeight, head.stride);
    requireLength("scores" + index, head.scores.size(), {cells, classCount});
    requireLength("distributions" + index, head.distributions.size(), {cells, 4, kDistanceBins});
  }
}

float area(const Candidate& box) { return std::max(0.0F, box.right - box.left) * std::max(0.0F, box.bottom - box.top); }

float intersectionOverUnion(const Candidate& a, const Candidate& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) {
    return 0;
  }
  const float overlap = width * height;
  return overlap / (area(a) + area(b) - overlap);
}

// Greedy non-maximum suppression of one class, best first.
void suppress(std::span<const Candidate> byScore, float iouThreshold, std::vector<Candidate>& kept) {
  const std::size_t first = kept.size();
  for (const Candidate& candidate : byScore) {
    const bool covered =
        std::any_of(kept.begin() + static_cast<std::ptrdiff_t>(first), kept.end(),
                    [&](const Candidate& better) { return intersectionOverUnion(better, candidate) > iouThreshold; });
    if (!covered) {
      kept.push_back(candidate);
    }
  }
}

}  // namespace

std::size_t cellCount(std::size_t inputWidth, std::size_t inputHeight, std::size_t stride) {
  return cellsAlong(inputWidth, stride) * cellsAlong(inputHeight, stride);
}

std::vector<LayoutRegion> decodeLayout(std::span<const LayoutHead> heads, std::size_t classCount,
                                       const LayoutOptions& options) {
  requireHeads(heads, classCount, options);
  std::vector<Candidate> candidates;
  for (const LayoutHead& head : heads) {
    collectCandidates(head, classCount, options, candidates);
  }
  // Stable: equal scores keep the order of levels and cells, so that the result does not depend on the library.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.classIndex != b.classIndex ? a.classIndex < b.classIndex : a.score > b.score;
  });

  std::vector<Candidate> kept;
  for (auto first = candidates.begin(); first != candidates.end();) {
    const auto last = std::find_if(
        first, candidates.end(), [&](const Candidate& candidate) { return candidate.classIndex != first->classIndex; });
    const auto count = std::min(options.maxCandidates, static_cast<std::size_t>(last - first));
    suppress({first, count}, options.iouThreshold, kept);
    first = last;
  }
  std::stable_sort(kept.begin(), kept.end(), [](const Candidate& a, const Candidate& b) { return a.score > b.score; });

  const float scaleX = static_cast<float>(options.sourceWidth) / static_cast<float>(options.inputWidth);
  const float scaleY = static_cast<float>(options.sourceHeight) / static_cast<float>(options.inputHeight);
  const float maxX = static_cast<float>(options.sourceWidth);
  const float maxY = static_cast<float>(options.sourceHeight);
  std::vector<LayoutRegion> regions;
  regions.reserve(kept.size());
  for (const Candidate& box : kept) {
    const float left = std::clamp(box.left * scaleX, 0.0F, maxX);
    const float top = std::clamp(box.top * scaleY, 0.0F, maxY);
    const float width = std::clamp(box.right * scaleX, 0.0F, maxX) - left;
    const float height = std::clamp(box.bottom * scaleY, 0.0F, maxY) - top;
    if (width > 0 && height > 0) {
      regions.push_back({left, top, width, height, box.score, box.classIndex});
    }
  }
  return regions;
}

}  // namespace omega
