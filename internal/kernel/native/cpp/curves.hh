// Element-wise kernels: activations, sums, the optimizer's step.

// exp16 is e^x to a few units of the last place, by 2^n times a polynomial of the rest (Cephes'
// expf).
inline lanes16 exp16(lanes16 x) {
	x = x > 88.f ? lanes16{} + 88.f : x;
	x = x < -87.f ? lanes16{} - 87.f : x;
	lanes16 t = x * 1.44269504088896341f;
	lanes16 n = t + 12582912.f - 12582912.f; // to the nearest whole number
	x -= n * 0.693359375f;
	x -= n * -2.12194440e-4f;
	lanes16 p = lanes16{} + 1.9875691500e-4f;
	p = p * x + 1.3981999507e-3f;
	p = p * x + 8.3334519073e-3f;
	p = p * x + 4.1665795894e-2f;
	p = p * x + 1.6666665459e-1f;
	p = p * x + 5.0000001201e-1f;
	p = p * x * x + x + 1.f;
	return p * (lanes16)((__builtin_convertvector(n, ints16) + 127) << 23);
}

inline lanes16 sigmoid16(lanes16 x) { return 1.f / (1.f + exp16(-x)); }

// tail16 is the distribution function of the normal distribution at -|x|, and sets bell to
// e^(-x*x/2). It is half of erfc(z) = e^(-z*z) times a polynomial in 1/(1+z/2), z = |x|/sqrt(2),
// whose relative error is 4e-8: no digit is lost where the result is small.
inline lanes16 tail16(lanes16 x, lanes16 &bell) {
	lanes16 a = x < 0.f ? -x : x, h = a * a * -0.5f;
	bell = h < -87.f ? lanes16{} : exp16(h);
	lanes16 t = 1.f / (1.f + a * 0.353553391f);
	lanes16 p = lanes16{} + -5.889078602e-02f;
	p = p * t + 2.837019861e-01f;
	p = p * t + -4.853836596e-01f;
	p = p * t + 2.759780288e-01f;
	p = p * t + -2.517754026e-02f;
	p = p * t + 2.020697445e-01f;
	p = p * t + 2.432610393e-01f;
	p = p * t + 2.823534906e-01f;
	p = p * t + 2.820876837e-01f;
	return p * t * bell * 0.5f;
}

// passes16 is the gradient g behind ReLU or ReLU6 at the output v.
template <int Act>
inline lanes16 passes16(lanes16 v, lanes16 g) {
	if (Act != acol_act_none) g = v > 0 ? g : lanes16{};
	if (Act == acol_act_relu6) g = v < 6 ? g : lanes16{};
	return g;
}

template <int Act>
inline lanes16 curve16(lanes16 x) {
	if (Act == acol_act_gelu) {
		lanes16 bell, q = tail16(x, bell);
		return x * (x > 0.f ? 1.f - q : q);
	}
	if (Act == acol_act_sigmoid) return sigmoid16(x);
	if (Act == acol_act_silu) return x * sigmoid16(x);
	x = x < 0.f ? lanes16{} : x;
	if (Act == acol_act_relu6) x = x > 6.f ? lanes16{} + 6.f : x;
	return x;
}

template <int Act>
inline lanes16 curve_back16(lanes16 at, lanes16 dy) {
	if (Act == acol_act_gelu) {
		lanes16 bell, q = tail16(at, bell);
		// The density is the bell over sqrt(2 pi).
		return dy * ((at > 0.f ? 1.f - q : q) + at * bell * 0.398942280f);
	}
	if (Act == acol_act_sigmoid) return dy * at * (1.f - at);
	if (Act == acol_act_silu) {
		lanes16 s = sigmoid16(at);
		return dy * (s + at * s * (1.f - s));
	}
	return passes16<Act>(at, dy);
}

template <int Act, class T>
void curve_of(size_t n, T *y, const T *x) {
	each16(n, [=](long i, int k) { store16(y + i, curve16<Act>(load16(x + i, k)), k); });
}

template <int Act, class T>
void curve_back_of(size_t n, T *dx, const T *at, const T *dy) {
	each16(n, [=](long i, int k) { store16(dx + i,
			curve_back16<Act>(load16(at + i, k), load16(dy + i, k)), k); });
}

template <int Act>
using act_constant = std::integral_constant<int, Act>;

// on_act calls f with the activation of a norm as a constant.
template <class F>
void on_act(int act, F f) {
	switch (act) {
	case acol_act_relu: return f(act_constant<acol_act_relu>());
	case acol_act_relu6: return f(act_constant<acol_act_relu6>());
	default: return f(act_constant<acol_act_none>());
	}
}

// on_curve calls f with an activation as a constant.
template <class F>
void on_curve(int act, F f) {
	switch (act) {
	case acol_act_gelu: return f(act_constant<acol_act_gelu>());
	case acol_act_sigmoid: return f(act_constant<acol_act_sigmoid>());
	case acol_act_silu: return f(act_constant<acol_act_silu>());
	case acol_act_relu6: return f(act_constant<acol_act_relu6>());
	default: return f(act_constant<acol_act_relu>());
	}
}

template <class T, bool Relu>
void add_of(size_t n, T *z, const T *a, const T *b) {
	flat(n, [=](long lo, long hi) {
#pragma omp simd
		for (long i = lo; i < hi; i++) {
			float v = load(a + i) + load(b + i);
			store(z + i, Relu && v < 0 ? 0.f : v);
		}
	});
}

template <class T>
void relu_back_add_of(size_t n, T *dx, const T *y, const T *dy1, const T *dy2) {
	flat(n, [=](long lo, long hi) {
#pragma omp simd
		for (long i = lo; i < hi; i++) {
			// The loads depend on no condition, so that they vectorise.
			float g = load(dy1 + i) + load(dy2 + i), v = load(y + i);
			store(dx + i, v > 0 ? g : 0.f);
		}
	});
}

void add(int half_, int relu, size_t n, void *z, const void *a, const void *b) {
	if (relu) {
		TYPED(half_, (add_of<T, true>(n, (T *)z, (const T *)a, (const T *)b)))
	} else {
		TYPED(half_, (add_of<T, false>(n, (T *)z, (const T *)a, (const T *)b)))
	}
}

void relu_back_add(int half_, size_t n, void *dx, const void *y, const void *dy1, const void *dy2) {
	TYPED(half_, relu_back_add_of(n, (T *)dx, (const T *)y, (const T *)dy1, (const T *)dy2))
}

void curve(int half_, int act, size_t n, void *y, const void *x) {
	on_curve(act, [=](auto a) { TYPED(half_, (curve_of<a>(n, (T *)y, (const T *)x))) });
}

void curve_back(int half_, int act, size_t n, void *dx, const void *at, const void *dy) {
	on_curve(act, [=](auto a) { TYPED(half_,
			(curve_back_of<a>(n, (T *)dx, (const T *)at, (const T *)dy))) });
}
