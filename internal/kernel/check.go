package kernel

import "fmt"

// check says what makes a Spec impossible to compile.
func check(s Spec, in []Layout) error {
	if err := checkAttributes(s); err != nil {
		return err
	}
	shapes := s.In()
	if len(in) != len(shapes) {
		return fmt.Errorf("compiling %T: %d layouts for %d inputs", s, len(in), len(shapes))
	}
	for _, shape := range append(shapes, s.Out()) {
		for _, d := range shape {
			if d <= 0 {
				return fmt.Errorf("compiling %T %+v: shape %v is empty", s, s, shape)
			}
		}
	}
	return nil
}

func checkAttributes(s Spec) error {
	switch s := s.(type) {
	case Conv:
		return s.Validate()
	case ConvAct:
		return s.Validate()
	case ConvBackData:
		return s.Validate()
	case ConvBackWeights:
		return s.Validate()
	case MaxPool:
		return s.validate()
	case MaxPoolBack:
		return s.validate()
	case AvgPool:
		return s.validate()
	case AvgPoolBack:
		return s.validate()
	case LRN:
		return s.validate()
	case LRNBack:
		return s.validate()
	case LayerNorm:
		return s.validate()
	case LayerNormBackParams:
		return s.validate()
	case LayerNormBackData:
		return s.validate()
	case AttentionDrop:
		return s.validate()
	case AttentionDropBack:
		return s.validate()
	case Add:
		if s.Dims < 0 || s.Dims > len(s.Shape) {
			return fmt.Errorf("add: %d dimensions, want 0 to %d", s.Dims, len(s.Shape))
		}
	case Concat:
		if s.Count < 1 || s.Count > MaxConcat {
			return fmt.Errorf("concat: %d parts, want 1 to %d", s.Count, MaxConcat)
		}
	case ChannelSlice:
		if s.From < 0 || s.To <= s.From || s.To > s.X[1] {
			return fmt.Errorf("channel slice: [%d,%d) of %d channels", s.From, s.To, s.X[1])
		}
	case Row:
		if s.I < 0 || s.I >= s.Rows {
			return fmt.Errorf("row: %d of %d", s.I, s.Rows)
		}
	}
	return nil
}

func (g PoolGeom) validate() error {
	if g.KH <= 0 || g.KW <= 0 || g.StrideH <= 0 || g.StrideW <= 0 || g.PadH < 0 || g.PadW < 0 {
		return fmt.Errorf("pool %+v: windows and strides must be positive, padding not negative", g)
	}
	return nil
}
