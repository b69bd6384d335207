// One step of a WaveNet, written once and compiled for every vector width: step.cpp includes this
// file several times, each time with another PATH (a namespace), LANES (floats in a vector) and MOST
// (vectors whose sums are held in registers).  Nothing of the standard library is used here: a
// template of it that is compiled for one path may be linked into another.

namespace PATH {
namespace {  // seen by step.cpp alone

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef int32_t Whole __attribute__((vector_size(4 * LANES)));
typedef uint32_t Bits __attribute__((vector_size(4 * LANES)));

inline Vector load(const float* from) {
    Vector v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

inline void store(float* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }

// A bfloat16 is the upper half of a float, so two of them take the place of one, and either is a float
// again after one instruction.
inline float both(float first, float second) {
    uint32_t low, high;
    __builtin_memcpy(&low, &first, 4);
    __builtin_memcpy(&high, &second, 4);
    const uint32_t bits = low >> 16 | (high & 0xffff0000);
    __builtin_memcpy(&first, &bits, 4);
    return first;
}

inline Bits bits(Vector v) {
    Bits b;
    __builtin_memcpy(&b, &v, sizeof b);
    return b;
}

inline Vector floats(Bits b) {
    Vector v;
    __builtin_memcpy(&v, &b, sizeof v);
    return v;
}

inline Vector first(Vector both) { return floats(bits(both) << 16); }

inline Vector second(Vector both) { return floats(bits(both) & 0xffff0000); }

inline Vector within(Vector x, float low, float high) {  // NaN stays NaN
    const Vector l = x - x + low, h = x - x + high;
    x = x < l ? l : x;
    return x > h ? h : x;
}

// e^x for |x| <= 87, relative error about 1e-7: 2^n e^r with |r| <= ln(2) / 2, and Taylor's series.
inline Vector exponential(Vector x) {
    const float round = 12582912.0f;  // 1.5 * 2^23: above it floats are whole numbers
    const Vector n = (x * 1.44269504f + round) - round;
    const Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;  // ln 2 in two parts, the first exact
    Vector y = r * (1.0f / 5040) + 1.0f / 720;
    y = y * r + 1.0f / 120;
    y = y * r + 1.0f / 24;
    y = y * r + 1.0f / 6;
    y = y * r + 0.5f;
    y = y * r + 1.0f;
    y = y * r + 1.0f;
    const Whole bits = (__builtin_convertvector(n, Whole) + 127) << 23;  // of the float 2^n
    Vector scale;
    __builtin_memcpy(&scale, &bits, sizeof scale);
    return y * scale;
}

// z = tanh(f) * sigmoid(g), as one fraction.
inline Vector gate(Vector f, Vector g) {
    const Vector a = exponential(-2.0f * within(f, -20, 20)), b = exponential(-within(g, -43, 43));
    return (1.0f - a) / ((1.0f + a) * (1.0f + b));
}

// y += W x for so many outputs and rows of a batch, with one or, halved, two inputs' weights in a float.
// Each sum is taken in the same order in either case, and however many rows there are: a clip must not
// depend on its neighbours.
template <int VECTORS, int ROWS, bool HALVED>
inline void add(const float* w, const float* x, int64_t inputs, int64_t n, float* y, int64_t outputs) {
    Vector sum[ROWS][VECTORS];
    for (int row = 0; row < ROWS; row++)
        for (int v = 0; v < VECTORS; v++) sum[row][v] = Vector{};
    for (int64_t k = 0; k < n; k += HALVED ? 2 : 1, w += VECTORS * LANES)
        for (int v = 0; v < VECTORS; v++) {
            const Vector weight = load(w + v * LANES);
            const Vector here = HALVED ? first(weight) : weight, next = second(weight);
            for (int row = 0; row < ROWS; row++) {
                sum[row][v] += here * x[row * inputs + k];
                if (HALVED) sum[row][v] += next * x[row * inputs + k + 1];
            }
        }
    for (int row = 0; row < ROWS; row++)
        for (int v = 0; v < VECTORS; v++) {
            float* to = y + row * outputs + v * LANES;
            store(to, load(to) + sum[row][v]);
        }
}

// y = bias + W x, or y += W x, for so many outputs and all rows; returns where the next panel begins.
template <int VECTORS, bool HALVED>
const float* panel(const float* w, const float* x, int64_t inputs, float* y, int64_t outputs,
                   int64_t rows, bool bias) {
    for (int64_t row = 0; bias && row < rows; row++)
        __builtin_memcpy(y + row * outputs, w, 4 * VECTORS * LANES);
    if (bias) w += VECTORS * LANES;
    // In pieces: those that serve many rows stay in the nearest cache, and a long sum is rounded less
    // if it is a sum of short ones.
    const int64_t piece = 32;
    for (int64_t k = 0; k < inputs; k += piece) {
        const int64_t n = k + piece < inputs ? piece : inputs - k;
        int64_t row = 0;
        for (; row + 2 <= rows; row += 2)
            add<VECTORS, 2, HALVED>(w, x + row * inputs + k, inputs, n, y + row * outputs, outputs);
        if (row < rows) add<VECTORS, 1, HALVED>(w, x + row * inputs + k, inputs, n, y + row * outputs, outputs);
        w += (HALVED ? n / 2 : n) * VECTORS * LANES;
    }
    return w;
}

// How many vectors of outputs are computed together when so many outputs are left.
inline int64_t vectors(int64_t left) {
    int64_t n = MOST;
    while (n * LANES > left) n /= 2;
    return n;
}

// Weights in the order in which they are read: panel by panel the bias, if any, then input by input.
// Halved, they are read by two inputs at a time, of which there is an even number.
template <bool HALVED>
void pack(const float* weight, const float* bias, int64_t outputs, int64_t inputs, float* to) {
    for (int64_t first = 0; first < outputs;) {
        const int64_t end = first + vectors(outputs - first) * LANES;
        for (int64_t n = first; bias && n < end; n++) *to++ = bias[n];
        for (int64_t k = 0; k < inputs; k += HALVED ? 2 : 1)
            for (int64_t n = first; n < end; n++) {
                const float* from = weight + n * inputs + k;
                *to++ = HALVED ? both(from[0], from[1]) : from[0];
            }
        first = end;
    }
}

// The same for all outputs; returns where the next matrix begins.
template <bool HALVED>
const float* product(const float* w, const float* x, int64_t inputs, float* y, int64_t outputs,
                     int64_t rows, bool bias = true) {
    for (int64_t first = 0; first < outputs;) {
        const int64_t n = vectors(outputs - first);
        float* to = y + first;
        switch (n) {
            case 8: w = panel<8, HALVED>(w, x, inputs, to, outputs, rows, bias); break;
            case 4: w = panel<4, HALVED>(w, x, inputs, to, outputs, rows, bias); break;
            case 2: w = panel<2, HALVED>(w, x, inputs, to, outputs, rows, bias); break;
            default: w = panel<1, HALVED>(w, x, inputs, to, outputs, rows, bias);
        }
        first += n * LANES;
    }
    return w;
}

inline void rectify(float* x, int64_t n) {  // NaN stays NaN
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

// The first of the largest among logits + heat * noise: Gumbel's trick.
inline int64_t drawn(const float* logits, const double* noise, double heat, int64_t levels) {
    int64_t best = 0;
    double highest = logits[0] + heat * noise[0];
    for (int64_t k = 1; k < levels; k++) {
        const double score = logits[k] + heat * noise[k];
        if (score > highest) highest = score, best = k;
    }
    return best;
}

template <bool HALVED>
void run(const Network& net, const Clips& clips, float* memory) {
    const int64_t R = net.residual, G = net.gate, S = net.skip, B = clips.rows, L = net.layers;
    const int64_t K = net.outputs, taps = net.taps, most = ahead(B);
    float* past = memory;  // (L, most, B, 2 G): must be left alone from call to call
    float* input = past + L * most * B * 2 * G;  // (most, B, taps, R): oldest tap first
    float* x = input + most * B * taps * R;      // (B, R)
    float* gates = x + B * R;                    // (B, 2 G)
    float* z = gates + B * 2 * G;                // (B, G)
    float* change = z + B * G;                   // (B, R)
    float* zs = change + B * R;                  // (B, L G)
    float* skip = zs + B * L * G;                // (B, S)
    float* hidden = skip + B * S;                // (B, S)
    for (int64_t i = 0; i < clips.samples; i++) {
        const int64_t t = clips.start + i;
        for (int64_t b = 0; b < B; b++)
            __builtin_memcpy(x + b * R, net.embedding + clips.previous[b] * R, 4 * R);
        const float* w = net.weights;
        float* ring = clips.rings;
        for (int64_t layer = 0; layer < L; layer++) {
            const int64_t* delays = net.delays + layer * taps;
            const int64_t length = delays[0], shortest = delays[taps - 1];
            // What lies d samples back is known for the next d samples too: the past taps of several
            // samples are one product, which reads the weights once.
            const int64_t n = shortest < most ? shortest : most;
            float* due = past + layer * most * B * 2 * G;
            if (t % n == 0) {
                for (int64_t s = 0; s < n; s++)
                    for (int64_t j = 0; j < taps; j++) {
                        const float* tap = ring + (t + s + length - delays[j]) % length * B * R;
                        for (int64_t b = 0; b < B; b++)
                            __builtin_memcpy(input + ((s * B + b) * taps + j) * R, tap + b * R, 4 * R);
                    }
                product<HALVED>(w, input, taps * R, due, 2 * G, n * B);
            }
            w += 2 * G * (taps * R / (HALVED ? 2 : 1) + 1);
            __builtin_memcpy(gates, due + t % n * B * 2 * G, 4 * B * 2 * G);
            __builtin_memcpy(ring + t % length * B * R, x, 4 * B * R);
            ring += length * B * R;
            w = product<HALVED>(w, x, R, gates, 2 * G, B, false);
            for (int64_t row = 0; row < clips.frames * B; row++) {  // what the condition adds
                const float share = clips.shares[i * clips.frames * B + row];
                const float* offset = clips.offsets + (layer * clips.frames * B + row) * 2 * G;
                float* to = gates + row % B * 2 * G;
                for (int64_t j = 0; j < 2 * G; j++) to[j] += share * offset[j];
            }
            for (int64_t b = 0; b < B; b++)
                for (int64_t j = 0; j < G; j += LANES) {
                    const float* f = gates + b * 2 * G + j;
                    const Vector passed = gate(load(f), load(f + G));
                    store(z + b * G + j, passed);
                    store(zs + (b * L + layer) * G + j, passed);
                }
            if (layer + 1 == L) break;  // nothing would read the last layer's residual
            w = product<HALVED>(w, z, G, change, R, B);
            for (int64_t j = 0; j < B * R; j++) x[j] += change[j];
        }
        float* logits = clips.logits + i * clips.logits_step;
        if (clips.noise || clips.logits_step) {
            w = product<HALVED>(w, zs, L * G, skip, S, B);
            rectify(skip, B * S);
            w = product<HALVED>(w, skip, S, hidden, S, B);
            rectify(hidden, B * S);
            product<HALVED>(w, hidden, S, logits, K, B);
        }
        for (int64_t b = 0; b < B; b++) {
            int64_t& code = clips.codes[i * B + b];
            const int64_t levels = net.levels;
            if (clips.noise)
                code = drawn(logits + b * K, clips.noise + (b * clips.samples + i) * levels,
                             clips.heat[b], levels);
            clips.previous[b] = code;
        }
    }
}

}  // namespace
}  // namespace PATH
