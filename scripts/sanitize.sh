#!/bin/sh
# Builds the native core's tests under AddressSanitizer and UndefinedBehaviorSanitizer, and runs them.
set -eu
cd "$(dirname "$0")/.."
build=build/sanitize
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 \
  -DOMEGA_TESTS=ON -DOMEGA_SANITIZE=ON
cmake --build "$build" --parallel 2
ctest --test-dir "$build" --output-on-failure
