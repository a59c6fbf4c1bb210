package engine

import "acol/internal/kernel"

// fuse joins neighbours into fewer passes over memory:
//   - a batch norm of fixed statistics goes into the weights of the convolution before it;
//   - a residual sum and an activation go into the convolution, batch norm or sum before them;
//   - the gradient of an activation goes into that of its batch norm, or into the sum before it.
//
// No result changes beyond rounding, except that the ReLU of a convolution may make zero of a NaN,
// as oneDNN does.
func fuse(list []*unit) []*unit {
	out := make([]*unit, 0, len(list))
	for _, u := range list {
		switch s := u.spec.(type) {
		case kernel.Norm:
			out = append(out, foldNorm(u, s)...)
		case kernel.Add:
			fuseResidual(u, s)
		case kernel.Curve:
			fuseCurve(u, s)
		case kernel.CurveBack:
			fuseCurveBack(u, s)
		case kernel.ClassMap, kernel.LabelMaps:
			keepExact(u.in[0])
		}
		out = append(out, u)
	}
	out = live(out)
	for _, u := range out {
		if c, ok := asConv(u); ok && u.in[1].fixed {
			c.Inference = true
			u.spec = c
		}
	}
	return out
}

// asConv gives a convolution, fused or not, as a fused one.
func asConv(u *unit) (kernel.ConvAct, bool) {
	switch s := u.spec.(type) {
	case kernel.Conv:
		return kernel.ConvAct{Conv: s}, true
	case kernel.ConvAct:
		return s, true
	}
	return kernel.ConvAct{}, false
}

// asNorm gives a batch norm, fused or not, as a fused one.
func asNorm(u *unit) (kernel.NormAct, bool) {
	switch s := u.spec.(type) {
	case kernel.Norm:
		return kernel.NormAct{Norm: s}, true
	case kernel.NormAct:
		return s, true
	}
	return kernel.NormAct{}, false
}

// foldNorm turns a batch norm of fixed statistics behind a convolution of fixed weights into a
// convolution of other weights. It returns the units that compute these weights.
func foldNorm(u *unit, s kernel.Norm) []*unit {
	conv := u.in[0]
	c, ok := asConv(conv)
	if !ok || conv.only() != u || c.Act != kernel.NoAct || c.Residual {
		return nil
	}
	x, w, bias := conv.in[0], conv.in[1], conv.in[2:]
	stats, scale, shift := u.in[1], u.in[2], u.in[3]
	for _, v := range append([]*unit{w, stats, scale, shift}, bias...) {
		if !v.fixed {
			return nil
		}
	}
	weights, offset := &unit{layer: conv.layer}, &unit{layer: conv.layer}
	weights.become(kernel.FoldWeights{W: c.Weights(), Eps: s.Eps}, w, stats, scale)
	offset.become(kernel.FoldBias{C: c.O, Eps: s.Eps, Bias: c.Bias},
		append([]*unit{stats, scale, shift}, bias...)...)
	c.Bias = true
	u.layer = conv.layer
	u.become(c, x, weights, offset)
	return []*unit{weights, offset}
}

// fuseResidual moves a sum into the convolution or batch norm that makes one of the summands, if
// possible the one that is computed last.
func fuseResidual(u *unit, s kernel.Add) {
	if s.Dims != 4 || u.in[0] == u.in[1] {
		return
	}
	last := 1
	if u.in[0].madeAfter(u.in[1]) {
		last = 0
	}
	for _, i := range []int{last, 1 - last} {
		a, other := u.in[i], u.in[1-i]
		if a.only() != u {
			continue
		}
		if c, ok := asConv(a); ok && c.Act == kernel.NoAct && !c.Residual && !c.Exact {
			c.Residual = true
			u.layer = a.layer
			u.become(c, append(append([]*unit{}, a.in...), other)...)
			return
		}
		if n, ok := asNorm(a); ok && n.Act == kernel.NoAct && !n.Residual {
			n.Residual = true
			u.layer = a.layer
			u.become(n, append(append([]*unit{}, a.in...), other)...)
			return
		}
	}
}

// fuseCurve moves an activation into the convolution, batch norm or sum before it.
func fuseCurve(u *unit, s kernel.Curve) {
	a := u.in[0]
	if a.only() != u || !s.F.Fused() {
		return
	}
	if _, sum := a.spec.(kernel.Add); sum && s.F == kernel.ReLU {
		u.take(a, kernel.AddReLU{X: s.X})
	} else if c, ok := asConv(a); ok && c.Act == kernel.NoAct {
		c.Act = s.F
		u.take(a, c)
	} else if n, ok := asNorm(a); ok && n.Act == kernel.NoAct {
		n.Act = s.F
		u.take(a, n)
	}
}

// take makes u compute spec of the operands of a, which it replaces.
func (u *unit) take(a *unit, spec kernel.Spec) {
	if a.layer != "" {
		u.layer = a.layer
	}
	u.become(spec, append([]*unit{}, a.in...)...)
}

// fuseCurveBack joins the gradient of an activation with that of the batch norm that ends with it,
// or with the sum of gradients before it.
func fuseCurveBack(u *unit, s kernel.CurveBack) {
	if fuseActBack(u) {
		return
	}
	y, dy := u.in[0], u.in[1]
	if a, ok := dy.spec.(kernel.Add); ok && s.F == kernel.ReLU && a.Dims == 4 && dy.only() == u {
		u.become(kernel.ReLUBackAdd{X: s.X}, y, dy.in[0], dy.in[1])
	}
}

// fuseActBack joins the gradient of an activation with that of the batch norm that ends with it,
// and says whether it could.
func fuseActBack(u *unit) bool {
	y, dy := u.in[0], u.in[1]
	n, ok := y.spec.(kernel.NormAct)
	if !ok || n.Act == kernel.NoAct || n.Residual || u.wanted || !onlyNormBack(u, y) {
		return false
	}
	x, stats, scale, shift := y.in[0], y.in[1], y.in[2], y.in[3]
	for _, user := range append([]*unit{}, u.users...) {
		switch b := user.spec.(type) {
		case kernel.NormBackParams:
			user.become(kernel.NormActBackParams{NormBackParams: b, Act: n.Act}, x, stats, scale, shift, dy)
		case kernel.NormBackData:
			user.become(kernel.NormActBackData{NormBackData: b, Act: n.Act}, x, stats, scale, shift,
				user.in[3], dy)
		}
	}
	return true
}

// onlyNormBack says whether the gradient dy is used by nothing but the gradient of the batch norm
// y.
func onlyNormBack(dy, y *unit) bool {
	for _, user := range dy.users {
		switch user.spec.(type) {
		case kernel.NormBackParams, kernel.NormBackData:
			if user.in[0] != y.in[0] || user.in[1] != y.in[1] {
				return false
			}
		default:
			return false
		}
	}
	return len(dy.users) > 0
}

// keepExact asks for float32 maps, since localization compares their values at a thousand
// thresholds.
func keepExact(u *unit) {
	if c, ok := asConv(u); ok && c.Act == kernel.NoAct {
		c.Exact = true
		u.spec = c
	}
}
