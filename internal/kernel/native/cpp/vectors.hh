// The vector kernels, included once for each instruction set: ACOL_NAMESPACE names it.
// Every kernel walks slabs of rows of lanes (acol_shape), or flat memory.

namespace ACOL_NAMESPACE {

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

// fused is a*b+c, rounded once where the instruction set can, alike in all kernels.
inline float fused(float a, float b, float c) {
#ifdef __FMA__
	return __builtin_fmaf(a, b, c);
#else
	return a * b + c;
#endif
}

// lanes16 are 16 lanes at once: code by it stays vectors where a compiler would unroll a loop into scalars.
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
	halves16 h = __builtin_convertvector((u & 0x7fffffff) > 0x7f800000 ? ((u >> 16) | 0x40) : rounded, halves16);
	__builtin_memcpy(p, &h, sizeof h);
}

// load16 and store16 of n lanes, of which blocks of 8 are common; the others are zeros, and stay untouched.
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

// parallel calls f(i) for [0,n), on all threads if the work, in elements, is worth it.
template <class F>
void parallel(long n, long work, F f) {
#pragma omp parallel for schedule(static) if (work > 16384 && n > 1)
	for (long i = 0; i < n; i++) f(i);
}

const long flat_block = 16384;

template <class F>
void flat(size_t n, F f) {
	long blocks = (n + flat_block - 1) / flat_block;
	parallel(blocks, n, [=](long i) { f(i * flat_block, std::min<long>(n, (i + 1) * flat_block)); });
}

template <class T, bool Relu>
void add_of(size_t n, T *z, const T *a, const T *b) {
	flat(n, [=](long lo, long hi) {
#pragma omp simd
		for (long i = lo; i < hi; i++) {
			float v = load(a + i) + load(b + i);
			store(z + i, Relu && v < 0 ? 0.f : v);
		}
	});
}

template <class T>
void relu_back_add_of(size_t n, T *dx, const T *y, const T *dy1, const T *dy2) {
	flat(n, [=](long lo, long hi) {
#pragma omp simd
		for (long i = lo; i < hi; i++) {
			float g = load(dy1 + i) + load(dy2 + i), v = load(y + i); // loads that depend on nothing: they vectorise
			store(dx + i, v > 0 ? g : 0.f);
		}
	});
}

// exp16 is e^x to a few units of the last place, by 2^n times a polynomial of the rest (Cephes' expf).
inline lanes16 exp16(lanes16 x) {
	x = x > 88.f ? lanes16{} + 88.f : x;
	x = x < -87.f ? lanes16{} - 87.f : x;
	lanes16 t = x * 1.44269504088896341f;
	lanes16 n = t + 12582912.f - 12582912.f; // to the nearest whole number
	x -= n * 0.693359375f;
	x -= n * -2.12194440e-4f;
	lanes16 p = lanes16{} + 1.9875691500e-4f;
	p = p * x + 1.3981999507e-3f;
	p = p * x + 8.3334519073e-3f;
	p = p * x + 4.1665795894e-2f;
	p = p * x + 1.6666665459e-1f;
	p = p * x + 5.0000001201e-1f;
	p = p * x * x + x + 1.f;
	return p * (lanes16)((__builtin_convertvector(n, ints16) + 127) << 23);
}

inline lanes16 sigmoid16(lanes16 x) { return 1.f / (1.f + exp16(-x)); }

// tail16 is the normal distribution up to -|x|, and bell e^(-x*x/2): half of erfc(z) = e^(-z*z) times a polynomial in
// 1/(1+z/2), z = |x|/sqrt(2), fitted to 4e-8 of it. No digit is lost where it is small.
inline lanes16 tail16(lanes16 x, lanes16 &bell) {
	lanes16 a = x < 0.f ? -x : x, h = a * a * -0.5f;
	bell = h < -87.f ? lanes16{} : exp16(h);
	lanes16 t = 1.f / (1.f + a * 0.353553391f);
	lanes16 p = lanes16{} + -5.889078602e-02f;
	p = p * t + 2.837019861e-01f;
	p = p * t + -4.853836596e-01f;
	p = p * t + 2.759780288e-01f;
	p = p * t + -2.517754026e-02f;
	p = p * t + 2.020697445e-01f;
	p = p * t + 2.432610393e-01f;
	p = p * t + 2.823534906e-01f;
	p = p * t + 2.820876837e-01f;
	return p * t * bell * 0.5f;
}

// passes16 is the gradient g of an activation, acol_act_relu6 for one, at v.
template <int Act>
inline lanes16 passes16(lanes16 v, lanes16 g) {
	if (Act != acol_act_none) g = v > 0 ? g : lanes16{};
	if (Act == acol_act_relu6) g = v < 6 ? g : lanes16{};
	return g;
}

template <int Act>
inline lanes16 curve16(lanes16 x) {
	if (Act == acol_act_gelu) {
		lanes16 bell, q = tail16(x, bell);
		return x * (x > 0.f ? 1.f - q : q);
	}
	if (Act == acol_act_sigmoid) return sigmoid16(x);
	if (Act == acol_act_silu) return x * sigmoid16(x);
	x = x < 0.f ? lanes16{} : x;
	if (Act == acol_act_relu6) x = x > 6.f ? lanes16{} + 6.f : x;
	return x;
}

