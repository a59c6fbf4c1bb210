// Norms over the channels of a position: layer norm and local response norm.

const int band = 16; // positions that are normalised together: their channels stay in the caches

// each_band divides the positions of every image among the threads: f(image, first position,
// count).
template <class F>
void each_band(const acol_shape &s, F f) {
	long bands = (s.rows + band - 1) / band;
	parallel(s.images * bands, elements(s), [=, &s](long i) {
		long r = i % bands * band;
		f(i / bands, r, int(std::min<long>(band, s.rows - r)));
	});
}

// each_lanes visits the channels of an image's position r by 16 lanes: f(first element, first
// channel, number of lanes, number of channels among them).
template <class F>
inline void each_lanes(const acol_shape &s, long image, long r, F f) {
	for (int b = 0; b < s.blocks; b++) {
		for (int l = 0; l < s.lanes; l += 16) {
			int c = b * s.lanes + l, n = std::min(16, s.lanes - l);
			f(((image * s.blocks + b) * s.rows + r) * s.lanes + l, c, n, std::min(n, s.channels - c));
		}
	}
}

// only is v with zeros in lane n and those behind it.
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

// moments are the means and 1/sqrt(var+eps) over the channels of the positions of a band. Their
// sums are of differences to the first channel, so that a large mean costs no digits.
struct moments {
	float mean[band], inv[band];

	template <class T>
	moments(const acol_shape &s, float eps, long image, long r, int count, const T *x) {
		lanes16 sum[band] = {}, squares[band] = {};
		float origin[band];
		for (int q = 0; q < count; q++) origin[q] = load(x + (image * s.blocks * s.rows + r + q)
				* s.lanes);
		each_lanes(s, image, r, [&](long at, int, int n, int left) {
			for (int q = 0; q < count; q++)
				sum[q] += only(load16(x + at + long(q) * s.lanes, n) - origin[q], left);
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
void layer_norm_of(const acol_shape &s, float eps, T *y, const T *x, const float *scale,
		const float *shift) {
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

// layer_norm_back_params_of stores the mean and 1/sqrt(var+eps) of each position in kept.
template <class T>
void layer_norm_back_params_of(const acol_shape &s, float eps, float *sums, const T *x, const T *dy,
		float *kept, float *partial) {
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

// layer_norm_back_data_of computes, with n = (x-mean)/sqrt(var+eps) and g = dy*scale,
// dx = (g - mean(g) - n*mean(g*n))/sqrt(var+eps).
template <class T>
void layer_norm_back_data_of(const acol_shape &s, float eps, T *dx, const T *x, const float *scale,
		const T *dy) {
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
		for (int q = 0; q < count; q++) {
			mean[q] = total(sum[q]) / s.channels;
			slope[q] = total(along[q]) / s.channels;
		}
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

// inv_root16 is e^-1/2 of positive e, by Newton's method.
inline lanes16 inv_root16(lanes16 e) {
	lanes16 r = (lanes16)(0x5f3759df - ((ints16)e >> 1));
	for (int i = 0; i < 3; i++) r *= 1.5f - 0.5f * e * r * r;
	return r;
}

// three_quarters16 is e^-3/4: local response norms have this exponent.
inline lanes16 three_quarters16(lanes16 e) {
	lanes16 r = inv_root16(e);
	return r * r * inv_root16(r);
}

// lrn_rows visits the rows of lanes, each of which holds all channels, band by band: f(first
// element, terms, energies). energies(c) are the energies of the channels from c on, by the squares
// of their size neighbours.
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
void lrn_back_of(const acol_shape &s, int size, float alpha, float k, T *dx, const T *x,
		const T *dy) {
	float cross = 1.5f * alpha / size;
	lrn_rows(s, x, size, alpha, k, [=, &s](long at, float *terms, auto energies) {
		for (int c = 0; c < s.lanes; c += 16) { // what each channel gives to those that divide it
			int n = std::min(16, s.lanes - c);
			lanes16 e = energies(c);
			store16(terms + size - 1 - size / 2 + c,
					load16(dy + at + c, n) * load16(x + at + c, n) * three_quarters16(e) / e, n);
		}
		for (int c = 0; c < s.lanes; c += 16) {
			int n = std::min(16, s.lanes - c);
			lanes16 sum = {};
			for (int j = 0; j < size; j++) sum += load16(terms + c + j);
			store16(dx + at + c, load16(dy + at + c,
					n) * three_quarters16(energies(c)) - cross * load16(x + at + c, n) * sum, n);
		}
	});
}

void layer_norm(const acol_shape *s, float eps, void *y, const void *x, const float *scale,
		const float *shift) {
	TYPED(s->half, layer_norm_of(*s, eps, (T *)y, (const T *)x, scale, shift))
}

void layer_norm_back_params(const acol_shape *s, float eps, float *sums, const void *x,
		const void *dy, float *kept, float *partial) {
	TYPED(s->half, layer_norm_back_params_of(*s, eps, sums, (const T *)x, (const T *)dy, kept,
			partial))
}

void layer_norm_back_data(const acol_shape *s, float eps, void *dx, const void *x,
		const float *scale, const void *dy) {
	TYPED(s->half, layer_norm_back_data_of(*s, eps, (T *)dx, (const T *)x, scale, (const T *)dy))
}

void lrn(const acol_shape *s, int size, float alpha, float k, void *y, const void *x) {
	TYPED(s->half, lrn_of(*s, size, alpha, k, (T *)y, (const T *)x))
}

void lrn_back(const acol_shape *s, int size, float alpha, float k, void *dx, const void *x,
		const void *dy) {
	TYPED(s->half, lrn_back_of(*s, size, alpha, k, (T *)dx, (const T *)x, (const T *)dy))
}
