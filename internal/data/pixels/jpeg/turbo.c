//go:build onednn && amd64 && cgo

#include "turbo.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#define JPEG_INTERNALS // the coefficients
#include <jpeglib.h>
#include <jerror.h>

#ifndef LIBJPEG_TURBO_VERSION
#error "this is another libjpeg than libjpeg-turbo"
#endif

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)

const char *acol_jpeg_version(void) { return TEXT_OF(LIBJPEG_TURBO_VERSION); }

// Rows are those of the blocks of a component that were let go.
struct rows {
	JDIMENSION n;
	uintptr_t from, to; // what is still to be let go of the last ones, in whole pages
};

// A session is one file being decoded. No function that calls setjmp has one among its own
// variables, so that longjmp leaves its fields as they are.
struct session {
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr errors;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	jmp_buf out;
	int result;
	struct acol_jpeg_want want;
	struct acol_axis columns, rows;
	void (*work)(struct session *);
	unsigned char *pixels;
	char *message;
	struct rows gone[MAX_COMPONENTS]; // of coefficients
};

static struct session *session_of(j_common_ptr info) { return info->client_data; }

static void leave(struct session *s, int result) {
	s->result = result;
	longjmp(s->out, 1);
}

static void fail(struct session *s, const char *why) {
	snprintf(s->message, acol_jpeg_message, "%s", why);
	leave(s, acol_jpeg_broken);
}

// on_error ends the decoding with the message of libjpeg.
static void on_error(j_common_ptr info) {
	char text[JMSG_LENGTH_MAX];
	info->err->format_message(info, text);
	fail(session_of(info), text);
}

// on_message ends the decoding where libjpeg would go on with pixels that are not the file's. Other
// warnings, such as those of surplus bytes, pass.
static void on_message(j_common_ptr info, int level) {
	if (level >= 0)
		return;
	switch (info->err->msg_code) {
	case JWRN_HIT_MARKER:
	case JWRN_JPEG_EOF:
		leave(session_of(info), acol_jpeg_truncated);
		break;
	case JWRN_HUFF_BAD_CODE:
	case JWRN_ARITH_BAD_CODE:
	case JWRN_MUST_RESYNC:
		on_error(info);
	}
}

static void no_output(j_common_ptr info) { (void)info; }

static void no_source_step(j_decompress_ptr info) { (void)info; }

// at_end is called where the file has no more bytes.
static boolean at_end(j_decompress_ptr info) {
	leave(session_of((j_common_ptr)info), acol_jpeg_truncated);
	return FALSE;
}

static void skip(j_decompress_ptr info, long n) {
	struct jpeg_source_mgr *src = info->src;
	if (n <= 0)
		return;
	if ((size_t)n > src->bytes_in_buffer)
		leave(session_of((j_common_ptr)info), acol_jpeg_truncated);
	src->next_input_byte += n;
	src->bytes_in_buffer -= n;
}

// on_progress bounds the scans, whatever libjpeg takes for one.
static void on_progress(j_common_ptr info) {
	struct session *s = session_of(info);
	if (((j_decompress_ptr)info)->input_scan_number > s->want.scans)
		fail(s, "it has too many scans");
}

// to_rgb turns n pixels C, M, Y, K into R, G, B, 255 as PIL does: the values are taken to be
// inverted, which is Adobe's way, and the result is that of its cmyk2rgb, rounding included.
static void to_rgb(unsigned char *dst, const unsigned char *src, size_t n) {
	for (; n > 0; n--, src += 4, dst += 4) {
		unsigned black = src[3];
		for (int c = 0; c < 3; c++) {
			unsigned v = (255 - src[c]) * black + 128;
			int light = (int)black - (int)(((v >> 8) + v) >> 8);
			dst[c] = light < 0 ? 0 : light;
		}
		dst[3] = 255;
	}
}

