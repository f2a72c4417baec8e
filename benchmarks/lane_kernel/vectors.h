/* A block of W doubles as one value, from GCC's vector extensions: as many of the processor's vectors as it takes.
 *
 * GCC's C front end cannot choose between vectors by a mask (?:), its C++ front end can; what is written on top of this file is C. A type wider
 * than the processor's (vector_size(128) on AVX-512) would be compared lane by lane, so wider blocks are pairs of native vectors.
 * Masks are vectors of 64-bit integers, all bits set or none. */
#pragma once
#include <immintrin.h>
#include <math.h>

#ifndef W
#error "define W, the number of lanes"
#endif

#if defined(__AVX512DQ__)
#define N 8
#elif defined(__AVX__)
#define N 4
#else
#define N 2
#endif

#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))

typedef double Native __attribute__((vector_size(8 * N)));
typedef long NativeMask __attribute__((vector_size(8 * N)));
typedef double Unaligned __attribute__((vector_size(8 * N), aligned(8), may_alias));

template <class T> struct Pair {
  T low, high;
};

template <int lanes> struct Block {
  typedef Pair<typename Block<lanes / 2>::Values> Values;
  typedef Pair<typename Block<lanes / 2>::Mask> Mask;
};
template <> struct Block<N> {
  typedef Native Values;
  typedef NativeMask Mask;
};
typedef Block<W>::Values V;
typedef Block<W>::Mask M;

template <class T> struct Lanes {};
template <> struct Lanes<Native> {
  static constexpr int count = N;
};
template <class T> struct Lanes<Pair<T>> {
  static constexpr int count = 2 * Lanes<T>::count;
};

#define BETWEEN(op)                                                                                                          \
  template <class T> INLINE auto operator op(Pair<T> a, Pair<T> b) { return Pair<decltype(a.low op b.low)>{a.low op b.low, a.high op b.high}; } \
  template <class T> INLINE auto operator op(Pair<T> a, double b) { return Pair<decltype(a.low op b)>{a.low op b, a.high op b}; } \
  template <class T> INLINE auto operator op(double a, Pair<T> b) { return Pair<decltype(a op b.low)>{a op b.low, a op b.high}; }
BETWEEN(+)
BETWEEN(-)
BETWEEN(*)
BETWEEN(/)
BETWEEN(<)
BETWEEN(<=)
BETWEEN(>)
BETWEEN(>=)
BETWEEN(==)
BETWEEN(!=)
#undef BETWEEN
template <class T> INLINE Pair<T> operator&(Pair<T> a, Pair<T> b) { return {a.low & b.low, a.high & b.high}; }
template <class T> INLINE Pair<T> operator|(Pair<T> a, Pair<T> b) { return {a.low | b.low, a.high | b.high}; }
template <class T> INLINE Pair<T> operator~(Pair<T> a) { return {~a.low, ~a.high}; }
template <class T> INLINE Pair<T> operator-(Pair<T> a) { return {-a.low, -a.high}; }

/* One native vector ------------------------------------------------------------------------------------------------------------------*/

INLINE Native choose(NativeMask mask, Native chosen, Native other) { return mask ? chosen : other; }

INLINE Native root(Native x) {
#if N == 8
  return (Native)_mm512_sqrt_pd((__m512d)x);
#elif N == 4
  return (Native)_mm256_sqrt_pd((__m256d)x);
#else
  return (Native)_mm_sqrt_pd((__m128d)x);
#endif
}

