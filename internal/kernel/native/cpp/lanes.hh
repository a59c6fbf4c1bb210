// Lanes, memory and threads: what all vector kernels are made of.

// half is a bfloat16: the upper half of a float32.
struct half {
	uint16_t bits;
};

inline float load(const float *p) { return *p; }

inline float load(const half *p) {
	uint32_t u = uint32_t(p->bits) << 16;
	float f;
	__builtin_memcpy(&f, &u, 4);
	return f;
}

inline void store(float *p, float v) { *p = v; }

// store rounds to the nearest bfloat16, ties to even; NaN stays NaN.
inline void store(half *p, float v) {
	uint32_t u;
	__builtin_memcpy(&u, &v, 4);
	uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
	p->bits = uint16_t((u & 0x7fffffff) > 0x7f800000 ? (u >> 16) | 0x40 : rounded);
}

// fused is a*b+c, rounded once where the instruction set can do so, in the same way in all kernels.
inline float fused(float a, float b, float c) {
#ifdef __FMA__
	return __builtin_fmaf(a, b, c);
#else
	return a * b + c;
#endif
}

// lanes16 are 16 lanes at once. Code with them stays vector code where a compiler would unroll a
// loop into scalars.
typedef float lanes16 __attribute__((vector_size(64)));
typedef int32_t ints16 __attribute__((vector_size(64)));
typedef uint32_t words16 __attribute__((vector_size(64)));
typedef uint16_t halves16 __attribute__((vector_size(32)));

inline lanes16 load16(const float *p) {
	lanes16 v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

inline lanes16 load16(const half *p) {
	halves16 h;
	__builtin_memcpy(&h, p, sizeof h);
	return (lanes16)(__builtin_convertvector(h, words16) << 16);
}

inline void store16(float *p, lanes16 v) { __builtin_memcpy(p, &v, sizeof v); }

inline void store16(half *p, lanes16 v) {
	words16 u = (words16)v;
	words16 rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
	halves16 h = __builtin_convertvector((u & 0x7fffffff) > 0x7f800000 ? ((u >> 16) | 0x40) : rounded,
			halves16);
	__builtin_memcpy(p, &h, sizeof h);
}

// load16 loads n lanes and sets the others to zero; store16 below stores n lanes and leaves the
// memory of the others alone. Eight lanes, a block of AVX2, are common.
template <class T>
inline lanes16 load16(const T *p, int n) {
	if (n >= 16) return load16(p);
	lanes16 v = {};
	if (n == 8 && sizeof(T) == sizeof(float)) {
		__builtin_memcpy(&v, p, 8 * sizeof(float));
		return v;
	}
	for (int l = 0; l < n; l++) v[l] = load(p + l);
	return v;
}

template <class T>
inline void store16(T *p, lanes16 v, int n) {
	if (n >= 16) return store16(p, v);
	if (n == 8 && sizeof(T) == sizeof(float)) {
		__builtin_memcpy(p, &v, 8 * sizeof(float));
		return;
	}
	for (int l = 0; l < n; l++) store(p + l, v[l]);
}

// parallel calls f(i) for each i in [0,n), on all threads if the work, in elements, is worth it.
template <class F>
void parallel(long n, long work, F f) {
	struct job {
		long n, parts;
		F *f;
	} j = {n, work > 16384 ? std::min<long>(n, acol_threads()) : 1, &f};
	acol_share(int(j.parts), [](void *arg, int part) {
		const job &j = *static_cast<job *>(arg);
		long end = j.n * (part + 1) / j.parts;
		for (long i = j.n * part / j.parts; i < end; i++) (*j.f)(i);
	}, &j);
}

const long flat_block = 16384;

template <class F>
void flat(size_t n, F f) {
	long blocks = (n + flat_block - 1) / flat_block;
	parallel(blocks, n, [=](long i) { f(i * flat_block, std::min<long>(n, (i + 1) * flat_block)); });
}

// each16 calls f(first element, lanes) for 16 elements at a time.
template <class F>
void each16(size_t n, F f) {
	flat(n, [=](long lo, long hi) {
		for (long i = lo; i < hi; i += 16) f(i, int(std::min<long>(16, hi - i)));
	});
}

inline long elements(const acol_shape &s) { return long(s.images) * s.blocks * s.rows * s.lanes; }

// on_lanes calls f with the number of lanes of a shape as a constant where it is that of a block,
// so that channel vectors stay in registers; else with 0, and f reads the number from the shape.
template <class F>
void on_lanes(const acol_shape &s, F f) {
	switch (s.lanes) {
	case 16: return f(std::integral_constant<int, 16>());
	case 8: return f(std::integral_constant<int, 8>());
	default: return f(std::integral_constant<int, 0>());
	}
}

// room is memory that a thread keeps for its next call, since the pages of a new large block would
// have to be faulted in.
struct room {
	float *at = nullptr;
	size_t n = 0;
	~room() { free(at); }
	float *zeros(size_t want) {
		if (want > n) {
			free(at);
			at = (float *)aligned_alloc(64, (want * sizeof(float) + 63) / 64 * 64);
			n = at ? want : 0;
		}
		if (!at) abort(); // as Go does without memory
		memset(at, 0, want * sizeof(float));
		return at;
	}
};

static thread_local room spare;

// TYPED makes a call with T as the type of activations in memory.
#define TYPED(is_half, call)  \
	if (is_half) {        \
		using T = half;   \
		call;             \
	} else {              \
		using T = float;  \
		call;             \
	}
