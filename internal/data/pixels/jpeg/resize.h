// The two passes of PIL's bilinear resize, over rows of four bytes a pixel.

#include <stddef.h>
#include <stdint.h>

// An axis of a resize has n results. Each takes 2+most numbers of results: its first input, the
// number of its weights, and the weights in units of 2^-22, filled up to most with zeros. most is
// even. The last input of no result is before that of the one before it.
struct acol_axis {
	int n, most;
	const int32_t *results;
};

// acol_resize_has_vectors says whether this processor has what the vector code takes: AVX2.
int acol_resize_has_vectors(void);

// acol_resize_columns makes the columns.n pixels of dst of a row of pixels. It may read one pixel
// behind the last.
void acol_resize_columns(uint8_t *dst, const uint8_t *src, struct acol_axis columns, int vectors);

// acol_resize_rows makes n bytes of dst of count rows.
void acol_resize_rows(uint8_t *dst, uint8_t *const *rows, const int32_t *weights, int count,
	size_t n, int vectors);
