// Vectors of SIMD_WIDTH floats, for one of the paths of paths.h.  The standard library is not used in a
// path: a template of it that is compiled for one path may be linked into another.

typedef float Vector __attribute__((vector_size(4 * SIMD_WIDTH)));
typedef int32_t Whole __attribute__((vector_size(4 * SIMD_WIDTH)));

inline Vector load(const float* from) {
    Vector v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

inline void store(float* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }

inline Vector clamp(Vector x, float low, float high) {  // NaN stays NaN
    const Vector l = x - x + low, h = x - x + high;
    x = x < l ? l : x;
    return x > h ? h : x;
}

// e^x for |x| <= 87, relative error about 1e-7: 2^n e^r with |r| <= ln(2) / 2, by Taylor's series.
inline Vector exponential(Vector x) {
    const float round = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
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