INLINE Native rounded_down(Native x) {
#if N == 8
  return (Native)_mm512_roundscale_pd((__m512d)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#elif N == 4
  return (Native)_mm256_floor_pd((__m256d)x);
#else
  for (int lane = 0; lane < N; lane++) x[lane] = __builtin_floor(x[lane]);
  return x;
#endif
}

INLINE unsigned long bits_of(NativeMask mask) {
#if N == 8
  return _mm512_movepi64_mask((__m512i)mask);
#elif N == 4
  return (unsigned)_mm256_movemask_pd((__m256d)mask);
#else
  return (unsigned)_mm_movemask_pd((__m128d)mask);
#endif
}

INLINE Native magnitude(Native x) { return (Native)((NativeMask)x & 0x7fffffffffffffffL); }

/* value * 2^power; the power a whole double between -1022 and 1023. Added to 1.5 * 2^52 it stands at the end of the mantissa. */
INLINE Native scaled(Native value, Native power) { return value * (Native)((NativeMask)(power + (6755399441055744.0 + 1023.0)) << 52); }

INLINE Native mantissa_of(Native x) { return (Native)(((NativeMask)x & 0x000fffffffffffffL) | 0x3ff0000000000000L); }

INLINE Native exponent_of(Native x) {
  NativeMask field = ((NativeMask)x >> 52) & 0x7ff;
  return (Native)(field | 0x4330000000000000L) - (4503599627370496.0 + 1023.0);
}

INLINE void load_into(Native *to, const double *from) { *to = *(const Unaligned *)from; }
INLINE void store(double *to, Native value) { *(Unaligned *)to = value; }

/* Each lane's value in a row of its own; rows are W wide. */
INLINE void gather_into(Native *to, const double *table, Native rows) {
#if N == 8
  const __m512i lanes = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
  __m512i place = _mm512_add_epi64(_mm512_mullo_epi64(_mm512_cvttpd_epi64((__m512d)rows), _mm512_set1_epi64(W)), lanes);
  *to = (Native)_mm512_i64gather_pd(place, table, 8);
#else
  for (int lane = 0; lane < N; lane++) (*to)[lane] = table[(long)rows[lane] * W + lane];
#endif
}

INLINE Native halves_swapped(Native x) {
  NativeMask places;
  for (int lane = 0; lane < N; lane++) places[lane] = (lane + N / 2) % N;
  return __builtin_shuffle(x, places);
}

/* Pairs ------------------------------------------------------------------------------------------------------------------------------*/

template <class T, class K> INLINE Pair<T> choose(Pair<K> mask, Pair<T> a, Pair<T> b) {
  return {choose(mask.low, a.low, b.low), choose(mask.high, a.high, b.high)};
}
template <class T> INLINE Pair<T> root(Pair<T> x) { return {root(x.low), root(x.high)}; }
template <class T> INLINE Pair<T> rounded_down(Pair<T> x) { return {rounded_down(x.low), rounded_down(x.high)}; }
template <class T> INLINE Pair<T> magnitude(Pair<T> x) { return {magnitude(x.low), magnitude(x.high)}; }
template <class T> INLINE Pair<T> scaled(Pair<T> x, Pair<T> power) { return {scaled(x.low, power.low), scaled(x.high, power.high)}; }
template <class T> INLINE Pair<T> mantissa_of(Pair<T> x) { return {mantissa_of(x.low), mantissa_of(x.high)}; }
template <class T> INLINE Pair<T> exponent_of(Pair<T> x) { return {exponent_of(x.low), exponent_of(x.high)}; }
template <class T> INLINE unsigned long bits_of(Pair<T> mask) { return bits_of(mask.low) | bits_of(mask.high) << (sizeof(mask.low) / 8); }
template <class T> INLINE void load_into(Pair<T> *to, const double *from) {
  load_into(&to->low, from);
  load_into(&to->high, from + Lanes<T>::count);
}
template <class T> INLINE void store(double *to, Pair<T> value) {
  store(to, value.low);
  store(to + Lanes<T>::count, value.high);
}
template <class T> INLINE void gather_into(Pair<T> *to, const double *table, Pair<T> rows) {
  gather_into(&to->low, table, rows.low);
  gather_into(&to->high, table + Lanes<T>::count, rows.high);
}

template <class T> INLINE Pair<T> halves_swapped(Pair<T> x) { return {x.high, x.low}; }

/* Blocks -----------------------------------------------------------------------------------------------------------------------------*/

INLINE V load(const double *from) {
  V value;
  load_into(&value, from);
  return value;
}
INLINE V gather(const double *table, V rows) {
  V value;
  gather_into(&value, table, rows);
  return value;
}
INLINE V all_of(double x) { return x - V{}; }
INLINE V choose(M mask, double a, V b) { return choose(mask, all_of(a), b); }
INLINE V choose(M mask, V a, double b) { return choose(mask, a, all_of(b)); }
INLINE V choose(M mask, double a, double b) { return choose(mask, all_of(a), all_of(b)); }
INLINE V least(V a, V b) { return choose(a < b, a, b); }
INLINE V most(V a, V b) { return choose(a > b, a, b); }
INLINE V least(double a, V b) { return least(all_of(a), b); }
INLINE V most(double a, V b) { return most(all_of(a), b); }
INLINE V least(V a, double b) { return least(a, all_of(b)); }
INLINE V most(V a, double b) { return most(a, all_of(b)); }
INLINE M no_lane() { return V{} != V{}; }
INLINE M every_lane() { return V{} == V{}; }
INLINE bool any(M mask) { return bits_of(mask) != 0; }
INLINE bool all(M mask) { return bits_of(mask) == (~0ul >> (64 - W)); }
INLINE M in_high_half() {
  double half[W];
  for (int lane = 0; lane < W; lane++) half[lane] = lane < W / 2 ? 0.0 : 1.0;
  return load(half) > 0.0;
}
INLINE double lane_of(const V *value, int lane) { return ((const double *)value)[lane]; }
