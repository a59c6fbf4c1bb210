//go:build onednn && amd64 && cgo

#include "resize.h"

#include <immintrin.h>
#include <string.h>

// Sums are fixed-point numbers with this many bits below the unit, as PIL's are.
enum { bits = 22, half = 1 << (bits - 1) };

// One result of an axis, as struct acol_axis lays it out.
static const int32_t *result_of(struct acol_axis a, int i) {
	return a.results + (size_t)i * (2 + a.most);
}

static int clip(int32_t sum) {
	sum >>= bits;
	return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

static void columns_plain(uint8_t *dst, const uint8_t *src, struct acol_axis a) {
	for (int i = 0; i < a.n; i++, dst += 4) {
		const int32_t *r = result_of(a, i);
		const uint8_t *in = src + 4 * (size_t)r[0];
		int32_t sums[4] = {half, half, half, half};
		for (int k = 0; k < r[1]; k++, in += 4)
			for (int c = 0; c < 4; c++)
				sums[c] += in[c] * r[2 + k];
		for (int c = 0; c < 4; c++)
			dst[c] = clip(sums[c]);
	}
}

// columns_avx2 multiplies two pixels at a time. Where their number is odd, the last weight is 0.
__attribute__((target("avx2"))) static void columns_avx2(
	uint8_t *dst, const uint8_t *src, struct acol_axis a) {
	for (int i = 0; i < a.n; i++, dst += 4) {
		const int32_t *r = result_of(a, i);
		const uint8_t *in = src + 4 * (size_t)r[0];
		__m256i sums = _mm256_setzero_si256();
		for (int k = 0; k < r[1]; k += 2, in += 8) {
			__m256i weights = _mm256_set_m128i(_mm_set1_epi32(r[3 + k]), _mm_set1_epi32(r[2 + k]));
			__m256i pixels = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)in));
			sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(pixels, weights));
		}
		__m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
		sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(half)), bits);
		sum = _mm_packus_epi16(_mm_packs_epi32(sum, sum), sum);
		int32_t pixel = _mm_cvtsi128_si32(sum);
		memcpy(dst, &pixel, 4);
	}
}

static void rows_plain(
	uint8_t *dst, uint8_t *const *rows, const int32_t *weights, int count, size_t from, size_t n) {
	for (size_t x = from; x < n; x++) {
		int32_t sum = half;
		for (int k = 0; k < count; k++)
			sum += rows[k][x] * weights[k];
		dst[x] = clip(sum);
	}
}

__attribute__((target("avx2"))) static void rows_avx2(
	uint8_t *dst, uint8_t *const *rows, const int32_t *weights, int count, size_t n) {
	size_t x = 0;
	for (; x + 16 <= n; x += 16) {
		__m256i low = _mm256_set1_epi32(half), high = low;
		for (int k = 0; k < count; k++) {
			__m128i bytes = _mm_loadu_si128((const __m128i *)(rows[k] + x));
			__m256i weight = _mm256_set1_epi32(weights[k]);
			low = _mm256_add_epi32(low, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), weight));
			bytes = _mm_srli_si128(bytes, 8);
			high = _mm256_add_epi32(high, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), weight));
		}
		__m256i words = _mm256_packs_epi32(_mm256_srai_epi32(low, bits), _mm256_srai_epi32(high, bits));
		words = _mm256_permute4x64_epi64(words, 0xd8);
		__m128i sums = _mm_packus_epi16(
			_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
		_mm_storeu_si128((__m128i *)(dst + x), sums);
	}
	rows_plain(dst, rows, weights, count, x, n);
}

int acol_resize_has_vectors(void) { return __builtin_cpu_supports("avx2"); }

void acol_resize_columns(uint8_t *dst, const uint8_t *src, struct acol_axis columns, int vectors) {
	if (vectors)
		columns_avx2(dst, src, columns);
	else
		columns_plain(dst, src, columns);
}

void acol_resize_rows(uint8_t *dst, uint8_t *const *rows, const int32_t *weights, int count,
	size_t n, int vectors) {
	if (vectors)
		rows_avx2(dst, rows, weights, count, n);
	else
		rows_plain(dst, rows, weights, count, 0, n);
}
