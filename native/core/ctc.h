// Greedy CTC decode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace omega {

struct CtcInput {
  /// [lines, steps, classes], softmax already applied; class 0 is the blank.
  std::span<const float> probabilities;
  std::size_t lines;
  std::size_t steps;
  std::size_t classes;
  /// Columns of each line that count.
  std::span<const std::uint32_t> validSteps;
  /// From this probability on, a space (the last class) that is second to the blank in a gap between two characters
  /// is read; above 1, never.
  float minSpaceProbability;
  /// One a class: 0 keeps the class from being chosen. The blank always may be.
  std::optional<std::span<const std::uint8_t>> allowed;
};

struct CtcLines {
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint32_t> classes;
  std::vector<float> probabilities;
  std::vector<std::uint32_t> columns;
};

/// The most probable class of each column (the first of equals), repeats collapsed, blanks dropped. A column without a
/// finite maximum counts as blank. At most one space is read in a gap, in the column where it is most probable.
CtcLines ctcDecode(const CtcInput& input);

}  // namespace omega
