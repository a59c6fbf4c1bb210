package recipe

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Key describes one key of a recipe.
type Key struct {
	Name    string // dotted: train.batch_size
	Env     string // the variable that sets it: ACOL_TRAIN_BATCH_SIZE
	Type    string // what may be written: text, a whole number, a list of numbers …
	Default string // as YAML
	Doc     string // one line: meaning, unit, allowed values
}

// Keys lists every key in the order of the recipe.
func Keys() []Key {
	defaults := Default()
	list := make([]Key, 0, len(keys))
	for _, f := range keys {
		list = append(list, Key{
			Name: f.path, Env: f.env(), Type: typeName(f.typ),
			Default: asYAML(f.get(defaults)), Doc: docs[f.path],
		})
	}
	return list
}

// asYAML prints a value on one line.
func asYAML(v any) string {
	n := new(yaml.Node)
	if err := n.Encode(v); err != nil {
		return ""
	}
	if n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
	}
	raw, err := yaml.Marshal(n)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(raw), "\n")
}

// docs says in one line what a key means, its unit and its values.
var docs = map[string]string{
	"name": "name of the experiment and of its run folder; the file's name without its ending by default",

	"model.backbone.arch":                        "feature extractor: resnet, resnext, wide_resnet, vgg, googlenet, inception, mobilenet, squeezenet, efficientnet or convnext; docs/backbones.md lists them",
	"model.backbone.depth":                       "which of them: resnet 18, 34, 50, 101, 152; resnext 50_32x4d …; wide_resnet 50_2, 101_2; vgg 11, 13, 16, 19, or with _bn; googlenet v1; inception v3; mobilenet v2; squeezenet 1.0, 1.1; efficientnet b0 to b4; convnext tiny, small, base, large",
	"model.backbone.variant":                     `published structure: vgg has acol (the ACoL authors' pools), googlenet bvlc (Caffe's), inception wsol (wsolevaluation's), all torchvision; "" is torchvision`,
	"model.backbone.width":                       "factor on the channels; 1 is the published network, and the only one weights exist for",
	"model.backbone.stages":                      "cut the network after so many stages: resnet 1 to 5 (stem, layer1 … layer4), vgg 1 to 5, squeezenet 1 to 4 (by the pools), …; 0 keeps all",
	"model.backbone.output_stride":               "input pixels to one map pixel: 32, 16 or 8 as the network allows (docs/backbones.md); 0 is the variant's own",
	"model.backbone.weights":                     `.safetensors or .pth file to start from: torchvision's, a checkpoint of acol, whose heads are taken too if it has the same classes, or another code's (docs/weights.md); imagenet or imagenet-v2 fetches torchvision's once; "" starts from random weights`,
	"model.backbone.freeze_stages":               "how many first stages keep their weights: counted as in stages; 0 freezes none",
	"model.backbone.freeze_bn":                   "batch norm uses and keeps its running statistics in training",
	"model.backbone.attention_dropout.use":       "attention-based dropout layers in training, at wsolevaluation's places (vgg, the resnets, inception)",
	"model.backbone.attention_dropout.rate":      "how often a layer drops what it attends to most, 0 to 1; else it weighs by the attention",
	"model.backbone.attention_dropout.threshold": "share of the largest attention from which on a position is dropped, 0 to 1",
	"model.loss.name":                            "softmax (one label an image) or sigmoid (any number of labels an image)",
	"model.loss.smoothing":                       "share of a label that is spread over all classes, 0 to below 1 (p branches)",
	"model.loss.class_weights":                   "a weight for each class in the order of the labels; [] weighs all alike (p branches)",
	"model.branches.kinds":                       "one letter a branch: p learns the class, n is adversarial; p is plain CAM, pp the ACoL paper",
	"model.branches.deltas":                      "erasing thresholds on a map normalised to 0..1, one for each branch but the last; [] for kinds p",
	"model.branches.avg_pool":                    "3x3 average pool, stride 1, divisor 9, before the heads: the ACoL authors' and wsolevaluation's VGG",
	"model.branches.head":                        "linear (one 1x1 convolution), conv (the ACoL authors' 3x3, 3x3, 1x1) or conv6 (3x3, 1x1: wsolevaluation's CAM on VGG)",
	"model.branches.head_width":                  "channels inside a conv or conv6 head",
	"model.branches.compare":                     "what is erased: gt (map > delta) or ge (map >= delta)",
	"model.branches.fusion":                      "branches whose maximum is the fused map: positive (the p branches) or all",

	"data.format":             "layout of the data: wsol, cub, folder, imagenet, voc, coco or list; docs/data.md says which files go where",
	"data.root":               "folder of the images; for cub the one that holds images.txt",
	"data.metadata":           "folder of the lists: one folder a split (wsol), a file a split (list, coco), ImageNet's annotations and devkit; root by default, but for wsol",
	"data.masks":              `folder of the masks that localization.txt names; "" is root`,
	"data.train":              "split to train on: a folder of metadata (wsol) or of root (folder, imagenet, voc), a file of metadata (list, coco), or train, val, test (cub)",
	"data.val":                `split to choose the checkpoint and the threshold on; "" for none`,
	"data.test":               `split for the final figures; "" for none`,
	"data.val_every":          "format cub: val is every n-th official training image of a class; 0 holds out none",
	"data.class_names":        `file with one class name a line, in the order of the labels; "" takes what the format has`,
	"data.classes":            "keep only these classes (names as the format has them, or labels), numbered anew in the order of their labels; [] keeps all",
	"data.on_error":           "a broken image: fail (stops) or skip (is left out and counted)",
	"data.cache_mb":           "memory for decoded images, in MiB; 0 decodes every image anew",
	"data.input.size":         "side of the square input, in pixels",
	"data.input.resize":       "warp (both sides to the size, changing the aspect) or short (the short side, keeping it)",
	"data.input.train_resize": "size before the training crop, in pixels",
	"data.input.test_resize":  "size before the centre crop of evaluation, in pixels; equal to input.size there is nothing to crop",
	"data.augment.crop":       "training crop: random (of input.size, anywhere), resized (a random area and aspect of the original) or center",
	"data.augment.scale":      "[least, most] share of the image's area that a resized crop takes",
	"data.augment.ratio":      "[least, most] width / height of a resized crop",
	"data.augment.flip":       "probability of a horizontal flip in training, 0 to 1",
	"data.mean":               "R, G, B to subtract, on values in 0..1; by default ImageNet's, but 0.5 for torchvision's googlenet and inception",
	"data.std":                "R, G, B to divide by, on values in 0..1; its default goes with that of mean",

	"train.epochs":                 "how often the training split is seen",
	"train.batch_size":             "images a step; the last, smaller batch of an epoch is dropped",
	"train.optimizer.momentum":     "SGD momentum as PyTorch means it, 0 to 1",
	"train.optimizer.nesterov":     "Nesterov momentum",
	"train.optimizer.weight_decay": "L2 penalty, added to the gradient as PyTorch does",
	"train.optimizer.lr_backbone":  "learning rate of the backbone",
	"train.optimizer.lr_heads":     "learning rate of the branches",
	"train.optimizer.bias_factor":  "factor on a group's learning rate for its biases; the ACoL authors use 2",
	"train.optimizer.bias_decay":   "weight decay also on biases and batch norm, as PyTorch does by default",
	"train.schedule.name":          "learning rate over time: constant, step, cosine or poly",
	"train.schedule.steps":         "step: epochs after which the rate is multiplied by gamma, rising",
	"train.schedule.gamma":         "step: factor at each of the steps, 0 to 1",
	"train.schedule.power":         "poly: the rate is multiplied by (1 - progress)^power",
	"train.schedule.warmup_epochs": "epochs in which the rate rises linearly from nearly 0; fractions allowed",
	"train.hide_and_seek.grids":    "Hide-and-Seek: sides of the squares that are hidden, in pixels, one drawn for each image (the paper: [0, 16, 32, 44, 56]); [] hides none",
	"train.hide_and_seek.rate":     "probability that a square is hidden, 0 to 1",
	"train.cutmix.probability":     "CutMix: probability that a batch is mixed, 0 to 1; for kinds p",
	"train.cutmix.beta":            "parameter of the beta distribution of the area that an image keeps; 1 is uniform",
	"train.clip_norm":              "largest L2 norm of the gradient over all parameters; 0 does not clip",
	"train.seed":                   "fixes initialisation, order and augmentation: the same seed gives the same run",
	"train.workers":                "goroutines that decode and augment; 0 is one a processor",
	"train.threads":                "threads that compute; 0 is one a processor",
	"train.kernels":                "auto, native (oneDNN) or portable (Go): auto is native where program and processor have it",
	"train.precision":              "fp32, or bf16 on native kernels: activations and products in bfloat16, parameters in float32",
	"train.out":                    "folder of the run: recipe, log, checkpoints; runs/ and the recipe's name by default",

	"eval.class":      "class whose score map is measured: gt (the true one, GT-known), predicted (the top-1), or one class by its name or index",
	"eval.threshold":  "fraction of a map's maximum above which a pixel belongs to the object, 0 to below 1; 0.2 is the CAM rule",
	"eval.map_size":   "side of the score maps, in pixels; 224 is wsolevaluation's",
	"eval.batch_size": "images at once",

	"localize.class":      "what the maps are for: predicted (the top-1), top5, or one class by its name or index",
	"localize.threshold":  "fraction of a map's maximum above which a pixel belongs to the object, 0 to below 1",
	"localize.rule":       "largest (one box, of the largest connected region) or all (a box for each region)",
	"localize.colormap":   "colours of the overlay: cividis, gray, inferno, jet, magma, plasma, turbo or viridis",
	"localize.opacity":    "of the map over the image: 0 the image alone, 1 the map alone",
	"localize.batch_size": "images at once",
	"localize.panel":      "also draw image | map of each branch | what was erased | fused map with box",
}
