// acol_jpeg_decode decodes a whole JPEG file.

#include <stddef.h>

enum { acol_jpeg_done, acol_jpeg_truncated, acol_jpeg_broken };

// What the caller knows of a file and wants of it.
struct acol_jpeg_want {
	int width, height; // of the picture, as its header says
	int channels;      // of the result: 1 for grey, 4 for R, G, B, 255
	int scans;         // more of them are an error
};

enum { acol_jpeg_message = 256 }; // bytes of a message, more than libjpeg's longest

// acol_jpeg_decode writes the pixels of a file of n bytes to pixels, rows of width*channels bytes.
// It says whether it could, and why not in message, which has acol_jpeg_message bytes.
int acol_jpeg_decode(const unsigned char *file, size_t n, struct acol_jpeg_want want,
	unsigned char *pixels, char *message);

// acol_jpeg_version is the release of libjpeg-turbo.
const char *acol_jpeg_version(void);
