//go:build onednn && amd64 && cgo

#include "turbo.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#ifndef LIBJPEG_TURBO_VERSION
#error "this is another libjpeg than libjpeg-turbo"
#endif

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)

const char *acol_jpeg_version(void) { return TEXT_OF(LIBJPEG_TURBO_VERSION); }

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
	unsigned char *pixels;
	char *message;
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

static void decode(struct session *s) {
	j_decompress_ptr info = &s->info;
	jpeg_create_decompress(info);
	info->src = &s->source;
	info->progress = &s->progress;
	jpeg_read_header(info, TRUE);
	if ((int)info->image_width != s->want.width || (int)info->image_height != s->want.height)
		fail(s, "it has two frame headers");
	int inks = info->num_components == 4;
	info->out_color_space = s->want.channels == 1 ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_EXT_RGBA;
	jpeg_start_decompress(info);
	if (info->output_components != s->want.channels || (int)info->output_width != s->want.width ||
		(int)info->output_height != s->want.height)
		fail(s, "its colours are not those of its header");
	size_t stride = (size_t)info->output_width * info->output_components;
	while (info->output_scanline < info->output_height) {
		JSAMPROW rows[8];
		JDIMENSION want = info->output_height - info->output_scanline;
		if (want > 8)
			want = 8;
		for (JDIMENSION i = 0; i < want; i++)
			rows[i] = s->pixels + (info->output_scanline + i) * stride;
		JDIMENSION got = jpeg_read_scanlines(info, rows, want);
		for (JDIMENSION i = 0; inks && i < got; i++)
			to_rgb(rows[i], rows[i], info->output_width);
	}
}

// guarded decodes with a place to come back to.
static void guarded(struct session *s) {
	if (setjmp(s->out) == 0)
		decode(s);
}

int acol_jpeg_decode(const unsigned char *file, size_t n, struct acol_jpeg_want want,
	unsigned char *pixels, char *message) {
	struct session s;
	memset(&s, 0, sizeof s);
	s.info.err = jpeg_std_error(&s.errors);
	s.info.client_data = &s;
	s.errors.error_exit = on_error;
	s.errors.emit_message = on_message;
	s.errors.output_message = no_output;
	s.source.next_input_byte = file;
	s.source.bytes_in_buffer = n;
	s.source.init_source = no_source_step;
	s.source.fill_input_buffer = at_end;
	s.source.skip_input_data = skip;
	s.source.resync_to_restart = jpeg_resync_to_restart;
	s.source.term_source = no_source_step;
	s.progress.progress_monitor = on_progress;
	s.want = want;
	s.pixels = pixels;
	s.message = message;
	guarded(&s);
	jpeg_destroy_decompress(&s.info);
	return s.result;
}