template <int Act>
inline lanes16 curve_back16(lanes16 at, lanes16 dy) {
	if (Act == acol_act_gelu) {
		lanes16 bell, q = tail16(at, bell);
		return dy * ((at > 0.f ? 1.f - q : q) + at * bell * 0.398942280f); // the density is the bell over sqrt(2 pi)
	}
	if (Act == acol_act_sigmoid) return dy * at * (1.f - at);
	if (Act == acol_act_silu) {
		lanes16 s = sigmoid16(at);
		return dy * (s + at * s * (1.f - s));
	}
	return passes16<Act>(at, dy);
}

// each16 calls f(first element, lanes) for 16 elements at a time.
template <class F>
void each16(size_t n, F f) {
	flat(n, [=](long lo, long hi) {
		for (long i = lo; i < hi; i += 16) f(i, int(std::min<long>(16, hi - i)));
	});
}

template <int Act, class T>
void curve_of(size_t n, T *y, const T *x) {
	each16(n, [=](long i, int k) { store16(y + i, curve16<Act>(load16(x + i, k)), k); });
}

template <int Act, class T>
void curve_back_of(size_t n, T *dx, const T *at, const T *dy) {
	each16(n, [=](long i, int k) { store16(dx + i, curve_back16<Act>(load16(at + i, k), load16(dy + i, k)), k); });
}

inline long elements(const acol_shape &s) { return long(s.images) * s.blocks * s.rows * s.lanes; }

// on_lanes runs f on a constant number of lanes where a block has it, so that
// channel vectors stay in registers; 0 means to read it from the shape.
template <class F>
void on_lanes(const acol_shape &s, F f) {
	switch (s.lanes) {
	case 16: return f(std::integral_constant<int, 16>());
	case 8: return f(std::integral_constant<int, 8>());
	default: return f(std::integral_constant<int, 0>());
	}
}

const int strand = 64; // rows whose sum float32 holds well

// sum_rows adds up, for each lane, the two terms of each row to partial[0:lanes] and partial[lanes:2*lanes] of each
// chunk. prepare(first element, first channel, n) of n lanes of a chunk gives term(at, a, b), which adds those of the row at element at.
template <class Prepare>
void sum_rows(const acol_shape &s, float *partial, Prepare prepare) {
	chunks k(s);
	parallel(k.count(), elements(s), [=, &s](long i) {
		long slab = i / k.each, r0 = i % k.each * k.rows, r1 = std::min<long>(s.rows, r0 + k.rows);
		float *out = partial + i * 2 * s.lanes;
		for (int l0 = 0; l0 < s.lanes; l0 += 16) {
			int n = std::min(16, s.lanes - l0);
			long at = (slab * s.rows + r0) * s.lanes + l0;
			auto term = prepare(at, int(slab % s.blocks) * s.lanes + l0, n);
			lanes16 total0 = {}, total1 = {};
			for (long r = r0; r < r1; r += strand) {
				lanes16 a = {}, b = {};
				for (long q = std::min(r1, r + strand) - r; q > 0; q--, at += s.lanes) term(at, a, b);
				total0 += a, total1 += b;
			}
			store16(out + l0, total0, n);
			store16(out + s.lanes + l0, total1, n);
		}
	});
}

// each_channel visits the channels with their block and lane; each looks at all chunks.
template <class F>
void each_channel(const acol_shape &s, F f) {
	long visits = chunks(s).count() / s.blocks * s.channels;
	parallel((s.channels + 15) / 16, visits * 4, [=, &s](long i) {
		for (int c = i * 16; c < std::min(s.channels, int(i) * 16 + 16); c++) f(c, c / s.lanes, c % s.lanes);
	});
}

// join_pairs adds up the chunks' pairs of sum_rows to (2,C).
inline void join_pairs(const acol_shape &s, float *sums, const float *partial) {
	chunks k(s);
	each_channel(s, [&](int c, int block, int lane) {
		double first = 0, second = 0;
		for (int n = 0; n < s.images; n++) {
			for (long j = 0; j < k.each; j++) {
				const float *p = partial + ((long(n) * s.blocks + block) * k.each + j) * 2 * s.lanes + lane;
				first += p[0], second += p[s.lanes];
			}
		}
		sums[c] = float(first);
		sums[s.channels + c] = float(second);
	});
}

template <class T>
void channel_sum_of(const acol_shape &s, float *out, const T *x, float *partial) {
	sum_rows(s, partial, [=](long, int, int n) {
		return [=](long at, lanes16 &a, lanes16 &) { a += load16(x + at, n); };
	});
	chunks k(s);
	each_channel(s, [&](int c, int block, int lane) {
		double sum = 0;
		for (int n = 0; n < s.images; n++) {
			for (long i = 0; i < k.each; i++) sum += partial[((long(n) * s.blocks + block) * k.each + i) * 2 * s.lanes + lane];
		}
		out[c] = float(sum);
	});
}

