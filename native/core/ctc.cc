#include "ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"
#include "kernels.h"

namespace omega {
namespace {

constexpr std::uint32_t kBlank = 0;

/// 0 for classes that may be chosen, -infinity for the others: what is added to a probability.
std::vector<float> classBias(std::span<const std::uint8_t> allowed) {
  std::vector<float> bias(allowed.size());
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    bias[i] = i == kBlank || allowed[i] != 0 ? 0.0F : -std::numeric_limits<float>::infinity();
  }
  return bias;
}

void requireInput(const CtcInput& input) {
  requireSide("classes", input.classes);
  requireLength("probabilities", input.probabilities.size(), {input.lines, input.steps, input.classes});
  requireLength("validSteps", input.validSteps.size(), {input.lines});
  for (const std::uint32_t valid : input.validSteps) {
    if (valid > input.steps) fail("validSteps", "hold numbers up to " + std::to_string(input.steps));
  }
  if (std::isnan(input.minSpaceProbability)) fail("minSpaceProbability", "be a number");
  if (input.allowed) requireLength("allowed", input.allowed->size(), {input.classes});
}

/// One line's characters, appended column by column.
class LineDecoder {
 public:
  LineDecoder(CtcLines& lines, std::uint32_t spaceClass, float minSpaceProbability)
      : lines_(lines), spaceClass_(spaceClass), minSpaceProbability_(minSpaceProbability) {}

  void append(std::uint32_t step, std::uint32_t found, float probability, float spaceProbability) {
    if (found == kBlank) {
      if (spaceProbability > gapSpace_) {
        gapSpace_ = spaceProbability;
        gapStep_ = step;
      }
    } else if (found == previous_) {
      lines_.probabilities.back() = std::max(lines_.probabilities.back(), probability);
      lines_.columns.back() = step;
    } else {
      const bool betweenCharacters = last_ != kBlank && last_ != spaceClass_ && found != spaceClass_;
      if (betweenCharacters && gapSpace_ >= minSpaceProbability_) emit(gapStep_, spaceClass_, gapSpace_);
      emit(step, found, probability);
      gapSpace_ = 0;
    }
    previous_ = found;
  }

 private:
  void emit(std::uint32_t step, std::uint32_t found, float probability) {
    lines_.classes.push_back(found);
    lines_.probabilities.push_back(probability);
    lines_.columns.insert(lines_.columns.end(), {step, step});
    last_ = found;
  }

  CtcLines& lines_;
  std::uint32_t spaceClass_;
  float minSpaceProbability_;
  /// Of the column before; of the character before.
  std::uint32_t previous_ = kBlank;
  std::uint32_t last_ = kBlank;
  /// The most probable space since the last character.
  float gapSpace_ = 0;
  std::uint32_t gapStep_ = 0;
};

}  // namespace

CtcLines ctcDecode(const CtcInput& input) {
  requireInput(input);
  const Kernels& kernel = kernels();
  const std::vector<float> bias = input.allowed ? classBias(*input.allowed) : std::vector<float>{};
  const auto spaceClass = static_cast<std::uint32_t>(input.classes - 1);
  const bool spaceAllowed = !input.allowed || (*input.allowed)[spaceClass] != 0;

  CtcLines result{{0}, {}, {}, {}};
  for (std::size_t line = 0; line < input.lines; ++line) {
    LineDecoder decoder(result, spaceClass, input.minSpaceProbability);
    for (std::uint32_t step = 0; step < input.validSteps[line]; ++step) {
      const auto column = input.probabilities.subspan((line * input.steps + step) * input.classes, input.classes);
      const Peak peak = input.allowed ? kernel.biasedPeak(column, bias) : kernel.peak(column);
      const auto found = std::isfinite(peak.value) ? static_cast<std::uint32_t>(peak.index) : kBlank;
      decoder.append(step, found, peak.value, spaceAllowed ? column[spaceClass] : 0);
    }
    result.offsets.push_back(static_cast<std::uint32_t>(result.classes.size()));
  }
  return result;
}

}  // namespace omega
