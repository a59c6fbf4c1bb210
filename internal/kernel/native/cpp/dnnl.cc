//go:build onednn && amd64 && cgo

// Convolutions and reorders by oneDNN, 2.x or 3.x.
#include "native.h"
#include "team.hh"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

using dnnl::algorithm;
using dnnl::memory;
using dnnl::primitive_attr;
using dnnl::prop_kind;
using desc = memory::desc;
using type = memory::data_type;
using tag = memory::format_tag;

namespace {

// The engine lives as long as the program, and a stream as long as its thread does.
dnnl::engine &engine() {
	static auto *e = new dnnl::engine(dnnl::engine::kind::cpu, 0);
	return *e;
}

dnnl::stream &stream() {
	static thread_local dnnl::stream s(engine());
	return s;
}

// chosen holds the layouts of weights that oneDNN chose; an id is the index plus
// acol_first_weights. All backends of a program share it.
struct {
	std::mutex mutex;
	std::vector<desc> layouts;
} chosen;

int weights_layout(const desc &d) {
	std::lock_guard<std::mutex> lock(chosen.mutex);
	for (size_t i = 0; i < chosen.layouts.size(); i++) {
		if (chosen.layouts[i] == d) return acol_first_weights + int(i);
	}
	chosen.layouts.push_back(d);
	return acol_first_weights + int(chosen.layouts.size()) - 1;
}

desc weights_desc(int layout) {
	std::lock_guard<std::mutex> lock(chosen.mutex);
	return chosen.layouts.at(layout - acol_first_weights);
}

#if DNNL_VERSION_MAJOR >= 3
memory::dims dims_of(const desc &d) { return d.get_dims(); }
type type_of(const desc &d) { return d.get_data_type(); }
#else
memory::dims dims_of(const desc &d) { return d.dims(); }
type type_of(const desc &d) { return d.data_type(); }
#endif

bool is_half(int format) { return format == acol_half_nhwc; }

desc activation(const memory::dims &dims, int format) {
	switch (format) {
	case acol_plain: return desc(dims, type::f32, tag::nchw);
	case acol_nhwc: return desc(dims, type::f32, tag::nhwc);
	case acol_blocked: return desc(dims, type::f32, acol_block() == 16 ? tag::nChw16c : tag::nChw8c);
	case acol_half_nhwc: return desc(dims, type::bf16, tag::nhwc);
	}
	throw std::runtime_error("unknown format of activations");
}

// described gives the description of a layout for tensors of the dimensions. Plain weights of a
// grouped convolution are described like the other layout of a reorder, with an axis for the
// groups.
desc described(const memory::dims &dims, int layout, int beside) {
	if (layout >= acol_first_weights) return weights_desc(layout);
	if (beside >= acol_first_weights) {
		if (layout != acol_plain)
			throw std::runtime_error("weights go between plain and oneDNN's layouts alone");
		auto d = dims_of(weights_desc(beside));
		return desc(d, type::f32, d.size() == 5 ? tag::goihw : tag::oihw);
	}
	return activation(dims, layout);
}

void say(char *err, size_t len, const char *what) {
	if (len > 0) snprintf(err, len, "%s", what);
}

// spare throws unless the process may take some more memory. oneDNN writes the code of a primitive
// without asking whether it got memory for it, and crashes.
void spare() {
	const size_t enough = 8 << 20;
	void *m = mmap(nullptr, enough, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED) throw std::bad_alloc();
	munmap(m, enough);
}

struct convolution_setup {
	desc x, w, bias, y;
	memory::dims strides, dilates, padding;
	algorithm algo;
	prop_kind prop;
	primitive_attr attr;
};

convolution_setup set_up(int kind, const acol_geometry &g, int flags, int act, int x_format,
		int y_format) {
	convolution_setup s;
	s.x = activation({g.n, g.c, g.h, g.w}, x_format);
	s.y = activation({g.n, g.o, g.oh, g.ow}, y_format);
	type wt = is_half(x_format) && kind != acol_back_weights ? type::bf16 : type::f32;
	if (g.groups > 1) {
		s.w = desc({g.groups, g.o / g.groups, g.c / g.groups, g.kh, g.kw}, wt, tag::any);
	} else {
		s.w = desc({g.o, g.c, g.kh, g.kw}, wt, tag::any);
	}
	s.bias = flags & acol_with_bias ? desc({g.o}, type::f32, tag::x) : desc();
	s.strides = {g.sh, g.sw};
	s.dilates = {g.dh - 1, g.dw - 1};
	s.padding = {g.ph, g.pw};
	s.algo = flags & acol_winograd ? algorithm::convolution_winograd : algorithm::convolution_direct;
	s.prop = flags & acol_inference ? prop_kind::forward_inference : prop_kind::forward_training;
	s.attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
	dnnl::post_ops ops;
	if (flags & acol_with_sum) ops.append_sum(1.f);
	if (act != acol_act_none) {
		algorithm a = act == acol_act_relu ? algorithm::eltwise_relu : algorithm::eltwise_clip;
		float most = act == acol_act_relu ? 0.f : 6.f; // relu's is the slope of negative values
#if DNNL_VERSION_MAJOR >= 3
		ops.append_eltwise(a, 0.f, most);
#else
		ops.append_eltwise(1.f, a, 0.f, most);
#endif
	}
	s.attr.set_post_ops(ops);
	return s;
}

// trailing is the padding below and on the right that gives the output its size.
memory::dims trailing(const acol_geometry &g) {
	return {(g.oh - 1) * g.sh + (g.kh - 1) * g.dh + 1 - g.h - g.ph,
			(g.ow - 1) * g.sw + (g.kw - 1) * g.dw + 1 - g.w - g.pw};
}

using forward = dnnl::convolution_forward;
using back_data = dnnl::convolution_backward_data;
using back_weights = dnnl::convolution_backward_weights;

forward::primitive_desc forward_desc(const convolution_setup &s, const memory::dims &right,
		const primitive_attr &attr) {
#if DNNL_VERSION_MAJOR >= 3
	return {engine(), s.prop, s.algo, s.x, s.w, s.bias, s.y, s.strides, s.dilates, s.padding, right,
			attr};
#else
	if (s.bias.get_size() > 0) {
		return {forward::desc(s.prop, s.algo, s.x, s.w, s.bias, s.y, s.strides, s.dilates, s.padding,
				right), attr, engine()};
	}
	return {forward::desc(s.prop, s.algo, s.x, s.w, s.y, s.strides, s.dilates, s.padding, right), attr,
			engine()};
#endif
}

// hint is the forward convolution that the backward ones belong to.
forward::primitive_desc hint(const convolution_setup &s, const memory::dims &right) {
	convolution_setup f = s;
	f.prop = prop_kind::forward_training;
	if (type_of(f.x) == type::bf16) f.w = desc(dims_of(f.w), type::bf16, tag::any);
	return forward_desc(f, right, primitive_attr());
}

back_data::primitive_desc back_data_desc(const convolution_setup &s, const memory::dims &right) {
#if DNNL_VERSION_MAJOR >= 3
	return {engine(), s.algo, s.x, s.w, s.y, s.strides, s.dilates, s.padding, right, hint(s, right),
			s.attr};
#else
	return {back_data::desc(s.algo, s.x, s.w, s.y, s.strides, s.dilates, s.padding, right), s.attr,
			engine(), hint(s, right)};
#endif
}

back_weights::primitive_desc back_weights_desc(const convolution_setup &s,
		const memory::dims &right) {
#if DNNL_VERSION_MAJOR >= 3
	return {engine(), s.algo, s.x, s.w, s.y, s.strides, s.dilates, s.padding, right, hint(s, right),
			s.attr};
#else
	return {back_weights::desc(s.algo, s.x, s.w, s.y, s.strides, s.dilates, s.padding, right), s.attr,
			engine(), hint(s, right)};
#endif
}

} // namespace