// norm_stats sums the differences to each chunk's first row, which loses no digits to a large mean, and
// joins the chunks by the parallel algorithm of Chan, Golub and LeVeque (1979).
template <class T>
void norm_stats_of(const acol_shape &s, float *stats, const T *x, float *partial) {
	chunks k(s);
	auto first = [=, &s](long i, int lane) { return load(x + (i / k.each * s.rows + i % k.each * k.rows) * s.lanes + lane); };
	sum_rows(s, partial, [=](long start, int, int n) {
		lanes16 origin = load16(x + start, n);
		return [=](long at, lanes16 &sum, lanes16 &squares) {
			lanes16 d = load16(x + at, n) - origin;
			sum += d;
			squares += d * d;
		};
	});
	double all = double(s.images) * s.rows;
	each_channel(s, [&](int c, int block, int lane) {
		double mean = 0, m2 = 0;
		auto visit = [&](auto f) {
			for (int n = 0; n < s.images; n++) {
				for (long j = 0; j < k.each; j++) {
					long i = (long(n) * s.blocks + block) * k.each + j;
					double count = double(std::min<long>(s.rows, (j + 1) * k.rows) - j * k.rows);
					double sum = partial[i * 2 * s.lanes + lane], squares = partial[i * 2 * s.lanes + s.lanes + lane];
					f(count, first(i, lane) + sum / count, squares - sum * sum / count);
				}
			}
		};
		visit([&](double count, double m, double) { mean += m * count / all; });
		visit([&](double count, double m, double sq) { m2 += std::max(sq, 0.) + (m - mean) * (m - mean) * count; });
		stats[c] = float(mean);
		stats[s.channels + c] = float(m2 / all);
	});
}

// activate is what a norm ends with.
template <int Act>
inline float activate(float v) {
	if (Act != acol_act_none) v = v < 0 ? 0.f : v;
	if (Act == acol_act_relu6) v = v > 6 ? 6.f : v;
	return v;
}

// passes is passes16 of one lane.
template <int Act>
inline float passes(float v, float g) {
	if (Act != acol_act_none) g = v > 0 ? g : 0.f;
	if (Act == acol_act_relu6) g = v < 6 ? g : 0.f;
	return g;
}

template <int Act>
using act_constant = std::integral_constant<int, Act>;

// on_act runs f with the activation of a norm as a constant.
template <class F>
void on_act(int act, F f) {
	switch (act) {
	case acol_act_relu: return f(act_constant<acol_act_relu>());
	case acol_act_relu6: return f(act_constant<acol_act_relu6>());
	default: return f(act_constant<acol_act_none>());
	}
}

// on_curve runs f with an activation as a constant.
template <class F>
void on_curve(int act, F f) {
	switch (act) {
	case acol_act_gelu: return f(act_constant<acol_act_gelu>());
	case acol_act_sigmoid: return f(act_constant<acol_act_sigmoid>());
	case acol_act_silu: return f(act_constant<acol_act_silu>());
	case acol_act_relu6: return f(act_constant<acol_act_relu6>());
	default: return f(act_constant<acol_act_relu>());
	}
}

template <class T, int B, int Act, bool Residual>
void norm_rows(const acol_shape &s, T *y, const T *x, const float *mean, const float *scale, const float *shift, const T *residual) {
	chunks k(s);
	const int lanes = B ? B : s.lanes;
	parallel(k.count(), elements(s), [=, &s](long i) {
		long slab = i / k.each, r0 = i % k.each * k.rows, r1 = std::min<long>(s.rows, r0 + k.rows);
		int c0 = slab % s.blocks * lanes;
		const float *m = mean + c0, *a = scale + c0, *b = shift + c0;
		for (long r = r0; r < r1; r++) {
			long at = (slab * s.rows + r) * lanes;
#pragma omp simd
			for (int l = 0; l < lanes; l++) {
				float v = fused(load(x + at + l) - m[l], a[l], b[l]);
				if (Residual) v += load(residual + at + l);
				store(y + at + l, activate<Act>(v));
			}
		}
	});
}

template <class T>
void norm_of(const acol_shape &s, int act, T *y, const T *x, const float *mean, const float *scale, const float *shift, const T *residual) {
	on_lanes(s, [&](auto b) {
		on_act(act, [&](auto a) {
			if (residual) return norm_rows<T, b, a, true>(s, y, x, mean, scale, shift, residual);
			norm_rows<T, b, a, false>(s, y, x, mean, scale, shift, residual);
		});
	});
}

template <class T, int Act>
void norm_back_params_of(const acol_shape &s, float *sums, const T *x, const float *mean, const float *scale, const float *shift, const T *dy, float *partial) {
	sum_rows(s, partial, [=](long, int c, int n) {
		lanes16 m = load16(mean + c, n), a = lanes16{}, b = lanes16{};
		if (Act != acol_act_none) a = load16(scale + c, n), b = load16(shift + c, n);
		return [=](long at, lanes16 &dscale, lanes16 &dshift) {
			lanes16 d = load16(x + at, n) - m, g = load16(dy + at, n);
			g = passes16<Act>(d * a + b, g); // contracted to fused()'s rounding, GCC's default for C++
			dscale += g * d;
			dshift += g;
		};
	});
	join_pairs(s, sums, partial);
}

template <class T, int B, int Act>
void norm_back_rows(const acol_shape &s, T *dx, const T *x, const float *mean, const float *scale, const float *shift, const float *kdy, const float *kx, const float *k0, const T *dy) {
	chunks k(s);
	const int lanes = B ? B : s.lanes;
	parallel(k.count(), elements(s), [=, &s](long i) {
		long slab = i / k.each, r0 = i % k.each * k.rows, r1 = std::min<long>(s.rows, r0 + k.rows);
		int c0 = slab % s.blocks * lanes;
		for (long r = r0; r < r1; r++) {
			long at = (slab * s.rows + r) * lanes;
#pragma omp simd
			for (int l = 0; l < lanes; l++) {
				float d = load(x + at + l) - mean[c0 + l];
				float g = passes<Act>(fused(d, scale[c0 + l], shift[c0 + l]), load(dy + at + l));
				store(dx + at + l, fused(g, kdy[c0 + l], fused(d, kx[c0 + l], k0[c0 + l])));
			}
		}
	});
}

