// The sampling loop of a WaveNet in one function, without a framework.  It is bandwidth-bound: its time is
// that of reading the weights, so each is read as rarely as possible, in the order in which it is stored.
//
// All widths are padded to multiples of 16 floats, so that every path reads whole vectors.

#include <cstdint>

struct Network {
    int64_t layers, taps;                     // taps: past taps, without the present
    int64_t residual, gate, skip, outputs;    // widths, padded to multiples of 16
    int64_t levels;                           // outputs, not padded
    const int64_t* delays;                    // (layers, taps), the longest first
    const float* embedding;                   // (levels, residual)
    const float* weights;                     // all matrices, packed, in the order of their use
};

struct Clips {
    int64_t rows, start, samples;  // batch size; samples generated before; samples of this call
    float* buffers;                // ring buffers of the layers' inputs: (longest delay, rows, residual) each
    int64_t* previous;             // (rows): the sample before
    int64_t* codes;                // (samples, rows): input without noise, else output
    const double* noise;           // (rows, samples, levels) of Gumbel's distribution, or null
    const double* temperature;     // (rows)
    int64_t frames;                // of the condition, for all of these samples; 0 for none
    const float* offsets;          // (layers, frames, rows, 2 gate): what they add to the gates
    const float* frame_weights;    // (samples, frames, rows): weights of the upsampler
    float* logits;                 // (rows, outputs), or (samples, rows, outputs)
    int64_t logits_step;           // from sample to sample; 0 keeps only the last, if any is needed
};

// Samples whose past taps are computed together, at most, for a batch of so many clips.  A large batch
// reuses each weight often enough.
static int64_t lookahead(int64_t rows) { return rows < 16 ? 16 / rows : 1; }

#define KERNEL "kernel.h"
#include "paths.h"

extern "C" {

// A matrix as `run` reads it, with its bias, or null.
void pack(int64_t simd_width, const float* weight, const float* bias, int64_t outputs, int64_t inputs,
          float* to) {
    auto pack_path = baseline::pack;
#ifdef HAS_X86
    if (simd_width == 16) pack_path = avx512::pack;
    if (simd_width == 8) pack_path = avx2::pack;
#endif
    pack_path(weight, bias, outputs, inputs, to);
}

// Floats of working memory that `run` needs, the same from the first sample to the last.
int64_t working_memory(const Network* net, int64_t rows) {
    const int64_t R = net->residual, G = net->gate, L = net->layers;
    const int64_t in_advance = lookahead(rows) * (L * 2 * G + net->taps * R);
    return rows * (in_advance + 2 * R + (3 + L) * G + 2 * net->skip);
}

void run(int64_t simd_width, const Network* net, const Clips* clips, float* memory) {
    auto run_path = baseline::run;
#ifdef HAS_X86
    if (simd_width == 16) run_path = avx512::run;
    if (simd_width == 8) run_path = avx2::run;
#endif
    run_path(*net, *clips, memory);
}
}
