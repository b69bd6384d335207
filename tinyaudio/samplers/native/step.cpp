// The sampling loop of a WaveNet in one function without a framework around it.  What it takes is the
// reading of the weights, so each is read as seldom as can be, and in the order in which it lies.
//
// The vector path is chosen while running, by what the processor has: AVX-512, AVX2, or what every
// processor of its kind has (SSE2 on x86-64, NEON on ARM).  All widths are multiples of 16 floats, so
// that every path reads whole vectors.

#include <cstdint>

struct Network {
    int64_t layers, taps;                     // taps: into the past
    int64_t residual, gate, skip, outputs;    // widths, padded to multiples of 16
    int64_t levels;                           // outputs, not padded
    const int64_t* delays;                    // (layers, taps), the longest first
    const float* embedding;                   // (levels, residual)
    const float* weights;                     // all matrices, packed, in the order of their use
    int64_t halved;                           // whether the weights have 16 bits; biases have 32
};

struct Clips {
    int64_t rows, start, samples;  // clips; samples before these; samples to run through
    float* rings;                  // what entered every layer: (longest delay, rows, residual) each
    int64_t* previous;             // (rows): the sample before
    int64_t* codes;                // (samples, rows): given if there is no noise, else drawn
    const double* noise;           // (rows, samples, levels) of Gumbel's distribution, or null
    const double* heat;            // (rows): temperatures
    int64_t frames;                // of the condition, for all of these samples; 0 for none
    const float* offsets;          // (layers, frames, rows, 2 gate): what they give to the gates
    const float* shares;           // (samples, frames, rows): how much of each a sample gets
    float* logits;                 // (rows, outputs), or (samples, rows, outputs)
    int64_t logits_step;           // from sample to sample; 0 keeps only the last, if any is needed
};

// For how many samples the past taps are computed together, at most, if so many clips are generated.
// Many clips read the weights seldom enough.
static int64_t ahead(int64_t rows) { return rows < 16 ? 16 / rows : 1; }

#define PATH baseline
#define LANES 4
#if defined(__aarch64__)
#define MOST 8  // of 32 registers
#else
#define MOST 4  // of 16
#endif
#include "kernel.h"
#undef PATH
#undef LANES
#undef MOST

#if defined(__x86_64__)
#define HAS_X86 1

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define PATH avx2
#define LANES 8
#define MOST 4
#include "kernel.h"
#undef PATH
#undef LANES
#undef MOST
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,fma")
#endif
#define PATH avx512
#define LANES 16
#define MOST 8
#include "kernel.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

extern "C" {

// The widest path that this processor has: 16, 8 or 4 floats at a time.
int64_t lanes() {
#ifdef HAS_X86
    __builtin_cpu_init();
    const bool fma = __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return 16;
    if (fma && __builtin_cpu_supports("avx2")) return 8;
#endif
    return 4;
}

// A matrix as `run` reads it, with its bias, or null.
void pack(int64_t lanes, int64_t halved, const float* weight, const float* bias, int64_t outputs,
          int64_t inputs, float* to) {
    auto packed = halved ? baseline::pack<true> : baseline::pack<false>;
#ifdef HAS_X86
    if (lanes == 16) packed = halved ? avx512::pack<true> : avx512::pack<false>;
    if (lanes == 8) packed = halved ? avx2::pack<true> : avx2::pack<false>;
#endif
    packed(weight, bias, outputs, inputs, to);
}

// Floats of working memory that `run` needs, the same from the first sample to the last.
int64_t working_memory(const Network* net, int64_t rows) {
    const int64_t R = net->residual, G = net->gate, L = net->layers;
    const int64_t in_advance = ahead(rows) * (L * 2 * G + net->taps * R);
    return rows * (in_advance + 2 * R + (3 + L) * G + 2 * net->skip);
}

void run(int64_t lanes, const Network* net, const Clips* clips, float* memory) {
    auto through = net->halved ? baseline::run<true> : baseline::run<false>;
#ifdef HAS_X86
    if (lanes == 16) through = net->halved ? avx512::run<true> : avx512::run<false>;
    if (lanes == 8) through = net->halved ? avx2::run<true> : avx2::run<false>;
#endif
    through(*net, *clips, memory);
}
}