template <class T>
void norm_back_data_of(const acol_shape &s, int act, T *dx, const T *x, const float *mean, const float *scale, const float *shift, const float *kdy, const float *kx, const float *k0, const T *dy) {
	on_lanes(s, [&](auto b) {
		on_act(act, [&](auto a) { norm_back_rows<T, b, a>(s, dx, x, mean, scale, shift, kdy, kx, k0, dy); });
	});
}

const int band = 16; // positions that are normalised together: their channels stay in the caches

// each_band shares out the positions of every image: f(image, first position, how many).
template <class F>
void each_band(const acol_shape &s, F f) {
	long bands = (s.rows + band - 1) / band;
	parallel(s.images * bands, elements(s), [=, &s](long i) {
		long r = i % bands * band;
		f(i / bands, r, int(std::min<long>(band, s.rows - r)));
	});
}

// each_lanes visits the channels of an image's position r by 16 lanes: f(their first element, channel, lanes, those of true channels).
template <class F>
inline void each_lanes(const acol_shape &s, long image, long r, F f) {
	for (int b = 0; b < s.blocks; b++) {
		for (int l = 0; l < s.lanes; l += 16) {
			int c = b * s.lanes + l, n = std::min(16, s.lanes - l);
			f(((image * s.blocks + b) * s.rows + r) * s.lanes + l, c, n, std::min(n, s.channels - c));
		}
	}
}

// only is v with zeros from lane n on.
inline lanes16 only(lanes16 v, int n) {
	const ints16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	return n >= 16 ? v : lane < n ? v : lanes16{};
}

inline float total(lanes16 v) {
	typedef float lanes4 __attribute__((vector_size(16)));
	lanes4 q[4];
	__builtin_memcpy(q, &v, sizeof v);
	q[0] = (q[0] + q[1]) + (q[2] + q[3]);
	return (q[0][0] + q[0][1]) + (q[0][2] + q[0][3]);
}

// moments are mean and 1/sqrt(var+eps) over the channels of a band. Sums are of differences to the first channel, which loses no
// digits to a large mean.
struct moments {
	float mean[band], inv[band];

	template <class T>
	moments(const acol_shape &s, float eps, long image, long r, int count, const T *x) {
		lanes16 sum[band] = {}, squares[band] = {};
		float origin[band];
		for (int q = 0; q < count; q++) origin[q] = load(x + (image * s.blocks * s.rows + r + q) * s.lanes);
		each_lanes(s, image, r, [&](long at, int, int n, int left) {
			for (int q = 0; q < count; q++) sum[q] += only(load16(x + at + long(q) * s.lanes, n) - origin[q], left);
		});
		for (int q = 0; q < count; q++) mean[q] = total(sum[q]) / s.channels;
		each_lanes(s, image, r, [&](long at, int, int n, int left) {
			for (int q = 0; q < count; q++) {
				lanes16 d = only(load16(x + at + long(q) * s.lanes, n) - origin[q] - mean[q], left);
				squares[q] += d * d;
			}
		});
		for (int q = 0; q < count; q++) {
			inv[q] = 1 / std::sqrt(total(squares[q]) / s.channels + eps);
			mean[q] += origin[q];
		}
	}
};

template <class T>
void layer_norm_of(const acol_shape &s, float eps, T *y, const T *x, const float *scale, const float *shift) {
	each_band(s, [=, &s](long image, long r, int count) {
		moments m(s, eps, image, r, count, x);
		each_lanes(s, image, r, [&](long at, int c, int n, int left) {
			lanes16 a = load16(scale + c, left), b = load16(shift + c, left);
			for (int q = 0; q < count; q++) {
				long e = at + long(q) * s.lanes;
				store16(y + e, only((load16(x + e, n) - m.mean[q]) * m.inv[q] * a + b, left), n);
			}
		});
	});
}

// layer_norm_back_params keeps mean and 1/sqrt(var+eps) of each position in kept.
template <class T>
void layer_norm_back_params_of(const acol_shape &s, float eps, float *sums, const T *x, const T *dy, float *kept, float *partial) {
	each_band(s, [=, &s](long image, long r, int count) {
		moments m(s, eps, image, r, count, x);
		float *to = kept + 2 * (image * s.rows + r);
		for (int q = 0; q < count; q++) to[2 * q] = m.mean[q], to[2 * q + 1] = m.inv[q];
	});
	sum_rows(s, partial, [=, &s](long start, int, int n) {
		long row = start / s.lanes; // of all slabs
		const float *m = kept + 2 * (row / s.rows / s.blocks * s.rows + row % s.rows);
		return [=](long at, lanes16 &dscale, lanes16 &dshift) mutable {
			lanes16 g = load16(dy + at, n);
			dscale += g * ((load16(x + at, n) - m[0]) * m[1]);
			dshift += g;
			m += 2;
		};
	});
	join_pairs(s, sums, partial);
}

