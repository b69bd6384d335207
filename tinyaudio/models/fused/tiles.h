// Matrix products by AMX, Intel's matrix instructions: tiles of 16 x 16 sums, of factors rounded to
// bfloat16.  With EMULATE_TILES the instructions are written out in C++, so that any processor can test this.

typedef uint32_t Words __attribute__((vector_size(64)));

#ifdef EMULATE_TILES
static thread_local float tile_sums[4][16][16];
static thread_local uint32_t tile_factors[8][16][16];  // 4 to 7
inline float from_bfloat16(uint32_t bits) {
    float x;
    __builtin_memcpy(&x, &bits, 4);
    return x;
}
inline void emulated_product(int c, int a, int b) {
    for (int i = 0; i < 16; i++)
        for (int k = 0; k < 16; k++)
            for (int j = 0; j < 16; j++) {
                const uint32_t p = tile_factors[a][i][k], q = tile_factors[b][k][j];
                tile_sums[c][i][j] += from_bfloat16(p << 16) * from_bfloat16(q << 16);
                tile_sums[c][i][j] += from_bfloat16(p >> 16 << 16) * from_bfloat16(q >> 16 << 16);
            }
}
#define LOAD_SUMS(c, from, row) \
    for (int i = 0; i < 16; i++) __builtin_memcpy(tile_sums[c][i], (from) + i * (row), 64)
#define STORE_SUMS(c, to, row) \
    for (int i = 0; i < 16; i++) __builtin_memcpy((to) + i * (row), tile_sums[c][i], 64)
#define LOAD_FACTORS(a, from) __builtin_memcpy(tile_factors[a], from, 1024)
#define MULTIPLY(c, a, b) emulated_product(c, a, b)
inline void configure_tiles() {}
inline void release_tiles() {}
#else
#define LOAD_SUMS(c, from, row) _tile_loadd(c, from, 4 * (row))
#define STORE_SUMS(c, to, row) _tile_stored(c, to, 4 * (row))
#define LOAD_FACTORS(a, from) _tile_loadd(a, from, 64)
#define MULTIPLY(c, a, b) _tile_dpbf16ps(c, a, b)
inline void configure_tiles() {  // eight tiles of 16 rows of 64 bytes
    struct alignas(64) {
        uint8_t palette = 1, start = 0, reserved[14] = {};
        uint16_t bytes[16] = {};
        uint8_t rows[16] = {};
    } config;
    for (int i = 0; i < 8; i++) config.bytes[i] = 64, config.rows[i] = 16;
    _tile_loadconfig(&config);
}
inline void release_tiles() { _tile_release(); }
#endif

inline Words rounded(Vector x) {  // to bfloat16, to nearest even, in the upper half of each word
    Words bits;
    __builtin_memcpy(&bits, &x, 64);
    return bits + 0x7fff + ((bits >> 16) & 1);
}

inline Words pairs(Vector low, Vector high) {
    return (rounded(low) >> 16) | (rounded(high) & 0xffff0000u);
}

#define ZIP_LOW(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)

// Factors on the left: row i holds 32 numbers of row i of A, in order; zeros beyond M and K.
inline void pack_left(int64_t M, int64_t K, const float* A, int64_t a_row, int64_t a_k, Words* to) {
    const Vector zero = {};
    if (a_k == 1) {
        for (int64_t i = 0; i < 16; i++) {
            const Vector first = i < M ? load(A + i * a_row) : zero;
            const Vector second = i < M && K > 16 ? load(A + i * a_row + 16) : zero;
            to[i] = pairs(EVEN(first, second), ODD(first, second));
        }
        return;
    }
    // A is transposed: pairs of its rows, transposed by four rounds of interleaving
    Words rows[16], mixed[16];
    for (int64_t k = 0; k < 16; k++)
        rows[k] = pairs(2 * k < K ? load(A + 2 * k * a_k) : zero,
                        2 * k + 1 < K ? load(A + (2 * k + 1) * a_k) : zero);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            mixed[2 * i] = ZIP_LOW(rows[i], rows[i + 8]);
            mixed[2 * i + 1] = ZIP_HIGH(rows[i], rows[i + 8]);
        }
        __builtin_memcpy(rows, mixed, sizeof rows);
    }
    __builtin_memcpy(to, rows, sizeof rows);
}

