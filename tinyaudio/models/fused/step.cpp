// A training step of a WaveNet in one function: loss and all gradients of one clip, without a framework.
// Between PyTorch's operations every intermediate goes through memory; here a block of rows stays in the
// cache from the convolution to the residual connection.

#include <cstdint>
#if defined(__linux__) && defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const int64_t BLOCK = 96;  // rows that are taken through a layer together
static const int64_t MAX_LAYERS = 128;

struct Network {
    int64_t layers, taps;                    // taps: kernel size, the present included
    int64_t residual, gate, skip, levels;    // widths, multiples of 16
    int64_t n_weights, longest_delay;
    const int64_t* delays;                   // (layers, taps), the longest first, 0 last
};

struct Clip {
    int64_t samples;
    const int64_t* history;        // (samples): the code before each sample
    const int64_t* targets;        // (samples)
    const float* sample_weights;   // (samples): of each sample in the loss
    int64_t frames, hop;           // of the condition; 0 frames without one
    const float* offsets;          // (frames, layers, 2 gate): what they add to the gates
    const float* upsampler;        // (hop, 3), or null: one frame for the clip
    const float* weights;          // (n_weights)
    float* gradients;              // (n_weights), zeros, as are the others
    float* offset_gradients;
    float* upsampler_gradients;
};

#define KERNEL "kernel.h"
#include "paths.h"

// A fourth path: AMX, in bfloat16.
#define PATH amx
#define SIMD_WIDTH 16
#define TILES
#if defined(EMULATE_TILES)
#define HAS_TILES 1
#include KERNEL
static bool tiles_allowed() { return true; }
#elif defined(__linux__) && defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 12)
#define HAS_TILES 1
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,fma,amx-tile,amx-bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,fma,amx-tile,amx-bf16")
#endif
#include KERNEL
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
// Linux lets a process use the tiles when it asks for them, on processors that have them.
static bool tiles_allowed() {
    const long request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return simd_width() == 16 && syscall(SYS_arch_prctl, request, tile_data) == 0;
}
#else
static bool tiles_allowed() { return false; }
#endif

extern "C" {

// The fastest path of this processor: 32 is AMX, else as `simd_width`.
int64_t widest_path() { return tiles_allowed() ? 32 : simd_width(); }

// Floats of working memory.
int64_t working_memory(const Network* net, int64_t samples) {
    const int64_t R = net->residual, G = net->gate, S = net->skip, back = net->longest_delay;
    return net->n_weights + net->layers * ((back + samples) * R + samples * 2 * G) + samples * (S + R) +
           (samples + back) * 2 * G + BLOCK * (2 * G + 2 * S + net->levels);
}

double run(int64_t path, const Network* net, const Clip* clip, float* memory) {
    auto run_path = baseline::run;
#ifdef HAS_X86
    if (path == 16) run_path = avx512::run;
    if (path == 8) run_path = avx2::run;
#endif
#ifdef HAS_TILES
    if (path == 32) run_path = amx::run;
#endif
    return run_path(*net, *clip, memory);
}
}
