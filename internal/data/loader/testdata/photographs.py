"""Measures how fast torchvision loads photographs, for comparison with BenchmarkPhotographs.

    python3 photographs.py FOLDER random|resized

FOLDER has one folder of images for each class. The transforms are those of acol's data.augment.crop
with the defaults of a recipe. Two workers decode.
"""
import os
import sys
import time

import torch
from torchvision import datasets
from torchvision import transforms as T

folder, crop = sys.argv[1:]
first = {
    "random": [T.Resize((256, 256)), T.RandomCrop(224)],
    "resized": [T.RandomResizedCrop(224)],
}[crop]
normalize = T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
transform = T.Compose([*first, T.RandomHorizontalFlip(), T.ToTensor(), normalize])
torch.set_num_threads(1)
loader = torch.utils.data.DataLoader(
    datasets.ImageFolder(folder, transform), batch_size=32, shuffle=True, num_workers=2, drop_last=True
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