// layer_norm_back_data, with n = (x-mean)/sqrt(var+eps) and g = dy*scale: dx = (g - mean(g) - n*mean(g*n))/sqrt(var+eps).
template <class T>
void layer_norm_back_data_of(const acol_shape &s, float eps, T *dx, const T *x, const float *scale, const T *dy) {
	each_band(s, [=, &s](long image, long r, int count) {
		moments m(s, eps, image, r, count, x);
		lanes16 sum[band] = {}, along[band] = {};
		each_lanes(s, image, r, [&](long at, int c, int n, int left) {
			lanes16 a = load16(scale + c, left);
			for (int q = 0; q < count; q++) {
				long e = at + long(q) * s.lanes;
				lanes16 g = load16(dy + e, n) * a;
				sum[q] += g;
				along[q] += g * ((load16(x + e, n) - m.mean[q]) * m.inv[q]);
			}
		});
		float mean[band], slope[band];
		for (int q = 0; q < count; q++) mean[q] = total(sum[q]) / s.channels, slope[q] = total(along[q]) / s.channels;
		each_lanes(s, image, r, [&](long at, int c, int n, int left) {
			lanes16 a = load16(scale + c, left);
			for (int q = 0; q < count; q++) {
				long e = at + long(q) * s.lanes;
				lanes16 d = (load16(x + e, n) - m.mean[q]) * m.inv[q];
				store16(dx + e, only((load16(dy + e, n) * a - mean[q] - d * slope[q]) * m.inv[q], left), n);
			}
		});
	});
}

// each_group shares out groups of at most 16 lanes of every slab: f(slab, first lane, lanes, those of true channels).
// Where there are 16 the compiler knows it.
template <class F>
void each_group(const acol_shape &s, F f) {
	int groups = (s.lanes + 15) / 16;
	parallel(long(s.images) * s.blocks * groups, elements(s), [=, &s](long i) {
		long slab = i / groups;
		int l0 = i % groups * 16;
		int n = std::min(16, s.lanes - l0);
		int left = std::min(n, s.channels - int(slab % s.blocks) * s.lanes - l0);
		if (n == 16) return f(slab, l0, std::integral_constant<int, 16>(), left);
		f(slab, l0, n, left);
	});
}

struct range {
	int lo, hi;
};

// under is the range of inputs under output o of one axis.
inline range under(int o, int stride, int pad, int k, int size) {
	int lo = o * stride - pad;
	return {std::max(lo, 0), std::min(lo + k, size)};
}

// each_window visits the outputs of a pool over 16 lanes: f(index of the output, its window).
template <class F>
inline void each_window(const acol_shape &s, const acol_window &w, F f) {
	for (int i = 0; i < w.oh; i++) {
		range h = under(i, w.sh, w.ph, w.kh, s.height);
		for (int j = 0; j < w.ow; j++) f(long(i) * w.ow + j, h, under(j, w.sw, w.pw, w.kw, s.width));
	}
}

template <class T>
void max_pool_of(const acol_shape &s, const acol_window &w, T *y, const T *x) {
	each_group(s, [=, &s, &w](long slab, int l0, auto n, int left) {
		const T *from = x + slab * s.rows * s.lanes + l0;
		T *to = y + slab * w.oh * w.ow * s.lanes + l0;
		each_window(s, w, [=, &s](long at, range h, range v) {
			lanes16 best = lanes16{} - INFINITY;
			for (int i = h.lo; i < h.hi; i++) {
				for (int j = v.lo; j < v.hi; j++) {
					lanes16 a = load16(from + (long(i) * s.width + j) * s.lanes, n);
					best = a > best ? a : best;
					best = a != a ? a : best; // NaN wins
				}
			}
			for (int l = left; l < n; l++) best[l] = 0; // an empty window has no maximum, and padding stays zero
			store16(to + at * s.lanes, best, n);
		});
	});
}

template <class T>
void avg_pool_of(const acol_shape &s, const acol_window &w, T *y, const T *x) {
	float divisor = float(w.kh * w.kw);
	each_group(s, [=, &s, &w](long slab, int l0, auto n, int) {
		const T *from = x + slab * s.rows * s.lanes + l0;
		T *to = y + slab * w.oh * w.ow * s.lanes + l0;
		each_window(s, w, [=, &s](long at, range h, range v) {
			lanes16 sum = {};
			for (int i = h.lo; i < h.hi; i++) {
				for (int j = v.lo; j < v.hi; j++) sum += load16(from + (long(i) * s.width + j) * s.lanes, n);
			}
			store16(to + at * s.lanes, sum / divisor, n);
		});
	});
}

// room is memory that a thread keeps for its next call: a fresh large block would be pages to fault in.
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

// max_pool_back finds each window's maximum again, the first of equals or the last NaN, and adds dy there: in
// float32, rounded once at the end.
template <class T>
void max_pool_back_of(const acol_shape &s, const acol_window &w, T *dx, const T *x, const T *dy) {
	each_group(s, [=, &s, &w](long slab, int l0, auto n, int) {
		float *sums = spare.zeros(size_t(s.rows) * 16);
		const T *from = x + slab * s.rows * s.lanes + l0;
		const T *grads = dy + slab * w.oh * w.ow * s.lanes + l0;
		each_window(s, w, [=, &s](long at, range h, range v) {
			if (h.lo >= h.hi || v.lo >= v.hi) return;
			int start = h.lo * s.width + v.lo;
			lanes16 best = load16(from + long(start) * s.lanes, n);
			ints16 where = ints16{} + start;
			for (int i = h.lo; i < h.hi; i++) {
				for (int j = v.lo; j < v.hi; j++) {
					int p = i * s.width + j;
					lanes16 a = load16(from + long(p) * s.lanes, n);
					ints16 here = ints16{} + p;
					where = a > best ? here : where;
					where = a != a ? here : where;
					best = a > best ? a : best;
					best = a != a ? a : best;
				}
			}
			lanes16 g = load16(grads + at * s.lanes, n);
			for (int i = h.lo; i < h.hi; i++) {
				for (int j = v.lo; j < v.hi; j++) {
					int p = i * s.width + j;
					float *to = sums + size_t(p) * 16;
					store16(to, load16(to) + (where == ints16{} + p ? g : lanes16{}));
				}
			}
		});
		for (long r = 0; r < s.rows; r++) store16(dx + (slab * s.rows + r) * s.lanes + l0, load16(sums + r * 16), n);
	});
}

