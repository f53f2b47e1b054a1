// The kernels for x86-64 processors with AVX2 and FMA (Haswell, Zen and later).
#pragma once

#include "kernels.h"

namespace omega {

#if defined(__x86_64__)
const Kernels& avx2Kernels();
#endif

}  // namespace omega
