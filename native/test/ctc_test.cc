#include "core/ctc.h"

#include <limits>
#include <vector>

#include "expect.h"

using namespace omega;
using namespace omega::test;

namespace {

/// One line whose column i is sure of classes[i].
std::vector<float> columnsOf(std::initializer_list<std::size_t> classes, std::size_t count, float sure = 0.9F) {
  std::vector<float> probabilities(classes.size() * count, 0.01F);
  std::size_t column = 0;
  for (const std::size_t chosen : classes) probabilities[column++ * count + chosen] = sure;
  return probabilities;
}

/// No probability reaches it.
constexpr float kNever = 2;

CtcLines decode(const std::vector<float>& probabilities, std::size_t classes, std::vector<std::uint32_t> validSteps,
                std::optional<std::span<const std::uint8_t>> allowed = {}, float minSpaceProbability = kNever) {
  const std::size_t lines = validSteps.size();
  return ctcDecode({probabilities, lines, probabilities.size() / classes / lines, classes, validSteps,
                    minSpaceProbability, allowed});
}

using Indices = std::vector<std::uint32_t>;

void repeatsCollapse() {
  const auto result = decode(columnsOf({0, 3, 3, 3, 0, 2}, 5), 5, {6});
  expect(result.classes == Indices{3, 2});
  expect(result.columns == Indices{1, 3, 5, 5});
  expect(result.offsets == Indices{0, 2});
}

void blankSeparates() {
  const auto result = decode(columnsOf({4, 0, 4}, 5), 5, {3});
  expect(result.classes == Indices{4, 4});
  expect(result.columns == Indices{0, 0, 2, 2});
}

void probabilityIsTheBestOfTheRun() {
  auto probabilities = columnsOf({2, 2, 2}, 4, 0.5F);
  probabilities[1 * 4 + 2] = 0.75F;
  expect(decode(probabilities, 4, {3}).probabilities == std::vector<float>{0.75F});
}

void columnsPastTheValidOnesAreIgnored() {
  const auto result = decode(columnsOf({1, 2, 3, 1, 2, 3}, 4), 4, {2, 0});
  expect(result.classes == Indices{1, 2});
  expect(result.offsets == Indices{0, 2, 2});
}

void forbiddenClassesAreNotChosen() {
  auto probabilities = columnsOf({3}, 5);
  probabilities[2] = 0.05F;
  const std::vector<std::uint8_t> allowed{0, 1, 1, 0, 1};
  const auto result = decode(probabilities, 5, {1}, allowed);
  expect(result.classes == Indices{2});
  expect(result.probabilities == std::vector<float>{0.05F});
}

void theBlankIsAlwaysAllowed() {
  const std::vector<std::uint8_t> allowed{0, 0, 0};
  expect(decode(columnsOf({2, 1}, 3), 3, {2}, allowed).classes.empty());
}

void aSpaceThatNearlyWonAGapIsRead() {
  // Blank, two letters, the space.
  const std::vector<float> probabilities{0,    0.9F, 0, 0.1F,   //
                                         0.8F, 0,    0, 0.15F,  //
                                         0.7F, 0,    0, 0.3F,   //
                                         0,    0,    1, 0};
  const auto result = decode(probabilities, 4, {4}, {}, 0.2F);
  expect(result.classes == Indices{1, 3, 2});
  expect(result.columns == Indices{0, 0, 2, 2, 3, 3});
  expect(result.probabilities == std::vector<float>{0.9F, 0.3F, 1});
  expect(decode(probabilities, 4, {4}, {}, 0.31F).classes == Indices{1, 2});
}

void noSpaceIsReadBesideASpaceOrOutsideTheText() {
  const std::vector<float> probabilities{0.7F, 0,    0, 0.3F,  //
                                         0,    0.9F, 0, 0.1F,  //
                                         0.7F, 0,    0, 0.3F,  //
                                         0.1F, 0,    0, 0.9F,  //
                                         0.7F, 0,    0, 0.3F,  //
                                         0,    0,    1, 0,     //
                                         0.7F, 0,    0, 0.3F};
  expect(decode(probabilities, 4, {7}, {}, 0.2F).classes == Indices{1, 3, 2});
}

void theFirstOfEqualsWins() { expect(decode({0.1F, 0.4F, 0.4F}, 3, {1}).classes == Indices{1}); }

void nonFiniteColumnsAreBlank() {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  expect(decode({kNan, kNan, kNan, 0.1F, kInfinity, 0.2F}, 3, {2}).classes.empty());
  expect(decode({kNan, 0.2F, kNan}, 3, {1}).classes == Indices{1});
}

void noLinesGiveNoCharacters() { expect(ctcDecode({{}, 0, 10, 5, {}, kNever, {}}).offsets == Indices{0}); }

void sizesAreChecked() {
  const std::vector<float> probabilities(12);
  const Indices two{2};
  const Indices three{3};
  const std::vector<std::uint8_t> allowed(3);
  expectRangeError("probabilities", [&] { ctcDecode({probabilities, 1, 2, 5, two, kNever, {}}); });
  expectRangeError("probabilities", [&] { ctcDecode({probabilities, std::size_t{1} << 63, 2, 6, two, kNever, {}}); });
  expectRangeError("validSteps", [&] { ctcDecode({probabilities, 1, 2, 6, three, kNever, {}}); });
  expectRangeError("validSteps", [&] { ctcDecode({probabilities, 1, 2, 6, {}, kNever, {}}); });
  expectRangeError("classes", [&] { ctcDecode({{}, 1, 2, 0, two, kNever, {}}); });
  expectRangeError("allowed", [&] { ctcDecode({probabilities, 1, 2, 6, two, kNever, allowed}); });
}

}  // namespace

int main() {
  return run({
      {"repeats collapse into one character with its columns", repeatsCollapse},
      {"a blank separates repeated characters", blankSeparates},
      {"a character's probability is the best of its run", probabilityIsTheBestOfTheRun},
      {"columns past the valid ones are ignored", columnsPastTheValidOnesAreIgnored},
      {"forbidden classes are not chosen", forbiddenClassesAreNotChosen},
      {"the blank is always allowed", theBlankIsAlwaysAllowed},
      {"a space that nearly won a gap is read", aSpaceThatNearlyWonAGapIsRead},
      {"no space is read beside a space or outside the text", noSpaceIsReadBesideASpaceOrOutsideTheText},
      {"the first of equals wins", theFirstOfEqualsWins},
      {"a column without a finite maximum is blank", nonFiniteColumnsAreBlank},
      {"no lines give no characters", noLinesGiveNoCharacters},
      {"sizes that do not fit are range errors", sizesAreChecked},
  });
}