// inv_root16 is e^-1/2 of positive e, by Newton's method.
inline lanes16 inv_root16(lanes16 e) {
	lanes16 r = (lanes16)(0x5f3759df - ((ints16)e >> 1));
	for (int i = 0; i < 3; i++) r *= 1.5f - 0.5f * e * r * r;
	return r;
}

// three_quarters16 is e^-3/4, the exponent of everybody's local response norm.
inline lanes16 three_quarters16(lanes16 e) {
	lanes16 r = inv_root16(e);
	return r * r * inv_root16(r);
}

// lrn_rows visits the rows of lanes, which are all channels, band by band: f(first element, energies), energies(c, n) being
// those of channels [c, c+n) by the squares of their size neighbours.
template <class T, class F>
void lrn_rows(const acol_shape &s, const T *x, int size, float alpha, float k, F f) {
	long rows = long(s.images) * s.rows, band = std::max(1, 16384 / s.lanes);
	float each = alpha / size;
	parallel((rows + band - 1) / band, elements(s) * size, [=, &s](long i) {
		size_t width = s.lanes + size + 32; // neighbours beyond both ends are zeros
		float *squares = spare.zeros(2 * width), *terms = squares + width;
		for (long r = i * band; r < std::min(rows, (i + 1) * band); r++) {
			const T *from = x + r * s.lanes;
			for (int c = 0; c < s.lanes; c += 16) {
				lanes16 v = load16(from + c, std::min(16, s.lanes - c));
				store16(squares + size / 2 + c, v * v, std::min(16, s.lanes - c));
			}
			f(r * s.lanes, terms, [=](int c) {
				lanes16 sum = {};
				for (int j = 0; j < size; j++) sum += load16(squares + c + j);
				lanes16 e = k + each * sum;
				return e > 3e38f ? lanes16{} + 3e38f : e; // beyond float32: all but nothing is left of x
			});
		}
	});
}

template <class T>
void lrn_of(const acol_shape &s, int size, float alpha, float k, T *y, const T *x) {
	lrn_rows(s, x, size, alpha, k, [=, &s](long at, float *, auto energies) {
		for (int c = 0; c < s.lanes; c += 16) {
			int n = std::min(16, s.lanes - c);
			store16(y + at + c, load16(x + at + c, n) * three_quarters16(energies(c)), n);
		}
	});
}

template <class T>
void lrn_back_of(const acol_shape &s, int size, float alpha, float k, T *dx, const T *x, const T *dy) {
	float cross = 1.5f * alpha / size;
	lrn_rows(s, x, size, alpha, k, [=, &s](long at, float *terms, auto energies) {
		for (int c = 0; c < s.lanes; c += 16) { // what each channel gives to those that divide it
			int n = std::min(16, s.lanes - c);
			lanes16 e = energies(c);
			store16(terms + size - 1 - size / 2 + c, load16(dy + at + c, n) * load16(x + at + c, n) * three_quarters16(e) / e, n);
		}
		for (int c = 0; c < s.lanes; c += 16) {
			int n = std::min(16, s.lanes - c);
			lanes16 sum = {};
			for (int j = 0; j < size; j++) sum += load16(terms + c + j);
			store16(dx + at + c, load16(dy + at + c, n) * three_quarters16(energies(c)) - cross * load16(x + at + c, n) * sum, n);
		}
	});
}

template <class T>
void avg_pool_back_of(const acol_shape &s, const acol_window &w, T *dx, const T *dy) {
	float divisor = float(w.kh * w.kw);
	auto over = [](int i, int stride, int pad, int k, int outs) {
		return range{std::max(i + pad - k + stride, 0) / stride, std::min((i + pad) / stride + 1, outs)};
	};
	each_group(s, [=, &s, &w](long slab, int l0, auto n, int) {
		for (int i = 0; i < s.height; i++) {
			range h = over(i, w.sh, w.ph, w.kh, w.oh);
			for (int j = 0; j < s.width; j++) {
				range v = over(j, w.sw, w.pw, w.kw, w.ow);
				lanes16 sum = {};
				for (int a = h.lo; a < h.hi; a++) {
					for (int b = v.lo; b < v.hi; b++) sum += load16(dy + ((slab * w.oh + a) * w.ow + b) * s.lanes + l0, n);
				}
				store16(dx + ((slab * s.height + i) * s.width + j) * s.lanes + l0, sum / divisor, n);
			}
		}
	});
}

template <class T>
void global_avg_of(const acol_shape &s, float *y, const T *x) {
	each_group(s, [=, &s](long slab, int l0, auto n, int left) {
		lanes16 total = {};
		for (long r = 0; r < s.rows; r += strand) {
			lanes16 a = {};
			for (long q = r; q < std::min<long>(s.rows, r + strand); q++) a += load16(x + (slab * s.rows + q) * s.lanes + l0, n);
			total += a;
		}
		if (left > 0) store16(y + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0, total / float(s.rows), left);
	});
}

