// Compiles KERNEL once for every vector width, each time in another namespace (PATH), with SIMD_WIDTH
// floats in a vector and MAX_VECTORS vectors whose sums are held in registers.  The path is chosen at run
// time: AVX-512, AVX2, or the baseline of the architecture (SSE2 on x86-64, NEON on ARM).

#include <cstdint>

#define PATH baseline
#define SIMD_WIDTH 4
#if defined(__aarch64__)
#define MAX_VECTORS 8  // of 32 registers
#else
#define MAX_VECTORS 4  // of 16
#endif
#include KERNEL
#undef PATH
#undef SIMD_WIDTH
#undef MAX_VECTORS

#if defined(__x86_64__)
#define HAS_X86 1

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define PATH avx2
#define SIMD_WIDTH 8
#define MAX_VECTORS 4
#include KERNEL
#undef PATH
#undef SIMD_WIDTH
#undef MAX_VECTORS
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,fma")
#endif
#define PATH avx512
#define SIMD_WIDTH 16
#define MAX_VECTORS 8
#include KERNEL
#undef PATH
#undef SIMD_WIDTH
#undef MAX_VECTORS
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

// The widest vectors of this processor: 16, 8 or 4 floats.
extern "C" int64_t simd_width() {
#ifdef HAS_X86
    __builtin_cpu_init();
    const bool fma = __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 16;
    if (fma && __builtin_cpu_supports("avx2")) return 8;
#endif
    return 4;
}