// begin makes the session ready to give rows.
static void begin(struct session *s) {
	j_decompress_ptr info = &s->info;
	struct acol_jpeg_want want = s->want;
	jpeg_create_decompress(info);
	info->src = &s->source;
	info->progress = &s->progress;
	jpeg_read_header(info, TRUE);
	if ((int)info->image_width != want.width || (int)info->image_height != want.height)
		fail(s, "it has two frame headers");
	info->scale_num = 1;
	info->scale_denom = want.scale;
	info->out_color_space = want.channels == 1 ? JCS_GRAYSCALE
		: info->num_components == 4            ? JCS_CMYK
											   : JCS_EXT_RGBA;
	jpeg_start_decompress(info);
	if (info->output_components != want.channels ||
		(int)info->output_width != (want.width + want.scale - 1) / want.scale ||
		(int)info->output_height != (want.height + want.scale - 1) / want.scale)
		fail(s, "its pixels are not those of its header");
}

// let_go gives memory of coefficients back to the system, once the pixels that they stand for are
// made: a file of several scans has the coefficients of the whole picture. A row of them is looked
// at again for the two rows of units that follow.
static void let_go(struct session *s) {
#ifdef __linux__
	enum { again = 3 };
	j_decompress_ptr info = &s->info;
	jvirt_barray_ptr *planes = info->coef->coef_arrays;
	if (!s->want.frugal || planes == NULL || info->output_iMCU_row <= again)
		return;
	uintptr_t page = sysconf(_SC_PAGESIZE);
	for (int c = 0; c < info->num_components; c++) {
		jpeg_component_info *plane = &info->comp_info[c];
		JDIMENSION h = plane->h_samp_factor;
		JDIMENSION done = (info->output_iMCU_row - again) * plane->v_samp_factor;
		size_t length = (plane->width_in_blocks + h - 1) / h * h * sizeof(JBLOCK);
		struct rows *gone = &s->gone[c];
		for (; gone->n < done && gone->n < plane->height_in_blocks; gone->n++) {
			uintptr_t at = (uintptr_t)info->mem->access_virt_barray(
				(j_common_ptr)info, planes[c], gone->n, 1, FALSE)[0];
			if (at != gone->to)
				gone->from = (at + page - 1) / page * page;
			gone->to = at + length;
			uintptr_t end = gone->to / page * page;
			if (end > gone->from) {
				madvise((void *)gone->from, end - gone->from, MADV_DONTNEED);
				gone->from = end;
			}
		}
	}
#endif
}

// strip is how many rows are decoded at once, at most.
enum { strip = 8 };

// read_rows decodes up to strip rows and gives their number, which is not 0.
static int read_rows(struct session *s, JSAMPROW rows[strip]) {
	j_decompress_ptr info = &s->info;
	JDIMENSION left = info->output_height - info->output_scanline;
	JDIMENSION got = jpeg_read_scanlines(info, rows, left < strip ? left : strip);
	for (JDIMENSION i = 0; info->out_color_space == JCS_CMYK && i < got; i++)
		to_rgb(rows[i], rows[i], info->output_width);
	let_go(s);
	return got;
}

// drop_zeros gives the memory of the pixels back to the system until there are pixels for it. It
// holds zeros alone, which Go has written where it uses memory again.
static void drop_zeros(struct session *s) {
#ifdef __linux__
	struct acol_jpeg_want want = s->want;
	if (!want.frugal)
		return;
	size_t n = (size_t)((want.width + want.scale - 1) / want.scale) *
		((want.height + want.scale - 1) / want.scale) * want.channels;
	uintptr_t page = sysconf(_SC_PAGESIZE), at = (uintptr_t)s->pixels;
	uintptr_t from = (at + page - 1) / page * page, to = (at + n) / page * page;
	if (to > from)
		madvise((void *)from, to - from, MADV_DONTNEED);
#endif
}

static void decode(struct session *s) {
	drop_zeros(s);
	begin(s);
	j_decompress_ptr info = &s->info;
	size_t stride = (size_t)info->output_width * info->output_components;
	while (info->output_scanline < info->output_height) {
		JSAMPROW rows[strip];
		for (int i = 0; i < strip; i++) {
			size_t at = info->output_scanline + i;
			rows[i] = at < info->output_height ? s->pixels + at * stride : NULL;
		}
		read_rows(s, rows);
	}
}

