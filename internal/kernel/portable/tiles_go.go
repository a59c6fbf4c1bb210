package portable

import "unsafe"

var goTiles = []tile{nil, goTile1, goTile2, goTile3, goTile4}

// at reads the float32 i bytes behind p.
func at(p *float32, i int) float32 { return *(*float32)(unsafe.Add(unsafe.Pointer(p), i)) }

func ptr(p *float32, i int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), i)) }

// goTile4 has 4 rows and 4 columns, as two tiles of 2x4, which fit the registers.
func goTile4(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, bias *float32,
	add bool) {
	goTile2(k, a, rs, cs, b, ldb, c, ldc, bias, add)
	goTile2(k, ptr(a, 2*rs), rs, cs, b, ldb, ptr(c, 2*ldc), ldc, bias, add)
}

func goTile3(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, bias *float32,
	add bool) {
	goTile2(k, a, rs, cs, b, ldb, c, ldc, bias, add)
	goTile1(k, ptr(a, 2*rs), rs, cs, b, ldb, ptr(c, 2*ldc), ldc, bias, add)
}

func goTile2(k int, a *float32, rs, cs int, b *float32, ldb int, c *float32, ldc int, bias *float32,
	add bool) {
	v := (*[4]float32)(unsafe.Pointer(bias))
	s0, s1, s2, s3 := v[0], v[1], v[2], v[3]
	t0, t1, t2, t3 := s0, s1, s2, s3
	for l := range k {
		q := (*[4]float32)(unsafe.Pointer(ptr(b, l*ldb)))
		x, y := at(a, l*cs), at(a, rs+l*cs)
		s0 += x * q[0]
		s1 += x * q[1]
		s2 += x * q[2]
		s3 += x * q[3]
		t0 += y * q[0]
		t1 += y * q[1]
		t2 += y * q[2]
		t3 += y * q[3]
	}
	putRow(c, add, s0, s1, s2, s3)
	putRow(ptr(c, ldc), add, t0, t1, t2, t3)
}

func goTile1(k int, a *float32, _, cs int, b *float32, ldb int, c *float32, _ int, bias *float32,
	add bool) {
	v := (*[4]float32)(unsafe.Pointer(bias))
	s0, s1, s2, s3 := v[0], v[1], v[2], v[3]
	for l := range k {
		q := (*[4]float32)(unsafe.Pointer(ptr(b, l*ldb)))
		x := at(a, l*cs)
		s0 += x * q[0]
		s1 += x * q[1]
		s2 += x * q[2]
		s3 += x * q[3]
	}
	putRow(c, add, s0, s1, s2, s3)
}

func putRow(c *float32, add bool, s0, s1, s2, s3 float32) {
	r := (*[4]float32)(unsafe.Pointer(c))
	if add {
		s0, s1, s2, s3 = s0+r[0], s1+r[1], s2+r[2], s3+r[3]
	}
	*r = [4]float32{s0, s1, s2, s3}
}
