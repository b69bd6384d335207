// One step of a WaveNet, compiled for every path of paths.h.

namespace PATH {
namespace {  // local to step.cpp

#include "vector.h"

// z = tanh(f) * sigmoid(g), as one fraction.
inline Vector gate(Vector f, Vector g) {
    const Vector a = exponential(-2.0f * clamp(f, -20, 20)), b = exponential(-clamp(g, -43, 43));
    return (1.0f - a) / ((1.0f + a) * (1.0f + b));
}

// y += W x for VECTORS vectors of outputs and ROWS rows of a batch.  Sums are taken in the same order for
// any number of rows: a clip must not depend on the rest of its batch.
template <int VECTORS, int ROWS>
inline void add(const float* w, const float* x, int64_t inputs, int64_t n, float* y, int64_t outputs) {
    Vector sum[ROWS][VECTORS];
    for (int row = 0; row < ROWS; row++)
        for (int v = 0; v < VECTORS; v++) sum[row][v] = Vector{};
    for (int64_t k = 0; k < n; k++, w += VECTORS * SIMD_WIDTH)
        for (int v = 0; v < VECTORS; v++) {
            const Vector weight = load(w + v * SIMD_WIDTH);
            for (int row = 0; row < ROWS; row++) sum[row][v] += weight * x[row * inputs + k];
        }
    for (int row = 0; row < ROWS; row++)
        for (int v = 0; v < VECTORS; v++) {
            float* to = y + row * outputs + v * SIMD_WIDTH;
            store(to, load(to) + sum[row][v]);
        }
}

// y = bias + W x, or y += W x, for VECTORS vectors of outputs and all rows; returns the next panel.
template <int VECTORS>
const float* panel(const float* w, const float* x, int64_t inputs, float* y, int64_t outputs,
                   int64_t rows, bool bias) {
    for (int64_t row = 0; bias && row < rows; row++)
        __builtin_memcpy(y + row * outputs, w, 4 * VECTORS * SIMD_WIDTH);
    if (bias) w += VECTORS * SIMD_WIDTH;
    // In blocks of inputs: a block stays in the L1 cache for all rows, and a sum of short sums is rounded
    // less than one long sum.
    const int64_t block = 32;
    for (int64_t k = 0; k < inputs; k += block) {
        const int64_t n = k + block < inputs ? block : inputs - k;
        int64_t row = 0;
        for (; row + 2 <= rows; row += 2)
            add<VECTORS, 2>(w, x + row * inputs + k, inputs, n, y + row * outputs, outputs);
        if (row < rows) add<VECTORS, 1>(w, x + row * inputs + k, inputs, n, y + row * outputs, outputs);
        w += n * VECTORS * SIMD_WIDTH;
    }
    return w;
}

// Vectors of outputs that are computed together when so many outputs are left.
inline int64_t vectors(int64_t left) {
    int64_t n = MAX_VECTORS;
    while (n * SIMD_WIDTH > left) n /= 2;
    return n;
}

// Weights in the order in which they are read: panel by panel the bias, if any, then input by input.
void pack(const float* weight, const float* bias, int64_t outputs, int64_t inputs, float* to) {
    for (int64_t first = 0; first < outputs;) {
        const int64_t end = first + vectors(outputs - first) * SIMD_WIDTH;
        for (int64_t n = first; bias && n < end; n++) *to++ = bias[n];
        for (int64_t k = 0; k < inputs; k++)
            for (int64_t n = first; n < end; n++) *to++ = weight[n * inputs + k];
        first = end;
    }
}

// The same for all outputs; returns the next matrix.
const float* product(const float* w, const float* x, int64_t inputs, float* y, int64_t outputs,
                     int64_t rows, bool bias = true) {
    for (int64_t first = 0; first < outputs;) {
        const int64_t n = vectors(outputs - first);
        float* to = y + first;
        switch (n) {
            case 8: w = panel<8>(w, x, inputs, to, outputs, rows, bias); break;
            case 4: w = panel<4>(w, x, inputs, to, outputs, rows, bias); break;
            case 2: w = panel<2>(w, x, inputs, to, outputs, rows, bias); break;
            default: w = panel<1>(w, x, inputs, to, outputs, rows, bias);
        }
        first += n * SIMD_WIDTH;
    }
    return w;
}

inline void rectify(float* x, int64_t n) {  // NaN stays NaN
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

// The argmax of logits + temperature * noise: the Gumbel-max trick.
inline int64_t sample(const float* logits, const double* noise, double temperature, int64_t levels) {
    int64_t best = 0;
    double highest = logits[0] + temperature * noise[0];
    for (int64_t k = 1; k < levels; k++) {
        const double score = logits[k] + temperature * noise[k];
        if (score > highest) highest = score, best = k;
    }
    return best;
}

void run(const Network& net, const Clips& clips, float* memory) {
    const int64_t R = net.residual, G = net.gate, S = net.skip, B = clips.rows, L = net.layers;
    const int64_t K = net.outputs, taps = net.taps, most = lookahead(B);
    float* past_gates = memory;                        // (L, most, B, 2 G): kept from call to call
    float* input = past_gates + L * most * B * 2 * G;  // (most, B, taps, R): oldest tap first
    float* x = input + most * B * taps * R;            // (B, R)
    float* gates = x + B * R;                          // (B, 2 G)
    float* z = gates + B * 2 * G;                      // (B, G)
    float* residual = z + B * G;                       // (B, R)
    float* zs = residual + B * R;                      // (B, L G)
    float* skip = zs + B * L * G;                      // (B, S)
    float* hidden = skip + B * S;                      // (B, S)
    for (int64_t i = 0; i < clips.samples; i++) {
        const int64_t t = clips.start + i;
        for (int64_t b = 0; b < B; b++)
            __builtin_memcpy(x + b * R, net.embedding + clips.previous[b] * R, 4 * R);
        const float* w = net.weights;
        float* buffer = clips.buffers;
        for (int64_t layer = 0; layer < L; layer++) {
            const int64_t* delays = net.delays + layer * taps;
            const int64_t length = delays[0], shortest = delays[taps - 1];
            // The inputs d samples back are available for the next d samples too: the past taps of several
            // samples are one product, which reads the weights once.
            const int64_t n = shortest < most ? shortest : most;
            float* sums = past_gates + layer * most * B * 2 * G;
            if (t % n == 0) {
                for (int64_t s = 0; s < n; s++)
                    for (int64_t j = 0; j < taps; j++) {
                        const float* tap = buffer + (t + s + length - delays[j]) % length * B * R;
                        for (int64_t b = 0; b < B; b++)
                            __builtin_memcpy(input + ((s * B + b) * taps + j) * R, tap + b * R, 4 * R);
                    }
                product(w, input, taps * R, sums, 2 * G, n * B);
            }
            w += 2 * G * (taps * R + 1);
            __builtin_memcpy(gates, sums + t % n * B * 2 * G, 4 * B * 2 * G);
            __builtin_memcpy(buffer + t % length * B * R, x, 4 * B * R);
            buffer += length * B * R;
            w = product(w, x, R, gates, 2 * G, B, false);
            for (int64_t row = 0; row < clips.frames * B; row++) {  // add the condition
                const float weight = clips.frame_weights[i * clips.frames * B + row];
                const float* offset = clips.offsets + (layer * clips.frames * B + row) * 2 * G;
                float* to = gates + row % B * 2 * G;
                for (int64_t j = 0; j < 2 * G; j++) to[j] += weight * offset[j];
            }
            for (int64_t b = 0; b < B; b++)
                for (int64_t j = 0; j < G; j += SIMD_WIDTH) {
                    const float* f = gates + b * 2 * G + j;
                    const Vector gated = gate(load(f), load(f + G));
                    store(z + b * G + j, gated);
                    store(zs + (b * L + layer) * G + j, gated);
                }
            if (layer + 1 == L) break;  // the last layer has no residual
            w = product(w, z, G, residual, R, B);
            for (int64_t j = 0; j < B * R; j++) x[j] += residual[j];
        }
        float* logits = clips.logits + i * clips.logits_step;
        if (clips.noise || clips.logits_step) {
            w = product(w, zs, L * G, skip, S, B);
            rectify(skip, B * S);
            w = product(w, skip, S, hidden, S, B);
            rectify(hidden, B * S);
            product(w, hidden, S, logits, K, B);
        }
        for (int64_t b = 0; b < B; b++) {
            int64_t& code = clips.codes[i * B + b];
            const int64_t levels = net.levels;
            if (clips.noise)
                code = sample(logits + b * K, clips.noise + (b * clips.samples + i) * levels,
                             clips.temperature[b], levels);
            clips.previous[b] = code;
        }
    }
}

}  // namespace
}  // namespace PATH
