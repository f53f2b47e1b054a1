// Argument checks shared by the core. A failed check throws std::out_of_range whose message names the argument;
// binding.cc turns it into a RangeError.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace omega {

/// Longest side of any picture or map. Every pixel coordinate up to it is exact in a float.
inline constexpr std::size_t kMaxSide = std::size_t{1} << 24;

[[noreturn]] inline void fail(std::string_view argument, const std::string& expectation) {
  throw std::out_of_range(std::string(argument) + " must " + expectation);
}

inline void requireSide(std::string_view argument, std::size_t value, std::size_t max = kMaxSide) {
  if (value < 1 || value > max) {
    fail(argument, "be from 1 to " + std::to_string(max) + ", not " + std::to_string(value));
  }
}

/// `length` must be the product of `factors`, which may be too large to be a length at all.
inline void requireLength(std::string_view argument, std::size_t length, std::initializer_list<std::size_t> factors) {
  std::size_t expected = 1;
  for (const std::size_t factor : factors) {
    if (factor != 0 && expected > std::numeric_limits<std::size_t>::max() / factor) {
      fail(argument, "be as long as its sizes say, and those are too large");
    }
    expected *= factor;
  }
  if (length != expected) {
    fail(argument, "have " + std::to_string(expected) + " elements, not " + std::to_string(length));
  }
}

}  // namespace omega
