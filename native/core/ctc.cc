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
  if (input.allowed) requireLength("allowed", input.allowed->size(), {input.classes});
}

}  // namespace

CtcLines ctcDecode(const CtcInput& input) {
  requireInput(input);
  const Kernels& kernel = kernels();
  const std::vector<float> bias = input.allowed ? classBias(*input.allowed) : std::vector<float>{};

  CtcLines result{{0}, {}, {}, {}};
  for (std::size_t line = 0; line < input.lines; ++line) {
    std::uint32_t previous = kBlank;
    for (std::uint32_t step = 0; step < input.validSteps[line]; ++step) {
      const auto column = input.probabilities.subspan((line * input.steps + step) * input.classes, input.classes);
      const Peak peak = input.allowed ? kernel.biasedPeak(column, bias) : kernel.peak(column);
      const auto found = std::isfinite(peak.value) ? static_cast<std::uint32_t>(peak.index) : kBlank;
      if (found != kBlank && found == previous) {
        result.probabilities.back() = std::max(result.probabilities.back(), peak.value);
        result.columns.back() = step;
      } else if (found != kBlank) {
        result.classes.push_back(found);
        result.probabilities.push_back(peak.value);
        result.columns.insert(result.columns.end(), {step, step});
      }
      previous = found;
    }
    result.offsets.push_back(static_cast<std::uint32_t>(result.classes.size()));
  }
  return result;
}

}  // namespace omega