// room is memory that lasts as long as the session.
static void *room(struct session *s, size_t n) {
	return s->info.mem->alloc_large((j_common_ptr)&s->info, JPOOL_IMAGE, n);
}

// check_axis fails unless the results of an axis are made of inputs below limit, in order.
static void check_axis(struct session *s, struct acol_axis a, int limit) {
	int first = 0, last = 0;
	for (int i = 0; i < a.n; i++) {
		const int32_t *r = a.results + (size_t)i * (2 + a.most);
		if (r[0] < first || r[1] < 1 || r[1] > a.most || r[0] + r[1] - 1 < last || r[0] + r[1] > limit)
			fail(s, "it is resized from pixels that it has not");
		first = r[0];
		last = r[0] + r[1] - 1;
	}
}

// resize keeps as many narrowed rows as one row of the result takes, in a ring. All rows are
// decoded, those that the result does not need as well, so that damage is found wherever it is.
static void resize(struct session *s) {
	begin(s);
	j_decompress_ptr info = &s->info;
	struct acol_axis columns = s->columns, rows = s->rows;
	int vectors = s->want.vectors && acol_resize_has_vectors();
	check_axis(s, columns, info->output_width);
	check_axis(s, rows, info->output_height);
	size_t wide = 4 * ((size_t)info->output_width + 1), narrow = 4 * (size_t)columns.n;
	JSAMPROW decoded[strip];
	decoded[0] = room(s, strip * wide);
	for (int i = 1; i < strip; i++)
		decoded[i] = decoded[0] + i * wide;
	uint8_t *ring = room(s, rows.most * narrow), *result = room(s, narrow);
	uint8_t **inputs = room(s, rows.most * sizeof *inputs);
	const int32_t *next = rows.results, *end = next + (size_t)rows.n * (2 + rows.most);
	uint8_t *dst = s->pixels;
	while (info->output_scanline < info->output_height) {
		int at = info->output_scanline, got = read_rows(s, decoded);
		for (int i = 0; i < got && next < end; i++, at++) {
			if (at < next[0])
				continue;
			acol_resize_columns(ring + at % rows.most * narrow, decoded[i], columns, vectors);
			for (; next < end && at >= next[0] + next[1] - 1; next += 2 + rows.most) {
				for (int k = 0; k < next[1]; k++)
					inputs[k] = ring + (next[0] + k) % rows.most * narrow;
				acol_resize_rows(result, inputs, next + 2, next[1], narrow, vectors);
				for (size_t x = 0; x < narrow; x += 4, dst += 3)
					memcpy(dst, result + x, 3);
			}
		}
	}
}

// guarded works with a place to come back to.
static void guarded(struct session *s) {
	if (setjmp(s->out) == 0)
		s->work(s);
}

static int run(struct session *s, const unsigned char *file, size_t n, char *message) {
	s->info.err = jpeg_std_error(&s->errors);
	s->info.client_data = s;
	s->errors.error_exit = on_error;
	s->errors.emit_message = on_message;
	s->errors.output_message = no_output;
	s->source.next_input_byte = file;
	s->source.bytes_in_buffer = n;
	s->source.init_source = no_source_step;
	s->source.fill_input_buffer = at_end;
	s->source.skip_input_data = skip;
	s->source.resync_to_restart = jpeg_resync_to_restart;
	s->source.term_source = no_source_step;
	s->progress.progress_monitor = on_progress;
	s->message = message;
	guarded(s);
	jpeg_destroy_decompress(&s->info);
	return s->result;
}

int acol_jpeg_decode(const unsigned char *file, size_t n, struct acol_jpeg_want want,
	unsigned char *pixels, char *message) {
	struct session s = {.want = want, .pixels = pixels, .work = decode};
	return run(&s, file, n, message);
}

int acol_jpeg_resize(const unsigned char *file, size_t n, struct acol_jpeg_want want,
	struct acol_axis columns, struct acol_axis rows, unsigned char *pixels, char *message) {
	struct session s = {
		.want = want, .columns = columns, .rows = rows, .pixels = pixels, .work = resize};
	return run(&s, file, n, message);
}
