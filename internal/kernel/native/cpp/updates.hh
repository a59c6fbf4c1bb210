// The update of a training's parameters.

inline lanes16 sqrt16(lanes16 v) {
#ifdef __AVX512F__
	return (lanes16)_mm512_sqrt_ps((__m512)v);
#else
	__m256 h[2];
	__builtin_memcpy(h, &v, sizeof v);
	h[0] = _mm256_sqrt_ps(h[0]), h[1] = _mm256_sqrt_ps(h[1]);
	__builtin_memcpy(&v, h, sizeof v);
	return v;
#endif
}

void sgd(size_t n, float *w, const float *g, float *buf, float lr, float decay, float clip,
		float mu, float keep, int nesterov) {
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

void adamw(size_t n, float *w, const float *g, float *m, float *v, const float *by) {
	float clip = by[0], keep = by[1], take1 = by[2], beta2 = by[3], take2 = by[4], rate = by[5],
			root = by[6], eps = by[7];
	each16(n, [=](long i, int l) {
		lanes16 d = load16(g + i, l) * clip, a = load16(m + i, l);
		a += take1 * (d - a);
		lanes16 b = beta2 * load16(v + i, l) + take2 * d * d;
		store16(m + i, a, l);
		store16(v + i, b, l);
		store16(w + i, keep * load16(w + i, l) - rate * a / (sqrt16(b) * root + eps), l);
	});
}

void blend(size_t n, float *dst, const float *src, float keep, float take) {
	flat(n, [=](long lo, long hi) {
		for (long i = lo; i < hi; i++) dst[i] = keep * dst[i] + take * src[i];
	});
}
