// Random and hostile arguments for every function of the core, from a fixed seed. The sanitizers are the judge of its
// memory; here it is that a call either throws std::out_of_range or keeps its promises about its results.
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "core/crops.h"
#include "core/ctc.h"
#include "core/detect.h"
#include "core/features.h"
#include "core/layout.h"
#include "core/marks.h"
#include "core/page_strokes.h"
#include "core/resize.h"
#include "core/stamps.h"
#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool once(std::size_t in) { return below(in) == 0; }

  /// Mostly small, now and then 0 or far too large.
  std::size_t side(std::size_t limit) {
    static constexpr std::size_t kOdd[] = {0, kMaxSide, kMaxSide + 1, std::numeric_limits<std::size_t>::max() / 3};
    return once(50) ? kOdd[below(4)] : 1 + below(limit);
  }

  /// As long as it should be, or not.
  std::size_t length(std::size_t right) { return once(50) ? right + 1 - below(3) * (right > 0) : right; }

  float number(float low, float high) {
    static constexpr float kOdd[] = {0,
                                     -0.0F,
                                     std::numeric_limits<float>::quiet_NaN(),
                                     std::numeric_limits<float>::infinity(),
                                     -std::numeric_limits<float>::infinity(),
                                     std::numeric_limits<float>::max(),
                                     std::numeric_limits<float>::denorm_min()};
    return once(200) ? kOdd[below(7)] : std::uniform_real_distribution<float>(low, high)(random_);
  }

  std::vector<float> numbers(std::size_t count, float low, float high) {
    std::vector<float> values(count);
    for (float& v : values) v = number(low, high);
    return values;
  }

  std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> values(count);
    for (std::uint8_t& v : values) v = static_cast<std::uint8_t>(random_());
    return values;
  }

 private:
  std::mt19937 random_;
};

/// The length that sizes ask for where it is one that a test can hold, else a few elements.
std::size_t holdable(std::initializer_list<std::size_t> factors) {
  std::size_t product = 1;
  for (const std::size_t factor : factors) {
    if (factor == 0 || factor > 1'000'000 / product) return 7;
    product *= factor;
  }
  return product;
}

Normalization normalization(Source& source) {
  const bool odd = source.once(50);
  return {
      {0.5F, 0.4F, odd ? source.number(-1, 1) : 0.3F}, {0.2F, odd ? source.number(-1, 1) : 0.3F, 1}, source.once(2)};
}

template <typename Call>
bool accepted(Call call) {
  try {
    call();
    return true;
  } catch (const std::out_of_range&) {
    return false;
  }
}

bool finite(std::span<const float> values) {
  for (const float v : values) {
    if (!std::isfinite(v)) return false;
  }
  return true;
}

void tensors() {
  Source source(1);
  std::size_t calls = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t width = source.side(90);
    const std::size_t height = source.side(30);
    const std::size_t outWidth = source.side(60);
    const std::size_t outHeight = source.side(40);
    const auto data = source.bytes(source.length(holdable({width, height, 3})));
    std::vector<float> out(source.length(holdable({outWidth, outHeight, 3})), std::numeric_limits<float>::quiet_NaN());
    const TensorSize size{source.once(2) ? outWidth : source.side(60), source.once(2) ? outHeight : source.side(40),
                          outWidth, outHeight};
    if (accepted([&] { imageToTensor({data, width, height}, size, normalization(source), out); })) {
      ++calls;
      expect(finite(out));
    }
  }
  expect(calls > 1000);
}

void boxes() {
  Source source(2);
  std::size_t calls = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::size_t width = source.side(150);
    const std::size_t height = source.side(60);
    auto data = source.numbers(source.length(holdable({width, height})), 0, source.once(2) ? 0.4F : 1);
    // Blobs, so that there is something to box.
    for (std::size_t blob = source.below(6); blob > 0 && data.size() > 20; --blob) {
      const std::size_t begin = source.below(data.size() - 20);
      for (std::size_t i = begin; i < data.size() && i < begin + 20 + 8 * width;
           i += 1 + (i % 20 == 19) * (width % 300))
        data[i] = 0.9F;
    }
    const DbOptions options{source.number(0, 1), source.number(0, 1), source.number(0, 3),
                            source.number(0, 5), source.side(40),     source.once(2)};
    const std::size_t sourceWidth = source.side(500);
    const std::size_t sourceHeight = source.side(500);
    const ProbabilityMap map{data, width, height, source.once(2) ? width : source.side(150),
                             source.once(2) ? height : source.side(60)};
    accepted([&] {
      const DetectedBoxes found = detectBoxes(map, sourceWidth, sourceHeight, options);
      ++calls;
      expectEqual(found.quads.size(), found.scores.size() * 8);
      expect(found.scores.size() <= options.maxCandidates);
      expect(finite(found.quads) && finite(found.scores) && finite(found.slices));
      expectEqual(found.sliceOffsets.size(), found.scores.size() + 1);
      expectEqual(found.sliceOffsets.back() * 8, found.slices.size());
      for (std::size_t i = 0; i < found.quads.size(); ++i) {
        expect(found.quads[i] >= 0 && found.quads[i] <= static_cast<float>(i % 2 == 0 ? sourceWidth : sourceHeight));
      }
    });
  }
  expect(calls > 500);
}

