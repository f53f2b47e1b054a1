// What the core's tests are written with: a test is a sentence and a function, and run() is the whole of main.
#pragma once

#include <cmath>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace omega::test {

struct Test {
  const char* claim;
  void (*body)();
};

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] inline void failAt(const std::string& what, const std::source_location& where) {
  throw Failure(what + " (" + where.file_name() + ":" + std::to_string(where.line()) + ")");
}

inline void expect(bool holds, const std::source_location& where = std::source_location::current()) {
  if (!holds) failAt("expected to hold", where);
}

template <typename A, typename B>
void expectEqual(const A& actual, const B& expected,
                 const std::source_location& where = std::source_location::current()) {
  if (actual == expected) return;
  std::ostringstream what;
  what << "expected " << expected << ", got " << actual;
  failAt(what.str(), where);
}

inline void expectNear(double actual, double expected, double tolerance,
                       const std::source_location& where = std::source_location::current()) {
  if (std::abs(actual - expected) <= tolerance) return;
  std::ostringstream what;
  what << "expected " << expected << " ± " << tolerance << ", got " << actual;
  failAt(what.str(), where);
}

/// `call` must throw std::out_of_range with a message that begins with the argument's name.
template <typename Call>
void expectRangeError(std::string_view argument, Call call,
                      const std::source_location& where = std::source_location::current()) {
  try {
    call();
  } catch (const std::out_of_range& error) {
    if (std::string_view(error.what()).starts_with(argument)) return;
    failAt("expected an error about " + std::string(argument) + ", got: " + error.what(), where);
  }
  failAt("expected an error about " + std::string(argument), where);
}

/// Runs every test; the exit status.
inline int run(std::initializer_list<Test> tests) {
  int failed = 0;
  for (const Test& test : tests) {
    try {
      test.body();
    } catch (const std::exception& error) {
      ++failed;
      std::fprintf(stderr, "FAIL %s: %s\n", test.claim, error.what());
    }
  }
  std::printf("%zu tests, %d failed\n", tests.size(), failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace omega::test
