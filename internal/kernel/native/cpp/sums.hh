// Sums over the rows of each channel, by chunks that do not depend on the threads.

const int strand = 64; // rows whose sum float32 holds well

// sum_rows sums two terms of each row, for each lane, to partial[0:lanes] and
// partial[lanes:2*lanes] of each chunk. prepare(first element, first channel, n) is called for n
// lanes of a chunk; it returns term(at, a, b), which adds the terms of the row that begins at
// element at to a and b.
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

// each_channel visits the channels: f(channel, its block, its lane).
template <class F>
void each_channel(const acol_shape &s, F f) {
	long visits = chunks(s).count() / s.blocks * s.channels;
	parallel((s.channels + 15) / 16, visits * 4, [=, &s](long i) {
		for (int c = i * 16; c < std::min(s.channels, int(i) * 16 + 16); c++)
			f(c, c / s.lanes, c % s.lanes);
	});
}

// join_pairs sums what sum_rows gave for each chunk to (2,C).
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
