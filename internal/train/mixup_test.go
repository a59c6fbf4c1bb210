package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"acol/internal/train"
)

// The bits are those that testdata/mixup.py prints.
func TestMixUpEqualsTorchvisionsToTheBit(t *testing.T) {
	x := make([]float32, 3*3*2*2)
	for i := range x {
		x[i] = float32(float32(i)*0.37) - 5
	}
	of := train.Blend(x, 3, 0.3)
	want := []uint32{
		0x3f9ba5e4, 0x40443958, 0x409d4fdf, 0xc023b645, 0xbf353f7c,
		0x3f922d0f, 0x403f7cee, 0x409af1aa,
	}
	for i, w := range want {
		if got := math.Float32bits(x[5*i]); got != w {
			t.Errorf("value %d is %#x, want %#x", 5*i, got, w)
		}
	}
	if !slices.Equal(of, []int{2, 0, 1}) {
		t.Errorf("images are blended with %v, want each with the one before", of)
	}
}

func TestTheBetaDistributionIsDrawnForAnyParameter(t *testing.T) {
	const draws = 20000
	for _, b := range []float64{1e-4, 0.02, 0.2, 1, 5, 20, 1e4} {
		rng := rand.New(rand.NewPCG(1, uint64(b*1e4)))
		mean, square := 0.0, 0.0
		for range draws {
			v := train.Beta(b, rng)
			if !(v >= 0 && v <= 1) {
				t.Fatalf("beta %g draws %g", b, v)
			}
			mean += v / draws
			square += (v - 0.5) * (v - 0.5) / draws
		}
		if math.Abs(mean-0.5) > 0.015 {
			t.Errorf("beta %g: mean %.4f, want 0.5", b, mean)
		}
		if want := 1 / (4 * (2*b + 1)); math.Abs(square/want-1) > 0.05 {
			t.Errorf("beta %g: variance %g, want %g", b, square, want)
		}
	}
}

// A recipe of before draws as it did.
func TestTheDrawsOfCutMixStay(t *testing.T) {
	var got []string
	for _, b := range []float64{0.05, 1, 8} {
		got = append(got, fmt.Sprintf("%.6g", train.Beta(b, rand.New(rand.NewPCG(3, 4)))))
	}
	if want := []string{"1.02046e-06", "0.0912254", "0.367508"}; !slices.Equal(got, want) {
		t.Errorf("draws %v, want %v", got, want)
	}
}

func TestWhereBothMethodsAreOnEachBatchDrawsOne(t *testing.T) {
	const n, size = 4, 8
	count := func(cut, up float64) (cuts, blends int) {
		cfg := train.Config{
			Seed: 5, CutMix: train.CutMix{Probability: cut, Beta: 1},
			MixUp: train.MixUp{Probability: up, Alpha: 0.4},
		}
		for step := range 1000 {
			x := numbered(n, size)
			m, ok := train.Mix(cfg, x, n, size, 2, step)
			whole := numbered(n, size)
			switch {
			case !ok:
				if !slices.Equal(x, whole) {
					t.Fatal("a batch that is not mixed was changed")
				}
			case m.Bottom > m.Top || m.Kept == 1:
				cuts++
			default:
				blends++
				before := whole[m.Of[1]*3*size*size]
				own, kept := whole[3*size*size], float32(m.Kept)
				want := float32(before*float32(1-m.Kept)) + float32(own*kept)
				if x[3*size*size] != want {
					t.Fatalf("step %d: %g, want %g", step, x[3*size*size], want)
				}
			}
		}
		return cuts, blends
	}
	if cuts, blends := count(1, 1); cuts+blends != 1000 || cuts < 450 || cuts > 550 {
		t.Errorf("%d batches are cut and %d blended, want half and half of 1000", cuts, blends)
	}
	if cuts, blends := count(0, 0.5); cuts != 0 || blends < 450 || blends > 550 {
		t.Errorf("mixup alone, at one half: %d cut, %d blended", cuts, blends)
	}
	if cuts, blends := count(0.2, 1); cuts < 60 || cuts > 140 || blends < 450 || blends > 550 {
		t.Errorf("cutmix at 0.2 and mixup at 1: %d cut, %d blended, want 100 and 500", cuts, blends)
	}
}
