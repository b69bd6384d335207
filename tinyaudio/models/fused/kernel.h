// The loss of a WaveNet on one clip and all of its gradients, compiled for every path of paths.h, and for
// AMX.  Everything is float32 and time-major: a row holds the channels of one sample.

namespace PATH {
namespace {  // local to step.cpp

#include "vector.h"

#ifdef TILES
#include "tiles.h"
#else
// C += A B for ROWS rows and VECTORS vectors of columns; sums are held in registers.
template <int ROWS, int VECTORS>
inline void tile(int64_t K, const float* A, int64_t a_row, int64_t a_k, const float* B, int64_t b_k,
                 float* C, int64_t c_row) {
    Vector sum[ROWS][VECTORS];
    for (int i = 0; i < ROWS; i++)
        for (int v = 0; v < VECTORS; v++) sum[i][v] = load(C + i * c_row + v * SIMD_WIDTH);
    for (int64_t k = 0; k < K; k++) {
        Vector b[VECTORS];
        for (int v = 0; v < VECTORS; v++) b[v] = load(B + k * b_k + v * SIMD_WIDTH);
        for (int i = 0; i < ROWS; i++) {
            const float a = A[i * a_row + k * a_k];
            for (int v = 0; v < VECTORS; v++) sum[i][v] += a * b[v];
        }
    }
    for (int i = 0; i < ROWS; i++)
        for (int v = 0; v < VECTORS; v++) store(C + i * c_row + v * SIMD_WIDTH, sum[i][v]);
}

template <int VECTORS>
inline void columns(int64_t M, int64_t K, const float* A, int64_t a_row, int64_t a_k, const float* B,
                    int64_t b_k, float* C, int64_t c_row) {
    int64_t i = 0;
    for (; i + 6 <= M; i += 6) tile<6, VECTORS>(K, A + i * a_row, a_row, a_k, B, b_k, C + i * c_row, c_row);
    for (; i + 4 <= M; i += 4) tile<4, VECTORS>(K, A + i * a_row, a_row, a_k, B, b_k, C + i * c_row, c_row);
    for (; i < M; i++) tile<1, VECTORS>(K, A + i * a_row, a_row, a_k, B, b_k, C + i * c_row, c_row);
}

// C (M, N) += A (M, K) B (K, N).  The strides a_row and a_k let A be a transposed matrix; N is a multiple
// of 16.
void add_product(int64_t M, int64_t N, int64_t K, const float* A, int64_t a_row, int64_t a_k,
                 const float* B, int64_t b_k, float* C, int64_t c_row) {
    int64_t n = 0;
    for (; n + 2 * SIMD_WIDTH <= N; n += 2 * SIMD_WIDTH)
        columns<2>(M, K, A, a_row, a_k, B + n, b_k, C + n, c_row);
    for (; n < N; n += SIMD_WIDTH) columns<1>(M, K, A, a_row, a_k, B + n, b_k, C + n, c_row);
}

inline void configure_tiles() {}
inline void release_tiles() {}
#endif

// Y (rows, N) += X (rows, K) W (K, N)
inline void add_rows(int64_t rows, int64_t N, int64_t K, const float* X, int64_t x_row, const float* W,
                     int64_t w_row, float* Y, int64_t y_row) {
    add_product(rows, N, K, X, x_row, 1, W, w_row, Y, y_row);
}

// dW (N, K) += dY^T X, the gradient of y = W x over some rows
inline void add_gradient(int64_t rows, int64_t N, int64_t K, const float* dY, int64_t y_row, const float* X,
                         int64_t x_row, float* dW, int64_t w_row) {
    add_product(N, K, rows, dY, 1, y_row, X, x_row, dW, w_row);
}

inline void add_columns(int64_t rows, int64_t n, const float* from, float* to) {  // sums over time
    for (int64_t j = 0; j < n; j += SIMD_WIDTH) {
        Vector sum = load(to + j);
        for (int64_t i = 0; i < rows; i++) sum += load(from + i * n + j);
        store(to + j, sum);
    }
}

inline void fill_rows(int64_t rows, int64_t n, const float* bias, float* to) {
    for (int64_t i = 0; i < rows; i++) __builtin_memcpy(to + i * n, bias, 4 * n);
}

inline void rectify(int64_t n, float* x) {  // NaN stays NaN
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

inline void mask(int64_t n, const float* rectified, float* gradient) {
    for (int64_t i = 0; i < n; i++) gradient[i] = rectified[i] > 0 ? gradient[i] : 0;
}

void transpose(int64_t rows, int64_t n, const float* from, float* to) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++) to[j * rows + i] = from[i * n + j];
}

// Weighted negative log-likelihood, in nats, of a row of logits, which becomes its own gradient.
inline double cross_entropy(float* logits, int64_t levels, int64_t target, float weight) {
    Vector highest = load(logits);
    for (int64_t j = SIMD_WIDTH; j < levels; j += SIMD_WIDTH) {
        const Vector v = load(logits + j);
        highest = v > highest ? v : highest;
    }
    float most = highest[0];
    for (int j = 1; j < SIMD_WIDTH; j++) most = highest[j] > most ? highest[j] : most;
    const float chosen = logits[target] - most;
    Vector sums = {};
    for (int64_t j = 0; j < levels; j += SIMD_WIDTH) {
        const Vector e = exponential(clamp(load(logits + j) - most, -87, 0));
        store(logits + j, e);
        sums += e;
    }
    float sum = 0;
    for (int j = 0; j < SIMD_WIDTH; j++) sum += sums[j];
    const float scale = weight / sum;
    for (int64_t j = 0; j < levels; j += SIMD_WIDTH) store(logits + j, load(logits + j) * scale);
    logits[target] -= weight;
    return weight * (__builtin_log(sum) - chosen);
}

struct Layer {  // of weights, or of their gradients, in PyTorch's layout
    float *gate, *gate_bias, *residual, *residual_bias;
};

struct Weights {
    float *embedding, *skip, *skip_bias, *hidden, *hidden_bias, *logits, *logits_bias;
    Layer layers[MAX_LAYERS];
};

Weights split(const Network& net, float* flat) {
    const int64_t R = net.residual, G = net.gate, S = net.skip, L = net.layers, k = net.taps;
    Weights w;
    auto take = [&](int64_t n) { return (flat += n) - n; };
    w.embedding = take(net.levels * R);
    for (int64_t l = 0; l < L; l++) {
        const bool last = l == L - 1;
        w.layers[l].gate = take(2 * G * k * R);
        w.layers[l].gate_bias = take(2 * G);
        w.layers[l].residual = take(last ? 0 : R * G);
        w.layers[l].residual_bias = take(last ? 0 : R);
    }
    w.skip = take(S * L * G), w.skip_bias = take(S);
    w.hidden = take(S * S), w.hidden_bias = take(S);
    w.logits = take(net.levels * S), w.logits_bias = take(net.levels);
    return w;
}

// The frames of a condition around a sample; the first and last are repeated outwards.
struct Frames {
    int64_t number, hop;
    int64_t neighbour(int64_t t, int64_t tap) const {
        const int64_t n = t / hop + tap - 1;
        return n < 0 ? 0 : n >= number ? number - 1 : n;
    }
};

double run(const Network& net, const Clip& clip, float* memory) {
    const int64_t R = net.residual, G = net.gate, S = net.skip, K = net.levels, L = net.layers;
    const int64_t H = 2 * G, k = net.taps, T = clip.samples, back = net.longest_delay;
    const Weights w = split(net, const_cast<float*>(clip.weights)), d = split(net, clip.gradients);
    const Weights wt = split(net, memory);  // transposed weights
    auto take = [&](int64_t n) { return (memory += n) - n; };
    take(net.n_weights);
    float* xs = take(L * (back + T) * R);  // the input of each layer, after zeros
    float* tanhs = take(L * T * H);        // of each layer: tanh beside sigmoid
    float* skip = take(T * S);             // then its gradient
    float* dx = take(T * R);
    float* dgates = take((T + back) * H);  // before zeros
    float* z = take(BLOCK * G);
    float* dz = take(BLOCK * G);
    float* hidden = take(BLOCK * S);
    float* dhidden = take(BLOCK * S);
    float* logits = take(BLOCK * K);
    auto input = [&](int64_t l, int64_t t) { return xs + (l * (back + T) + back + t) * R; };
    const Frames frames{clip.frames, clip.hop};
    const int64_t first_tap = clip.upsampler ? 0 : 1, end_tap = clip.upsampler ? 3 : 2;
    auto frame_weight = [&](int64_t t, int64_t tap) {
        return clip.upsampler ? clip.upsampler[t % clip.hop * 3 + tap] : 1.0f;
    };

    configure_tiles();
    for (int64_t l = 0; l < L; l++) {
        transpose(H, k * R, w.layers[l].gate, wt.layers[l].gate);
        if (l < L - 1) transpose(R, G, w.layers[l].residual, wt.layers[l].residual);
        __builtin_memset(input(l, -back), 0, 4 * back * R);
    }
    transpose(S, L * G, w.skip, wt.skip);
    transpose(S, S, w.hidden, wt.hidden);
    transpose(K, S, w.logits, wt.logits);

    // forward: z = tanh(f) sigmoid(g);  x += R z;  skip += S z
    for (int64_t t = 0; t < T; t++)
        __builtin_memcpy(input(0, t), w.embedding + clip.history[t] * R, 4 * R);
    fill_rows(T, S, w.skip_bias, skip);
    for (int64_t l = 0; l < L; l++) {
        const int64_t* delays = net.delays + l * k;
        for (int64_t t = 0; t < T; t += BLOCK) {
            const int64_t rows = t + BLOCK < T ? BLOCK : T - t;
            float* gates = tanhs + (l * T + t) * H;
            fill_rows(rows, H, w.layers[l].gate_bias, gates);
            for (int64_t i = 0; clip.frames && i < rows; i++)
                for (int64_t tap = first_tap; tap < end_tap; tap++) {
                    const float* offset = clip.offsets + frames.neighbour(t + i, tap) * L * H + l * H;
                    const float a = frame_weight(t + i, tap);
                    for (int64_t j = 0; j < H; j += SIMD_WIDTH)
                        store(gates + i * H + j, load(gates + i * H + j) + a * load(offset + j));
                }
            for (int64_t tap = 0; tap < k; tap++)
                add_rows(rows, H, R, input(l, t - delays[tap]), R, wt.layers[l].gate + tap * R * H, H, gates, H);
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < G; j += SIMD_WIDTH) {
                    float* at = gates + i * H + j;
                    // tanh(f) = (1 - a) / (1 + a), a = e^(-2 f)
                    const Vector a = exponential(-2.0f * clamp(load(at), -20, 20));
                    const Vector b = exponential(-clamp(load(at + G), -43, 43));
                    const Vector tanh = (1.0f - a) / (1.0f + a), sigmoid = 1.0f / (1.0f + b);
                    store(at, tanh), store(at + G, sigmoid), store(z + i * G + j, tanh * sigmoid);
                }
            add_rows(rows, S, G, z, G, wt.skip + l * G * S, S, skip + t * S, S);
            if (l == L - 1) continue;
            float* next = input(l + 1, t);
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < R; j += SIMD_WIDTH)
                    store(next + i * R + j, load(input(l, t) + i * R + j) + load(w.layers[l].residual_bias + j));
            add_rows(rows, R, G, z, G, wt.layers[l].residual, R, next, R);
        }
    }

    // the head: logits = W2 relu(W1 relu(skip)), cross-entropy, and back to the gradient of skip
    double nll = 0;
    for (int64_t t = 0; t < T; t += BLOCK) {
        const int64_t rows = t + BLOCK < T ? BLOCK : T - t;
        float* rectified = skip + t * S;
        rectify(rows * S, rectified);
        fill_rows(rows, S, w.hidden_bias, hidden);
        add_rows(rows, S, S, rectified, S, wt.hidden, S, hidden, S);
        rectify(rows * S, hidden);
        fill_rows(rows, K, w.logits_bias, logits);
        add_rows(rows, K, S, hidden, S, wt.logits, K, logits, K);
        for (int64_t i = 0; i < rows; i++)
            nll += cross_entropy(logits + i * K, K, clip.targets[t + i], clip.sample_weights[t + i]);
        add_gradient(rows, K, S, logits, K, hidden, S, d.logits, S);
        add_columns(rows, K, logits, d.logits_bias);
        __builtin_memset(dhidden, 0, 4 * rows * S);
        add_rows(rows, S, K, logits, K, w.logits, S, dhidden, S);
        mask(rows * S, hidden, dhidden);
        add_gradient(rows, S, S, dhidden, S, rectified, S, d.hidden, S);
        add_columns(rows, S, dhidden, d.hidden_bias);
        __builtin_memset(hidden, 0, 4 * rows * S);
        add_rows(rows, S, S, dhidden, S, w.hidden, S, hidden, S);
        mask(rows * S, rectified, hidden);
        __builtin_memcpy(rectified, hidden, 4 * rows * S);
        add_columns(rows, S, rectified, d.skip_bias);
    }

    // backward, from the last layer to the first
    __builtin_memset(dx, 0, 4 * T * R);
    __builtin_memset(dgates + T * H, 0, 4 * back * H);
    for (int64_t l = L - 1; l >= 0; l--) {
        const int64_t* delays = net.delays + l * k;
        for (int64_t t = 0; t < T; t += BLOCK) {
            const int64_t rows = t + BLOCK < T ? BLOCK : T - t;
            const float* dskip = skip + t * S;
            __builtin_memset(dz, 0, 4 * rows * G);
            add_rows(rows, G, S, dskip, S, w.skip + l * G, L * G, dz, G);
            if (l < L - 1) add_rows(rows, G, R, dx + t * R, R, w.layers[l].residual, G, dz, G);
            float* dgate = dgates + t * H;
            for (int64_t i = 0; i < rows; i++)
                for (int64_t j = 0; j < G; j += SIMD_WIDTH) {
                    const float* at = tanhs + (l * T + t + i) * H + j;
                    const Vector tanh = load(at), sigmoid = load(at + G), g = load(dz + i * G + j);
                    store(z + i * G + j, tanh * sigmoid);
                    store(dgate + i * H + j, g * sigmoid * (1.0f - tanh * tanh));
                    store(dgate + i * H + G + j, g * tanh * sigmoid * (1.0f - sigmoid));
                }
            add_gradient(rows, S, G, dskip, S, z, G, d.skip + l * G, L * G);
            if (l < L - 1) {
                add_gradient(rows, R, G, dx + t * R, R, z, G, d.layers[l].residual, G);
                add_columns(rows, R, dx + t * R, d.layers[l].residual_bias);
            }
            for (int64_t tap = 0; tap < k; tap++)
                add_gradient(rows, H, R, dgate, H, input(l, t - delays[tap]), R, d.layers[l].gate + tap * R, k * R);
            add_columns(rows, H, dgate, d.layers[l].gate_bias);
            for (int64_t i = 0; clip.frames && i < rows; i++)
                for (int64_t tap = first_tap; tap < end_tap; tap++) {
                    const int64_t at = frames.neighbour(t + i, tap) * L * H + l * H;
                    const float a = frame_weight(t + i, tap);
                    Vector product = {};
                    for (int64_t j = 0; j < H; j += SIMD_WIDTH) {
                        const Vector g = load(dgate + i * H + j);
                        store(clip.offset_gradients + at + j, load(clip.offset_gradients + at + j) + a * g);
                        product += g * load(clip.offsets + at + j);
                    }
                    if (!clip.upsampler) continue;
                    float* to = clip.upsampler_gradients + (t + i) % clip.hop * 3 + tap;
                    for (int j = 0; j < SIMD_WIDTH; j++) *to += product[j];
                }
        }
        for (int64_t t = 0; t < T; t += BLOCK) {
            const int64_t rows = t + BLOCK < T ? BLOCK : T - t;
            for (int64_t tap = 0; tap < k; tap++)
                add_rows(rows, R, H, dgates + (t + delays[tap]) * H, H, w.layers[l].gate + tap * R, k * R, dx + t * R, R);
        }
    }
    for (int64_t t = 0; t < T; t++)
        for (int64_t j = 0; j < R; j++) d.embedding[clip.history[t] * R + j] += dx[t * R + j];
    release_tiles();
    return nll;
}

}  // namespace
}  // namespace PATH
