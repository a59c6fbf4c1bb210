package train

import "fmt"

// Column is a value of an epoch's record under the name that it has in tables.
type Column struct {
	Name string
	// Value is an int, a float64, a bool or a string; nil where the record lacks it.
	Value any
	// Curve says that the value is followed over the epochs.
	Curve bool
}

// Columns lists the values of a record. Records of one training have the same columns, in the same
// order; what is of val is called val_ and its name.
func (rec *EpochRecord) Columns() []Column {
	curve := func(name string, v any) Column { return Column{name, v, true} }
	columns := []Column{
		{"epoch", rec.Epoch, false}, {"steps", rec.Steps, false}, curve("loss", rec.Loss),
	}
	for i, l := range rec.Losses {
		columns = append(columns, curve(fmt.Sprintf("loss_%d", i+1), l))
	}
	columns = append(columns,
		curve("top1", rec.Top1),
		curve("lr_backbone", rec.LRBackbone), curve("lr_heads", rec.LRHeads),
		Column{"images", rec.Images, false}, Column{"skipped", rec.Skipped, false},
		Column{"seconds", rec.Seconds, false}, Column{"waited_seconds", rec.Waited, false},
		curve("waited_share", rec.WaitedShare), curve("images_per_second", rec.ImagesPerS),
	)
	columns = append(columns, rec.Validation.columns()...)
	return append(columns,
		Column{"best", rec.Best, false}, Column{"best_by", string(rec.BestBy), false},
		Column{"best_epoch", rec.BestEpoch, false},
		Column{"threads", rec.ThreadCount, false}, Column{"kernels", rec.Kernels, false},
	)
}

// columns lists the values of val; all are nil where v is.
func (v *Validation) columns() []Column {
	measured := v != nil
	if !measured {
		v = &Validation{}
	}
	of := func(name string, value any, curve bool) Column {
		if p, ok := value.(*float64); ok {
			value = nil
			if p != nil {
				value = *p
			}
		}
		if !measured || value == "" {
			value = nil
		}
		return Column{"val_" + name, value, curve}
	}
	return []Column{
		of("images", v.Images, false), of("skipped", v.Skipped, false), of("loss", v.Loss, true),
		of("top1", v.Top1, true), of("top5", v.Top5, true), of("collapsed", v.Collapsed, false),
		of("max_box_acc", v.MaxBoxAcc, true), of("threshold", v.Threshold, true),
		of("max_box_acc_v2", v.MaxBoxAccV2, true), of("top1_loc", v.Top1Loc, true),
		of("gt_known", v.GTKnown, true), of("box_threshold", string(v.BoxThreshold), false),
	}
}
