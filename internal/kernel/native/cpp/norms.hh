// Batch norm, and the sums of channels.

template <class T>
void channel_sum_of(const acol_shape &s, float *out, const T *x, float *partial) {
	sum_rows(s, partial, [=](long, int, int n) {
		return [=](long at, lanes16 &a, lanes16 &) { a += load16(x + at, n); };
	});
	chunks k(s);
	each_channel(s, [&](int c, int block, int lane) {
		double sum = 0;
		for (int n = 0; n < s.images; n++) {
			for (long i = 0; i < k.each; i++) sum += partial[((long(n) * s.blocks + block) * k.each + i)
					* 2 * s.lanes + lane];
		}
		out[c] = float(sum);
	});
}

// norm_stats_of sums the differences to each chunk's first row, so that a large mean costs no
// digits, and joins the chunks by the parallel algorithm of Chan, Golub and LeVeque (1979).
template <class T>
void norm_stats_of(const acol_shape &s, float *stats, const T *x, float *partial) {
	chunks k(s);
	auto first = [=, &s](long i,
			int lane) { return load(x + (i / k.each * s.rows + i % k.each * k.rows) * s.lanes + lane); };
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
					double sum = partial[i * 2 * s.lanes + lane],
							squares = partial[i * 2 * s.lanes + s.lanes + lane];
					f(count, first(i, lane) + sum / count, squares - sum * sum / count);
				}
			}
		};
		visit([&](double count, double m, double) { mean += m * count / all; });
		visit([&](double count, double m,
				double sq) { m2 += std::max(sq, 0.) + (m - mean) * (m - mean) * count; });
		stats[c] = float(mean);
		stats[s.channels + c] = float(m2 / all);
	});
}

// activate applies the activation that a norm ends with.
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

template <class T, int B, int Act, bool Residual>
void norm_rows(const acol_shape &s, T *y, const T *x, const float *mean, const float *scale,
		const float *shift, const T *residual) {
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
void norm_of(const acol_shape &s, int act, T *y, const T *x, const float *mean, const float *scale,
		const float *shift, const T *residual) {
	on_lanes(s, [&](auto b) {
		on_act(act, [&](auto a) {
			if (residual) return norm_rows<T, b, a, true>(s, y, x, mean, scale, shift, residual);
			norm_rows<T, b, a, false>(s, y, x, mean, scale, shift, residual);
		});
	});
}

template <class T, int Act>
void norm_back_params_of(const acol_shape &s, float *sums, const T *x, const float *mean,
		const float *scale, const float *shift, const T *dy, float *partial) {
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
void norm_back_rows(const acol_shape &s, T *dx, const T *x, const float *mean, const float *scale,
		const float *shift, const float *kdy, const float *kx, const float *k0, const T *dy) {
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
void norm_back_data_of(const acol_shape &s, int act, T *dx, const T *x, const float *mean,
		const float *scale, const float *shift, const float *kdy, const float *kx, const float *k0,
				const T *dy) {
	on_lanes(s, [&](auto b) {
		on_act(act, [&](auto a) { norm_back_rows<T, b,
				a>(s, dx, x, mean, scale, shift, kdy, kx, k0, dy); });
	});
}

void channel_sum(const acol_shape *s, float *out, const void *x, float *partial) {
	TYPED(s->half, channel_sum_of(*s, out, (const T *)x, partial))
}

void norm_stats(const acol_shape *s, float *stats, const void *x, float *partial) {
	TYPED(s->half, norm_stats_of(*s, stats, (const T *)x, partial))
}

void norm(const acol_shape *s, int act, void *y, const void *x, const float *mean,
		const float *scale, const float *shift, const void *residual) {
	TYPED(s->half, norm_of(*s, act, (T *)y, (const T *)x, mean, scale, shift, (const T *)residual))
}

void norm_back_params(const acol_shape *s, int act, float *sums, const void *x, const float *mean,
		const float *scale, const float *shift, const void *dy, float *partial) {
	on_act(act, [=](auto a) { TYPED(s->half,
			(norm_back_params_of<T,
					a>(*s, sums, (const T *)x, mean, scale, shift, (const T *)dy, partial))) });
}

void norm_back_data(const acol_shape *s, int act, void *dx, const void *x, const float *mean,
		const float *scale, const float *shift, const float *kdy, const float *kx, const float *k0,
				const void *dy) {
	TYPED(s->half, norm_back_data_of(*s, act, (T *)dx, (const T *)x, mean, scale, shift, kdy, kx, k0,
			(const T *)dy))
}
