// The C interface of acol's native kernels: convolutions and reorders by oneDNN, and vector kernels
// for what lies between them. It speaks of layouts and memory; Specs are package native's. No
// function reads or writes a tensor after it has returned. Threads may call functions at the same
// time, but on objects of their own.
#ifndef ACOL_NATIVE_H
#define ACOL_NATIVE_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Formats of activations (N,C,H,W). Ids from acol_first_weights on are layouts of weights
// that oneDNN chose, one for each shape and order.
enum {
	acol_plain = 1,     // float32, row-major
	acol_nhwc = 2,      // float32, channels innermost
	acol_blocked = 3,   // float32, nChw<block>c, the last block filled with zeros
	acol_half_nhwc = 4, // bfloat16, channels innermost
	acol_first_weights = 16
};

// acol_block is how many channels a block has: 16 where oneDNN uses AVX-512, else 8.
int acol_block(void);
// acol_isa names the instruction set that oneDNN uses on this processor.
const char *acol_isa(void);
// acol_usable says whether the processor has AVX2, which all kernels need.
int acol_usable(void);
// acol_has_bf16 says whether the processor has instructions that multiply bfloat16.
int acol_has_bf16(void);
void acol_dnnl_version(int *major, int *minor, int *patch);
// acol_set_threads sets the threads of everything that the calling thread starts from now on.
void acol_set_threads(int n);

// acol_set_library_team says whether oneDNN's work is done by the team that computes all else, as
// at first, or by the threads that oneDNN was built with. It is called before anything computes.
void acol_set_library_team(int on);
// acol_stands_in says whether this program has a function of OpenMP, and whether libraries call it
// rather than that of another library.
int acol_stands_in(const char *name);
// acol_library_path is the file that oneDNN was loaded from.
const char *acol_library_path(void);

typedef struct {
	int n, c, h, w, o, kh, kw, sh, sw, ph, pw, dh, dw, groups, oh, ow;
} acol_geometry;

enum { acol_forward, acol_back_data, acol_back_weights };
enum { acol_with_bias = 1, acol_with_sum = 2, acol_inference = 4, acol_winograd = 8 };
// The activations. A convolution or a norm ends with none, relu or relu6.
enum { acol_act_none, acol_act_relu, acol_act_relu6, acol_act_sigmoid, acol_act_silu,
		acol_act_gelu, acol_acts };

typedef struct acol_conv acol_conv;

// acol_conv_new prepares a convolution between two formats of activations; acol_conv_weights gives
// the layout of its weights. It returns NULL, with a message in err, where oneDNN has nothing but
// its reference code for the convolution.
acol_conv *acol_conv_new(int kind, const acol_geometry *g, int flags, int act, int x_format,
		int y_format, char *err, size_t err_len);
void acol_conv_free(acol_conv *c);
int acol_conv_weights(const acol_conv *c);
const char *acol_conv_impl(const acol_conv *c);
size_t acol_conv_scratch(const acol_conv *c); // bytes
// acol_conv_run: forward x, w, bias, y; back_data dx, w, NULL, dy; back_weights x, dw, NULL, dy.
// scratch is 64-byte aligned.
int acol_conv_run(acol_conv *c, void *x, void *w, void *bias, void *y, void *scratch);

// acol_size is how many bytes a tensor of n dimensions takes in a layout.
size_t acol_size(int n, const int *dims, int layout);

typedef struct acol_reorder acol_reorder;
acol_reorder *acol_reorder_new(int n, const int *dims, int from, int to, char *err, size_t err_len);
void acol_reorder_free(acol_reorder *r);
int acol_reorder_run(acol_reorder *r, void *src, void *dst);

// acol_shape is an activation in memory: images*blocks slabs of rows of lanes
// values. Channel l of slab s is (s % blocks)*lanes + l; those from channels on are zeros.
typedef struct {
	int images, blocks, rows, lanes, channels, half, height, width;
} acol_shape;

typedef struct {
	int kh, kw, sh, sw, ph, pw, oh, ow;
} acol_window;

// acol_padded is the length of a channel vector: an image in blocks may have more lanes than
// channels. acol_partial_floats is how many floats of working memory the sums of channels need.
int acol_padded(const acol_shape *s);
size_t acol_partial_floats(const acol_shape *s);

