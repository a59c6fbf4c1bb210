package main

import (
	"fmt"
	"strings"

	"acol/internal/recipe"
	"acol/internal/train"
)

// waysOf says in a line each by which method a recipe trains, with all that changes images and
// features at random, and how a step moves the parameters. What every training does is not said.
func waysOf(rec *recipe.Recipe) []string {
	var lines []string
	if method := rec.Method(); strings.Contains(method, " with ") {
		lines = append(lines, "method: "+method)
	}
	var update []string
	o := rec.Train.Optimizer
	if o.LayerDecay < 1 {
		update = append(update, fmt.Sprintf("rates times %g from stage to stage", o.LayerDecay))
	}
	if rec.Train.ClipNorm > 0 {
		update = append(update, fmt.Sprintf("gradients clipped at %g", rec.Train.ClipNorm))
	}
	if len(update) > 0 || o.Name != train.UseSGD {
		update = append([]string{"steps by " + string(o.Name)}, update...)
		lines = append(lines, strings.Join(update, ", "))
	}
	return lines
}

// adviseRates says what to do where a recipe asks for AdamW with the default rates, which are
// SGD's; empty where there is nothing to say.
func adviseRates(rec *recipe.Recipe) string {
	o, usual := rec.Train.Optimizer, train.DefaultConfig().Optimizer
	if o.Name != train.UseAdamW || o.LRBackbone != usual.LRBackbone || o.LRHeads != usual.LRHeads {
		return ""
	}
	return "these learning rates are the defaults, which suit sgd; " +
		"adamw usually wants about a tenth, and more decay: --set train.optimizer.lr_backbone=1e-4 " +
		"--set train.optimizer.lr_heads=1e-3 --set train.optimizer.weight_decay=0.05"
}
