"""Measures how fast torchvision loads photographs, for comparison with BenchmarkPhotographs.

    python3 photographs.py FOLDER random|resized|jitter|rand|erasing

FOLDER has one folder of images for each class. The transforms are those of acol's data.augment
with the defaults of a recipe, and what BenchmarkPhotographs turns on. Two workers decode.
"""
import os
import sys
import time

import torch
from torchvision import datasets
from torchvision import transforms as T

folder, case = sys.argv[1:]
first = [T.Resize((256, 256)), T.RandomCrop(224)]
if case == "resized":
    first = [T.RandomResizedCrop(224)]
paint = {
    "jitter": [T.ColorJitter(0.4, 0.4, 0.4, 0.1)],
    "rand": [T.RandAugment(2, interpolation=T.InterpolationMode.BILINEAR)],
}.get(case, [])
last = [T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
if case == "erasing":
    last.append(T.RandomErasing(p=1))
transform = T.Compose([*first, T.RandomHorizontalFlip(), *paint, T.ToTensor(), *last])
torch.set_num_threads(1)
loader = torch.utils.data.DataLoader(
    datasets.ImageFolder(folder, transform),
    batch_size=32, shuffle=True, num_workers=2, drop_last=True,
)


def cpu():
    return sum(os.times()[:4])


images, begin, used = 0, time.time(), cpu()
for x, y in loader:
    images += len(y)
seconds = time.time() - begin
del x, y
time.sleep(0.3)  # the workers end
print(f"{images / seconds:.0f} img/s, {1e3 * (cpu() - used) / images:.2f} ms of CPU an image")