template <class T>
void global_avg_back_of(const acol_shape &s, T *dx, const float *dy) {
	each_group(s, [=, &s](long slab, int l0, auto n, int left) {
		lanes16 g = load16(dy + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0, left) / float(s.rows);
		for (long r = 0; r < s.rows; r++) store16(dx + (slab * s.rows + r) * s.lanes + l0, g, n);
	});
}

template <class T>
void scale_channels_of(const acol_shape &s, T *y, const T *x, const float *factors) {
	each_group(s, [=, &s](long slab, int l0, auto n, int left) {
		lanes16 f = load16(factors + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0, std::max(left, 0));
		for (long r = 0; r < s.rows; r++) {
			long at = (slab * s.rows + r) * s.lanes + l0;
			store16(y + at, load16(x + at, n) * f, n);
		}
	});
}

template <class T>
void scale_channels_back_of(const acol_shape &s, float *ds, const T *x, const T *dy) {
	each_group(s, [=, &s](long slab, int l0, auto n, int left) {
		lanes16 total = {};
		for (long r = 0; r < s.rows; r += strand) {
			lanes16 a = {};
			for (long q = r; q < std::min<long>(s.rows, r + strand); q++) {
				long at = (slab * s.rows + q) * s.lanes + l0;
				a += load16(x + at, n) * load16(dy + at, n);
			}
			total += a;
		}
		if (left > 0) store16(ds + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0, total, left);
	});
}

template <class T>
void copy_channels_of(const acol_shape &a, const acol_shape &b, T *dst, const T *src, int from, int to, int count) {
	if (a.blocks == 1 && b.blocks == 1) {
		if (count == a.channels && count == b.channels) count = a.lanes; // with the zeros that fill a block
		long rows = long(a.images) * a.rows;
		long band = std::max(1, 4096 / count);
		parallel((rows + band - 1) / band, rows * count, [=, &a, &b](long i) {
			for (long r = i * band; r < std::min(rows, (i + 1) * band); r++) {
				memcpy(dst + r * b.lanes + to, src + r * a.lanes + from, sizeof(T) * count);
			}
		});
		return;
	}
	int blocks = (count + a.lanes - 1) / a.lanes;
	size_t slab = size_t(a.rows) * a.lanes;
	parallel(long(a.images) * blocks, long(a.images) * blocks * slab, [=, &a, &b](long i) {
		long n = i / blocks, k = i % blocks;
		memcpy(dst + (n * b.blocks + to / b.lanes + k) * slab, src + (n * a.blocks + from / a.lanes + k) * slab, sizeof(T) * slab);
	});
}

template <class T>
void class_map_of(const acol_shape &s, float *y, const T *maps, const float *labels) {
	parallel(s.images, elements(s) / s.channels, [=, &s](long n) {
		float *to = y + n * s.rows;
		if (!(labels[n] >= 0 && labels[n] < s.channels && labels[n] == std::floor(labels[n]))) {
			std::fill(to, to + s.rows, NAN);
			return;
		}
		int c = int(labels[n]);
		const T *from = maps + (n * s.blocks + c / s.lanes) * long(s.rows) * s.lanes + c % s.lanes;
		double lo = INFINITY, hi = -INFINITY;
		bool finite = true;
		for (long r = 0; r < s.rows; r++) {
			float v = load(from + r * s.lanes);
			finite = finite && v - v == 0;
			lo = std::min<double>(lo, v), hi = std::max<double>(hi, v);
		}
		for (long r = 0; r < s.rows; r++) {
			to[r] = finite && hi > lo ? float((load(from + r * s.lanes) - lo) / (hi - lo)) : 0.f;
		}
	});
}

template <class T>
void erase_of(const acol_shape &s, float delta, int or_equal, T *y, const T *x, const float *map) {
	long slabs = long(s.images) * s.blocks;
	parallel(slabs * s.rows, elements(s), [=, &s](long i) {
		float m = map[i / s.rows / s.blocks * s.rows + i % s.rows];
		bool gone = m > delta || (or_equal && m == delta);
		for (int l = 0; l < s.lanes; l++) y[i * s.lanes + l] = gone ? T{} : x[i * s.lanes + l];
	});
}

void sgd(size_t n, float *w, const float *g, float *buf, float lr, float decay, float clip, float mu, float keep, int nesterov) {
	flat(n, [=](long lo, long hi) {
		for (long i = lo; i < hi; i++) {
			float d = g[i] * clip + decay * w[i];
			if (buf) {
				float m = keep * buf[i] + d;
				buf[i] = m;
				d = nesterov ? d + mu * m : m;
			}
			w[i] -= lr * d;
		}
	});
}

// What follows are the kernels of ACOL_KERNELS: the templates above for the type at hand.
#define TYPED(is_half, call)  \
	if (is_half) {        \
		using T = half;   \
		call;             \
	} else {              \
		using T = float;  \
		call;             \
	}

void add(int half_, int relu, size_t n, void *z, const void *a, const void *b) {
	if (relu) {
		TYPED(half_, (add_of<T, true>(n, (T *)z, (const T *)a, (const T *)b)))
	} else {
		TYPED(half_, (add_of<T, false>(n, (T *)z, (const T *)a, (const T *)b)))
	}
}