struct acol_conv {
	dnnl::primitive primitive;
	memory x, w, bias, y, scratch;
	std::vector<dnnl_exec_arg_t> args;
	int weights = 0;
	size_t scratch_bytes = 0;
	std::string impl;

	template <class PD>
	void take(const PD &pd, const desc &wd) {
		impl = pd.impl_info_str();
		scratch_bytes = pd.scratchpad_desc().get_size();
		scratch = memory(pd.scratchpad_desc(), engine(), nullptr);
		w = memory(wd, engine(), nullptr);
		weights = weights_layout(wd);
	}

	void activations(const convolution_setup &s) {
		x = memory(s.x, engine(), nullptr);
		y = memory(s.y, engine(), nullptr);
	}

	void arguments(int ax, int aw, int ay) {
		args = {{ax, x.get()}, {aw, w.get()}, {ay, y.get()}, {DNNL_ARG_SCRATCHPAD, scratch.get()}};
		if (bias) args.push_back({DNNL_ARG_BIAS, bias.get()});
	}
};

struct acol_reorder {
	dnnl::primitive primitive;
	memory from, to, scratch;
	std::vector<dnnl_exec_arg_t> args;
};

extern "C" {

int acol_block(void) {
	static const int block = std::string(acol_isa()).rfind("avx512", 0) == 0 ? 16 : 8;
	return block;
}

int acol_usable(void) {
	return (strncmp(acol_isa(), "avx2", 4) == 0 || acol_block() == 16)
			&& __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

int acol_has_bf16(void) { return acol_block() == 16 && __builtin_cpu_supports("avx512bf16"); }

const char *acol_isa(void) {
	auto isa = dnnl::get_effective_cpu_isa();
	using dnnl::cpu_isa;
	switch (isa) {
	case cpu_isa::sse41: return "sse41";
	case cpu_isa::avx: return "avx";
	case cpu_isa::avx2: return "avx2";
	case cpu_isa::avx2_vnni: return "avx2-vnni";
	case cpu_isa::avx512_core: return "avx512";
	case cpu_isa::avx512_core_vnni: return "avx512-vnni";
	case cpu_isa::avx512_core_bf16: return "avx512-bf16";
	case cpu_isa::avx512_core_amx: return "avx512-amx";
#if DNNL_VERSION_MAJOR >= 3
	case cpu_isa::avx2_vnni_2: return "avx2-vnni2";
	case cpu_isa::avx512_core_fp16: return "avx512-fp16";
	case cpu_isa::avx512_core_amx_fp16: return "avx512-amx-fp16";
#endif
	default: return __builtin_cpu_supports("avx512f") ? "avx512" : "avx2";
	}
}

void acol_dnnl_version(int *major, int *minor, int *patch) {
	const dnnl_version_t *v = dnnl_version();
	*major = v->major, *minor = v->minor, *patch = v->patch;
}

acol_conv *acol_conv_new(int kind, const acol_geometry *g, int flags, int act, int x_format,
		int y_format, char *err, size_t err_len) {
	acol_library_call call;
	try {
		spare();
		auto c = std::make_unique<acol_conv>();
		convolution_setup s = set_up(kind, *g, flags, act, x_format, y_format);
		memory::dims right = trailing(*g);
		c->activations(s);
		if (kind == acol_forward) {
			auto pd = forward_desc(s, right, s.attr);
			c->take(pd, pd.weights_desc());
			if (flags & acol_with_bias) c->bias = memory(s.bias, engine(), nullptr);
			c->primitive = forward(pd);
			c->arguments(DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST);
		} else if (kind == acol_back_data) {
			auto pd = back_data_desc(s, right);
			c->take(pd, pd.weights_desc());
			c->primitive = back_data(pd);
			c->arguments(DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST);
		} else {
			auto pd = back_weights_desc(s, right);
			c->take(pd, pd.diff_weights_desc());
			c->primitive = back_weights(pd);
			c->arguments(DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST);
		}
		if (c->impl.find("ref") != std::string::npos) {
			say(err, err_len, ("oneDNN has reference code alone: " + c->impl).c_str());
			return nullptr;
		}
		return c.release();
	} catch (const std::exception &e) {
		say(err, err_len, e.what());
		return nullptr;
	}
}

void acol_conv_free(acol_conv *c) { delete c; }
int acol_conv_weights(const acol_conv *c) { return c->weights; }
const char *acol_conv_impl(const acol_conv *c) { return c->impl.c_str(); }
size_t acol_conv_scratch(const acol_conv *c) { return c->scratch_bytes; }

int acol_conv_run(acol_conv *c, void *x, void *w, void *bias, void *y, void *scratch) {
	acol_library_call call;
	try {
		c->x.set_data_handle(x);
		c->w.set_data_handle(w);
		c->y.set_data_handle(y);
		if (c->bias) c->bias.set_data_handle(bias);
		c->scratch.set_data_handle(scratch);
		return dnnl_primitive_execute(c->primitive.get(), stream().get(), int(c->args.size()),
				c->args.data());
	} catch (const std::exception &) {
		return dnnl_runtime_error;
	}
}

size_t acol_size(int n, const int *dims, int layout) {
	if (layout >= acol_first_weights) return weights_desc(layout).get_size();
	size_t count = 1;
	for (int i = 0; i < n; i++) {
		size_t d = dims[i];
		if (i == 1 && layout == acol_blocked) d = (d + acol_block() - 1) / acol_block() * acol_block();
		count *= d;
	}
	return count * (is_half(layout) ? 2 : 4);
}

acol_reorder *acol_reorder_new(int n, const int *dims, int from, int to, char *err,
		size_t err_len) {
	acol_library_call call;
	try {
		spare();
		memory::dims d(dims, dims + n);
		desc a = described(d, from, to), b = described(d, to, from);
		auto r = std::make_unique<acol_reorder>();
		primitive_attr attr;
		attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
		dnnl::reorder::primitive_desc pd(engine(), a, engine(), b, attr);
		r->primitive = dnnl::reorder(pd);
		r->from = memory(a, engine(), nullptr);
		r->to = memory(b, engine(), nullptr);
		r->scratch = memory(pd.scratchpad_desc(), engine());
		r->args = {{DNNL_ARG_FROM, r->from.get()}, {DNNL_ARG_TO, r->to.get()},
				{DNNL_ARG_SCRATCHPAD, r->scratch.get()}};
		return r.release();
	} catch (const std::exception &e) {
		say(err, err_len, e.what());
		return nullptr;
	}
}

void acol_reorder_free(acol_reorder *r) { delete r; }

int acol_reorder_run(acol_reorder *r, void *src, void *dst) {
	acol_library_call call;
	try {
		r->from.set_data_handle(src);
		r->to.set_data_handle(dst);
		return dnnl_primitive_execute(r->primitive.get(), stream().get(), int(r->args.size()),
				r->args.data());
	} catch (const std::exception &) {
		return dnnl_runtime_error;
	}
}

} // extern "C"