void crops() {
  Source source(3);
  std::size_t calls = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::size_t width = source.side(60);
    const std::size_t height = source.side(60);
    const std::size_t count = source.below(4);
    const std::size_t cropHeight = source.side(12);
    const std::size_t batchWidth = source.side(40);
    const auto data = source.bytes(source.length(holdable({width, height, 3})));
    const float reach = source.once(10) ? 1.6e7F : 100;
    auto quads = source.numbers(source.length(count * 8), -reach, reach);
    if (source.once(4)) {
      for (float& v : quads) v = std::round(v / 50) * 10;
    }
    std::vector<std::uint32_t> widths(count);
    for (std::uint32_t& w : widths) w = static_cast<std::uint32_t>(source.once(2) ? batchWidth : source.side(40));
    const auto turns = source.bytes(source.length(count));
    std::vector<float> out(source.length(count == 0 ? 0 : holdable({count, 3, cropHeight, batchWidth})),
                           std::numeric_limits<float>::quiet_NaN());
    if (accepted([&] {
          packCrops({data, width, height}, {quads, widths, turns, cropHeight, batchWidth}, normalization(source), out);
        })) {
      ++calls;
      expect(finite(out));
    }
  }
  expect(calls > 500);
}

void characters() {
  Source source(4);
  std::size_t calls = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t lines = source.once(50) ? source.side(4) : source.below(4);
    const std::size_t steps = source.side(20);
    const std::size_t classes = source.side(300);
    const auto probabilities = source.numbers(source.length(lines == 0 ? 0 : holdable({lines, steps, classes})), 0, 1);
    std::vector<std::uint32_t> valid(source.length(std::min<std::size_t>(lines, 10)));
    for (std::uint32_t& v : valid)
      v = static_cast<std::uint32_t>(source.once(100) ? source.side(30)
                                                      : source.below(std::min<std::size_t>(steps, 1000) + 1));
    const auto allowed = source.bytes(source.length(std::min<std::size_t>(classes, 1000)));
    CtcInput input{probabilities, lines, steps, classes, valid, source.number(0, 1.2F), {}};
    if (source.once(2)) input.allowed = allowed;
    accepted([&] {
      const CtcLines found = ctcDecode(input);
      ++calls;
      expectEqual(found.offsets.size(), lines + 1);
      expectEqual(found.offsets.back(), found.classes.size());
      expectEqual(found.probabilities.size(), found.classes.size());
      expectEqual(found.columns.size(), found.classes.size() * 2);
      for (std::size_t i = 0; i < found.classes.size(); ++i) {
        expect(found.classes[i] > 0 && found.classes[i] < classes);
        expect(found.columns[i * 2] <= found.columns[i * 2 + 1] && found.columns[i * 2 + 1] < steps);
      }
    });
  }
  expect(calls > 1000);
}

void regions() {
  Source source(5);
  std::size_t calls = 0;
  for (int round = 0; round < 1000; ++round) {
    const LayoutOptions options{source.side(120),    source.side(90),     source.side(500), source.side(500),
                                source.number(0, 1), source.number(0, 1), source.side(30)};
    const std::size_t classCount = source.side(6);
    std::vector<std::vector<float>> values;
    std::vector<LayoutHead> heads;
    values.reserve(6);
    for (const std::size_t stride : {8, 16, 32}) {
      const bool tame = options.inputWidth < 1000 && options.inputHeight < 1000 && options.inputWidth > 0 &&
                        options.inputHeight > 0 && classCount > 0 && classCount < 10;
      const std::size_t cells = tame ? cellCount(options.inputWidth, options.inputHeight, stride) : 3;
      values.push_back(source.numbers(source.length(cells * std::min<std::size_t>(classCount, 10)), 0, 1));
      values.push_back(source.numbers(source.length(cells * 4 * kDistanceBins), -5, 5));
      heads.push_back({values[values.size() - 2], values.back(), source.once(100) ? source.side(9) : stride});
    }
    accepted([&] {
      const auto found = decodeLayout(heads, classCount, options);
      ++calls;
      for (const LayoutRegion& region : found) {
        expect(finite(std::array{region.x, region.y, region.width, region.height, region.score}));
        expect(region.x >= 0 && region.y >= 0 && region.width > 0 && region.height > 0);
        expect(region.classIndex < classCount);
      }
    });
  }
  expect(calls > 200);
}

