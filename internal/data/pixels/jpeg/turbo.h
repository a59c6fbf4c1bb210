// JPEG files through libjpeg-turbo.

#include <stddef.h>

#include "resize.h"

enum { acol_jpeg_done, acol_jpeg_truncated, acol_jpeg_broken };

// What the caller knows of a file and wants of it.
struct acol_jpeg_want {
	int width, height; // of the picture, as its header says
	int channels;      // of the pixels: 1 for grey, 4 for R, G, B, 255
	int scale;         // 1, 2, 4 or 8: how many pixels of the picture a decoded one spans
	int scans;         // more of them are an error
	int frugal;        // 1 gives coefficients of several scans back as pixels are made of them
	int vectors;       // 0 keeps resizing from vector code, which gives the same
};

enum { acol_jpeg_message = 256 }; // bytes of a message, more than libjpeg's longest

// acol_jpeg_decode writes the pixels of a file of n bytes to pixels, rows of width*channels bytes.
// It says whether it could, and why not in message, which has acol_jpeg_message bytes.
int acol_jpeg_decode(const unsigned char *file, size_t n, struct acol_jpeg_want want,
	unsigned char *pixels, char *message);

// acol_jpeg_resize decodes a file strip by strip, to 4 channels, and resizes it. It writes the
// result to pixels, rows of columns.n values R, G, B. The rest is as for acol_jpeg_decode.
int acol_jpeg_resize(const unsigned char *file, size_t n, struct acol_jpeg_want want,
	struct acol_axis columns, struct acol_axis rows, unsigned char *pixels, char *message);

// acol_jpeg_version is the release of libjpeg-turbo.
const char *acol_jpeg_version(void);