// ACOL_KERNELS lists the vector kernels, each K(name, parameters, arguments). half says that the
// elements of void pointers are bfloat16, as acol_shape does; else they are float32.
//
// mean, scale, shift, kdy, kx, k0 are channel vectors of acol_padded floats, zeros behind the last
// channel; partial holds acol_partial_floats; stats and sums are (2,C).
//
#define ACOL_KERNELS(K) \
	K(add, (int half, int relu, size_t n, void *z, const void *a, const void *b), \
		(half, relu, n, z, a, b)) \
	K(relu_back_add, (int half, size_t n, void *dx, const void *y, const void *dy1, const void *dy2), \
		(half, n, dx, y, dy1, dy2)) \
	K(curve, (int half, int act, size_t n, void *y, const void *x), (half, act, n, y, x)) \
	K(curve_back, (int half, int act, size_t n, void *dx, const void *at, const void *dy), \
		(half, act, n, dx, at, dy)) \
	K(scale_channels, (const acol_shape *s, void *y, const void *x, const float *factors), \
		(s, y, x, factors)) \
	K(scale_channels_back, (const acol_shape *s, float *ds, const void *x, const void *dy), \
		(s, ds, x, dy)) \
	K(channel_sum, (const acol_shape *s, float *out, const void *x, float *partial), \
		(s, out, x, partial)) \
	K(norm_stats, (const acol_shape *s, float *stats, const void *x, float *partial), \
		(s, stats, x, partial)) \
	K(norm, (const acol_shape *s, int act, void *y, const void *x, const float *mean, \
		const float *scale, const float *shift, const void *residual), \
		(s, act, y, x, mean, scale, shift, residual)) \
	K(norm_back_params, (const acol_shape *s, int act, float *sums, const void *x, const float *mean, \
		const float *scale, const float *shift, const void *dy, float *partial), \
		(s, act, sums, x, mean, scale, shift, dy, partial)) \
	K(norm_back_data, (const acol_shape *s, int act, void *dx, const void *x, const float *mean, \
		const float *scale, const float *shift, const float *kdy, const float *kx, const float *k0, \
		const void *dy), \
		(s, act, dx, x, mean, scale, shift, kdy, kx, k0, dy)) \
	K(layer_norm, (const acol_shape *s, float eps, void *y, const void *x, const float *scale, \
		const float *shift), \
		(s, eps, y, x, scale, shift)) \
	K(layer_norm_back_params, (const acol_shape *s, float eps, float *sums, const void *x, \
		const void *dy, float *kept, float *partial), \
		(s, eps, sums, x, dy, kept, partial)) \
	K(layer_norm_back_data, (const acol_shape *s, float eps, void *dx, const void *x, \
		const float *scale, const void *dy), \
		(s, eps, dx, x, scale, dy)) \
	K(max_pool, (const acol_shape *s, const acol_window *w, void *y, const void *x), (s, w, y, x)) \
	K(max_pool_back, (const acol_shape *s, const acol_window *w, void *dx, const void *x, \
		const void *dy), \
		(s, w, dx, x, dy)) \
	K(avg_pool, (const acol_shape *s, const acol_window *w, void *y, const void *x), (s, w, y, x)) \
	K(avg_pool_back, (const acol_shape *s, const acol_window *w, void *dx, const void *dy), \
		(s, w, dx, dy)) \
	K(lrn, (const acol_shape *s, int size, float alpha, float k, void *y, const void *x), \
		(s, size, alpha, k, y, x)) \
	K(lrn_back, (const acol_shape *s, int size, float alpha, float k, void *dx, const void *x, \
		const void *dy), \
		(s, size, alpha, k, dx, x, dy)) \
	K(global_avg, (const acol_shape *s, float *y, const void *x), (s, y, x)) \
	K(global_avg_back, (const acol_shape *s, void *dx, const float *dy), (s, dx, dy)) \
	K(copy_channels, (const acol_shape *a, const acol_shape *b, void *y, const void *x, int from, \
		int to, int count), \
		(a, b, y, x, from, to, count)) \
	K(class_map, (const acol_shape *s, float *y, const void *maps, const float *labels), \
		(s, y, maps, labels)) \
	K(erase, (const acol_shape *s, float delta, int or_equal, void *y, const void *x, \
		const float *map), \
		(s, delta, or_equal, y, x, map)) \
	K(sgd, (size_t n, float *w, const float *g, float *buf, float lr, float decay, float clip, \
		float mu, float keep, int nesterov), \
		(n, w, g, buf, lr, decay, clip, mu, keep, nesterov)) \
	K(adamw, (size_t n, float *w, const float *g, float *m, float *v, const float *by), \
		(n, w, g, m, v, by)) \
	K(blend, (size_t n, float *dst, const float *src, float keep, float take), \
		(n, dst, src, keep, take))

#define ACOL_DECLARE(name, parameters, arguments) void acol_##name parameters;
ACOL_KERNELS(ACOL_DECLARE)

#ifdef __cplusplus
}
#endif
#endif