// Factors on the right: row k holds rows 2 k and 2 k + 1 of B, interleaved.
inline void pack_right(int64_t K, const float* B, int64_t b_k, Words* to) {
    const Vector zero = {};
    for (int64_t k = 0; k < 16; k++)
        to[k] = pairs(2 * k < K ? load(B + 2 * k * b_k) : zero,
                      2 * k + 1 < K ? load(B + (2 * k + 1) * b_k) : zero);
}

// C (M, N) += A (M, K) B (K, N); see kernel.h.  A transposed A has a multiple of 16 rows.
void add_product(int64_t M, int64_t N, int64_t K, const float* A, int64_t a_row, int64_t a_k,
                 const float* B, int64_t b_k, float* C, int64_t c_row) {
    const int64_t MOST_ROWS = 96, MOST_K = 256;
    static thread_local Words left[6][8][16], right[2][8][16];  // tiles
    static thread_local float rest[16 * 16];
    for (int64_t k0 = 0; k0 < K; k0 += MOST_K)
        for (int64_t m0 = 0; m0 < M; m0 += MOST_ROWS) {
            const int64_t m_left = M - m0 < MOST_ROWS ? M - m0 : MOST_ROWS;
            const int64_t k_left = K - k0 < MOST_K ? K - k0 : MOST_K;
            const int64_t m_tiles = (m_left + 15) / 16, k_tiles = (k_left + 31) / 32;
            for (int64_t m = 0; m < m_tiles; m++)
                for (int64_t k = 0; k < k_tiles; k++)
                    pack_left(m_left - 16 * m, k_left - 32 * k,
                              A + (m0 + 16 * m) * a_row + (k0 + 32 * k) * a_k, a_row, a_k, left[m][k]);
            for (int64_t n0 = 0; n0 < N; n0 += 32) {
                const int64_t n_tiles = N - n0 < 32 ? 1 : 2;
                for (int64_t n = 0; n < n_tiles; n++)
                    for (int64_t k = 0; k < k_tiles; k++)
                        pack_right(k_left - 32 * k, B + (k0 + 32 * k) * b_k + n0 + 16 * n, b_k, right[n][k]);
                int64_t m = 0;
                // four tiles of sums at once, which hide each other's latency
                for (; n_tiles == 2 && 16 * (m + 2) <= m_left; m += 2) {
                    float* c = C + (m0 + 16 * m) * c_row + n0;
                    LOAD_SUMS(0, c, c_row);
                    LOAD_SUMS(1, c + 16, c_row);
                    LOAD_SUMS(2, c + 16 * c_row, c_row);
                    LOAD_SUMS(3, c + 16 * c_row + 16, c_row);
                    for (int64_t k = 0; k < k_tiles; k++) {
                        LOAD_FACTORS(4, left[m][k]);
                        LOAD_FACTORS(6, right[0][k]);
                        LOAD_FACTORS(7, right[1][k]);
                        LOAD_FACTORS(5, left[m + 1][k]);
                        MULTIPLY(0, 4, 6);
                        MULTIPLY(1, 4, 7);
                        MULTIPLY(2, 5, 6);
                        MULTIPLY(3, 5, 7);
                    }
                    STORE_SUMS(0, c, c_row);
                    STORE_SUMS(1, c + 16, c_row);
                    STORE_SUMS(2, c + 16 * c_row, c_row);
                    STORE_SUMS(3, c + 16 * c_row + 16, c_row);
                }
                for (; m < m_tiles; m++)
                    for (int64_t n = 0; n < n_tiles; n++) {
                        float* c = C + (m0 + 16 * m) * c_row + n0 + 16 * n;
                        const int64_t rows = m_left - 16 * m < 16 ? m_left - 16 * m : 16;
                        for (int64_t i = 0; i < rows; i++) __builtin_memcpy(rest + 16 * i, c + i * c_row, 64);
                        LOAD_SUMS(0, rest, 16);
                        for (int64_t k = 0; k < k_tiles; k++) {
                            LOAD_FACTORS(4, left[m][k]);
                            LOAD_FACTORS(6, right[n][k]);
                            MULTIPLY(0, 4, 6);
                        }
                        STORE_SUMS(0, rest, 16);
                        for (int64_t i = 0; i < rows; i++) __builtin_memcpy(c + i * c_row, rest + 16 * i, 64);
                    }
            }
        }
}

#undef LOAD_SUMS
#undef STORE_SUMS
#undef LOAD_FACTORS
#undef MULTIPLY
#undef ZIP_LOW
#undef ZIP_HIGH
#undef EVEN
#undef ODD