void relu_back_add(int half_, size_t n, void *dx, const void *y, const void *dy1, const void *dy2) {
	TYPED(half_, relu_back_add_of(n, (T *)dx, (const T *)y, (const T *)dy1, (const T *)dy2))
}

void curve(int half_, int act, size_t n, void *y, const void *x) {
	on_curve(act, [=](auto a) { TYPED(half_, (curve_of<a>(n, (T *)y, (const T *)x))) });
}

void curve_back(int half_, int act, size_t n, void *dx, const void *at, const void *dy) {
	on_curve(act, [=](auto a) { TYPED(half_, (curve_back_of<a>(n, (T *)dx, (const T *)at, (const T *)dy))) });
}

void scale_channels(const acol_shape *s, void *y, const void *x, const float *factors) {
	TYPED(s->half, scale_channels_of(*s, (T *)y, (const T *)x, factors))
}

void scale_channels_back(const acol_shape *s, float *ds, const void *x, const void *dy) {
	TYPED(s->half, scale_channels_back_of(*s, ds, (const T *)x, (const T *)dy))
}

void channel_sum(const acol_shape *s, float *out, const void *x, float *partial) {
	TYPED(s->half, channel_sum_of(*s, out, (const T *)x, partial))
}

void norm_stats(const acol_shape *s, float *stats, const void *x, float *partial) {
	TYPED(s->half, norm_stats_of(*s, stats, (const T *)x, partial))
}

void norm(const acol_shape *s, int act, void *y, const void *x, const float *mean, const float *scale, const float *shift, const void *residual) {
	TYPED(s->half, norm_of(*s, act, (T *)y, (const T *)x, mean, scale, shift, (const T *)residual))
}

void norm_back_params(const acol_shape *s, int act, float *sums, const void *x, const float *mean, const float *scale, const float *shift, const void *dy, float *partial) {
	on_act(act, [=](auto a) { TYPED(s->half, (norm_back_params_of<T, a>(*s, sums, (const T *)x, mean, scale, shift, (const T *)dy, partial))) });
}

void norm_back_data(const acol_shape *s, int act, void *dx, const void *x, const float *mean, const float *scale, const float *shift, const float *kdy, const float *kx, const float *k0, const void *dy) {
	TYPED(s->half, norm_back_data_of(*s, act, (T *)dx, (const T *)x, mean, scale, shift, kdy, kx, k0, (const T *)dy))
}

void layer_norm(const acol_shape *s, float eps, void *y, const void *x, const float *scale, const float *shift) {
	TYPED(s->half, layer_norm_of(*s, eps, (T *)y, (const T *)x, scale, shift))
}

void layer_norm_back_params(const acol_shape *s, float eps, float *sums, const void *x, const void *dy, float *kept, float *partial) {
	TYPED(s->half, layer_norm_back_params_of(*s, eps, sums, (const T *)x, (const T *)dy, kept, partial))
}

void layer_norm_back_data(const acol_shape *s, float eps, void *dx, const void *x, const float *scale, const void *dy) {
	TYPED(s->half, layer_norm_back_data_of(*s, eps, (T *)dx, (const T *)x, scale, (const T *)dy))
}

void max_pool(const acol_shape *s, const acol_window *w, void *y, const void *x) {
	TYPED(s->half, max_pool_of(*s, *w, (T *)y, (const T *)x))
}

void max_pool_back(const acol_shape *s, const acol_window *w, void *dx, const void *x, const void *dy) {
	TYPED(s->half, max_pool_back_of(*s, *w, (T *)dx, (const T *)x, (const T *)dy))
}

void avg_pool(const acol_shape *s, const acol_window *w, void *y, const void *x) {
	TYPED(s->half, avg_pool_of(*s, *w, (T *)y, (const T *)x))
}

void avg_pool_back(const acol_shape *s, const acol_window *w, void *dx, const void *dy) {
	TYPED(s->half, avg_pool_back_of(*s, *w, (T *)dx, (const T *)dy))
}

void lrn(const acol_shape *s, int size, float alpha, float k, void *y, const void *x) {
	TYPED(s->half, lrn_of(*s, size, alpha, k, (T *)y, (const T *)x))
}

void lrn_back(const acol_shape *s, int size, float alpha, float k, void *dx, const void *x, const void *dy) {
	TYPED(s->half, lrn_back_of(*s, size, alpha, k, (T *)dx, (const T *)x, (const T *)dy))
}

void global_avg(const acol_shape *s, float *y, const void *x) { TYPED(s->half, global_avg_of(*s, y, (const T *)x)) }

void global_avg_back(const acol_shape *s, void *dx, const float *dy) { TYPED(s->half, global_avg_back_of(*s, (T *)dx, dy)) }

void copy_channels(const acol_shape *a, const acol_shape *b, void *y, const void *x, int from, int to, int count) {
	TYPED(a->half, copy_channels_of(*a, *b, (T *)y, (const T *)x, from, to, count))
}

void class_map(const acol_shape *s, float *y, const void *maps, const float *labels) {
	TYPED(s->half, class_map_of(*s, y, (const T *)maps, labels))
}

void erase(const acol_shape *s, float delta, int or_equal, void *y, const void *x, const float *map) {
	TYPED(s->half, erase_of(*s, delta, or_equal, (T *)y, (const T *)x, map))
}

} // namespace ACOL_NAMESPACE