void pages() {
  Source source(6);
  std::size_t calls = 0;
  for (int round = 0; round < 300; ++round) {
    const std::size_t width = source.side(200);
    const std::size_t height = source.side(150);
    auto data = source.bytes(source.length(holdable({width, height})));
    // Levels of a drawing rather than noise, half of the time.
    if (source.once(2)) {
      for (std::size_t i = 0; i < data.size(); ++i) data[i] = (i / 7 + i / (width % 1000 * 9 + 1)) % 3 == 0 ? 20 : 240;
    }
    accepted([&] {
      const PageFeatures features = measurePage({data, width, height});
      ++calls;
      expect(features.inkFraction >= 0 && features.inkFraction <= 1);
      expect(features.pictureFraction >= 0 && features.pictureFraction <= 1);
      expect(std::abs(features.skewDegrees) <= 10);
      expect(features.skewConfidence >= 0 && features.skewConfidence <= 1);
      expect(std::isfinite(features.edgeWidth) && std::isfinite(features.noise) && std::isfinite(features.unevenness));
    });
  }
  expect(calls > 100);
}

void strokes() {
  Source source(7);
  std::size_t calls = 0;
  for (int round = 0; round < 300; ++round) {
    const std::size_t width = source.side(120);
    const std::size_t height = source.side(90);
    auto data = source.bytes(source.length(holdable({width, height, 3})));
    // Lines rather than noise, half of the time.
    if (source.once(2)) {
      for (std::size_t i = 0; i < data.size(); ++i) data[i] = (i / (width % 1000 * 3 + 1)) % 12 == 0 ? 20 : 240;
    }
    accepted([&] {
      const auto found = findStrokes({data, width, height}, source.number(0, 60), source.number(-50, 50));
      ++calls;
      for (const Stroke& stroke : found) {
        expect(std::isfinite(stroke.x0) && std::isfinite(stroke.y0));
        expect(std::isfinite(stroke.x1) && std::isfinite(stroke.y1));
      }
    });
  }
  expect(calls > 100);
}

void selectionMarks() {
  Source source(8);
  std::size_t calls = 0;
  for (int round = 0; round < 300; ++round) {
    const std::size_t width = source.side(120);
    const std::size_t height = source.side(100);
    auto data = source.bytes(source.length(holdable({width, height, 3})));
    // A pattern of frames rather than noise, half of the time.
    if (source.once(2)) {
      const std::size_t row = 3 * (width % 1000 + 1);
      for (std::size_t i = 0; i < data.size(); ++i) data[i] = i / row % 13 < 2 || i % row / 3 % 13 < 2 ? 20 : 240;
    }
    accepted([&] {
      const auto marks = findSelectionMarks({data, width, height}, source.once(20) ? NAN : 14);
      ++calls;
      for (const SelectionMark& mark : marks) {
        expect(mark.left < mark.right && mark.right <= width && mark.top < mark.bottom && mark.bottom <= height);
      }
    });
  }
  expect(calls > 100);
}

void stamps() {
  Source source(9);
  std::size_t calls = 0;
  for (int round = 0; round < 200; ++round) {
    const std::size_t width = source.side(900);
    const std::size_t height = source.side(40);
    const auto data = source.bytes(source.length(holdable({width, height, 3})));
    accepted([&] {
      const auto found = findStamps({data, width, height});
      ++calls;
      for (const Stamp& stamp : found) {
        expect(stamp.left < stamp.right && stamp.right <= width && stamp.top < stamp.bottom && stamp.bottom <= height);
      }
    });
  }
  expect(calls > 50);
}

}  // namespace

int main() {
  return run({
      {"tensors are finite or refused", tensors},
      {"boxes lie on the page or are refused", boxes},
      {"crops are finite or refused", crops},
      {"characters have a class and columns or are refused", characters},
      {"regions lie on the page or are refused", regions},
      {"selection marks lie on the page or are refused", selectionMarks},
      {"stamps lie on the page or are refused", stamps},
      {"page features are in their ranges or refused", pages},
      {"strokes are finite or refused", strokes},
  });
}
