// Pools and averages.

// each_group divides groups of at most 16 lanes of every slab among the threads: f(slab, first
// lane, number of lanes, number of channels among them). A number of 16 lanes is a constant to the
// compiler.
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

// under is the range of inputs in the window of output o on one axis.
inline range under(int o, int stride, int pad, int k, int size) {
	int lo = o * stride - pad;
	return {std::max(lo, 0), std::min(lo + k, size)};
}

// each_window visits the outputs of a pool: f(index of the output, ranges of its window).
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
			// An empty window has no maximum, and padding stays zero.
			for (int l = left; l < n; l++) best[l] = 0;
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

// max_pool_back_of finds each window's maximum again, the first of equals or the last NaN, and adds
// dy there, in float32 that is rounded once at the end.
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
		for (long r = 0; r < s.rows; r++)
			store16(dx + (slab * s.rows + r) * s.lanes + l0, load16(sums + r * 16), n);
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
					for (int b = v.lo; b < v.hi; b++) sum += load16(dy + ((slab * w.oh + a) * w.ow + b) * s.lanes
							+ l0, n);
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
			for (long q = r; q < std::min<long>(s.rows, r + strand); q++)
				a += load16(x + (slab * s.rows + q) * s.lanes + l0, n);
			total += a;
		}
		float *at = y + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0;
		if (left > 0) store16(at, total / float(s.rows), left);
	});
}

template <class T>
void global_avg_back_of(const acol_shape &s, T *dx, const float *dy) {
	each_group(s, [=, &s](long slab, int l0, auto n, int left) {
		lanes16 g = load16(dy + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0,
				left) / float(s.rows);
		for (long r = 0; r < s.rows; r++) store16(dx + (slab * s.rows + r) * s.lanes + l0, g, n);
	});
}

void max_pool(const acol_shape *s, const acol_window *w, void *y, const void *x) {
	TYPED(s->half, max_pool_of(*s, *w, (T *)y, (const T *)x))
}

void max_pool_back(const acol_shape *s, const acol_window *w, void *dx, const void *x,
		const void *dy) {
	TYPED(s->half, max_pool_back_of(*s, *w, (T *)dx, (const T *)x, (const T *)dy))
}

void avg_pool(const acol_shape *s, const acol_window *w, void *y, const void *x) {
	TYPED(s->half, avg_pool_of(*s, *w, (T *)y, (const T *)x))
}

void avg_pool_back(const acol_shape *s, const acol_window *w, void *dx, const void *dy) {
	TYPED(s->half, avg_pool_back_of(*s, *w, (T *)dx, (const T *)dy))
}

void global_avg(const acol_shape *s, float *y,
		const void *x) { TYPED(s->half, global_avg_of(*s, y, (const T *)x)) }

void global_avg_back(const acol_shape *s, void *dx,
		const float *dy) { TYPED(s->half, global_avg_back_of(*s, (T *)dx, dy)) }
