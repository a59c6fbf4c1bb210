// Channels that are scaled, copied, selected and erased.

template <class T>
void scale_channels_of(const acol_shape &s, T *y, const T *x, const float *factors) {
	each_group(s, [=, &s](long slab, int l0, auto n, int left) {
		lanes16 f = load16(factors + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0,
				std::max(left, 0));
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
		float *at = ds + slab / s.blocks * s.channels + slab % s.blocks * s.lanes + l0;
		if (left > 0) store16(at, total, left);
	});
}

template <class T>
void copy_channels_of(const acol_shape &a, const acol_shape &b, T *dst, const T *src, int from,
		int to, int count) {
	if (a.blocks == 1 && b.blocks == 1) {
		// with the zeros that fill a block
		if (count == a.channels && count == b.channels) count = a.lanes;
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
		memcpy(dst + (n * b.blocks + to / b.lanes + k) * slab,
				src + (n * a.blocks + from / a.lanes + k) * slab, sizeof(T) * slab);
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

void scale_channels(const acol_shape *s, void *y, const void *x, const float *factors) {
	TYPED(s->half, scale_channels_of(*s, (T *)y, (const T *)x, factors))
}

void scale_channels_back(const acol_shape *s, float *ds, const void *x, const void *dy) {
	TYPED(s->half, scale_channels_back_of(*s, ds, (const T *)x, (const T *)dy))
}

void copy_channels(const acol_shape *a, const acol_shape *b, void *y, const void *x, int from,
		int to, int count) {
	TYPED(a->half, copy_channels_of(*a, *b, (T *)y, (const T *)x, from, to, count))
}

void class_map(const acol_shape *s, float *y, const void *maps, const float *labels) {
	TYPED(s->half, class_map_of(*s, y, (const T *)maps, labels))
}

void erase(const acol_shape *s, float delta, int or_equal, void *y, const void *x,
		const float *map) {
	TYPED(s->half, erase_of(*s, delta, or_equal, (T *)y, (const T *)x, map))
}
