"""Makes the JPEG files here, and pil.golden and cub16.golden: what Pillow makes of them.

    python3 generate.py [folder of CUB-200-2011's images]

It wants Pillow (13.0.0 with libjpeg-turbo 3.2.0 made these) and libjpeg-turbo's cjpeg (2.1.5) on the
PATH. Each line of pil.golden is a file, its width and height, and the SHA-256 of the bytes R, G, B
that convert("RGB") gives. Each line of cub16.golden is a class, the number of its photographs, and
the SHA-256 over those bytes of all, in the order of their names.
"""
import hashlib
import io
import os
import subprocess
import sys

from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))


def pattern(w, h, mode):
    """Smooth ramps of different directions, and one sharp edge a channel."""
    n, data = len(mode), bytearray()
    for y in range(h):
        for x in range(w):
            for c in range(n):
                v = (x * (3 + 2 * c) + y * (7 - 2 * c)) // 2 + 40 * c
                data.append((255 - v if x * (c + 1) > y * 2 else v) % 256)
    return Image.frombytes("L" if n == 1 else mode, (w, h), bytes(data))


def cjpeg(image, *switches):
    raw = io.BytesIO()
    image.save(raw, "PPM")
    return subprocess.run(
        ["cjpeg", "-quality", "85", *switches], input=raw.getvalue(), capture_output=True, check=True
    ).stdout


def pillow(image, **options):
    raw = io.BytesIO()
    image.save(raw, "JPEG", quality=85, **options)
    return raw.getvalue()


def without_adobe(raw):
    at = raw.index(b"\xff\xee\x00\x0eAdobe")
    return raw[:at] + raw[at + 16 :]


def with_transform(raw, transform):
    at = raw.index(b"\xff\xee\x00\x0eAdobe") + 15
    return raw[:at] + bytes([transform]) + raw[at + 1 :]


def renamed(raw):
    """Components that are called 1, 2, 3 and not R, G, B."""
    for name, number in ((b"R", b"\x01"), (b"G", b"\x02"), (b"B", b"\x03")):
        raw = raw.replace(name + b"\x11", number + b"\x11").replace(name + b"\x00", number + b"\x00")
        raw = raw.replace(name + b"\x22", number + b"\x22")
    return raw


rgb, grey, inks = pattern(57, 43, "RGB"), pattern(57, 43, "L"), pattern(57, 43, "CMYK")
files = {
    "grey": cjpeg(grey),
    "grey_sampled": cjpeg(grey, "-sample", "2x2"),
    "grey_progressive": cjpeg(grey, "-progressive"),
    "restarts": cjpeg(rgb, "-restart", "2B"),
    "restarts_progressive": cjpeg(rgb, "-restart", "1", "-progressive"),
    "progressive": cjpeg(rgb, "-progressive"),
    "progressive_444": cjpeg(rgb, "-progressive", "-sample", "1x1"),
    "arithmetic": cjpeg(rgb, "-arithmetic"),
    "arithmetic_progressive": cjpeg(rgb, "-arithmetic", "-progressive"),
    "rgb": cjpeg(rgb, "-rgb"),
    "rgb_adobe": renamed(pillow(rgb, keep_rgb=True)),
    "cmyk_adobe": pillow(inks),
    "cmyk_plain": without_adobe(pillow(inks)),
    "cmyk_progressive": pillow(inks, progressive=True),
    "ycck": with_transform(pillow(inks), 2),
    "one_pixel": cjpeg(pattern(1, 1, "RGB")),
    "tall": cjpeg(pattern(3, 70, "RGB")),
    "wide": cjpeg(pattern(70, 3, "RGB")),
}
for sampling in (
    "1x1,1x1,1x1", "2x1,1x1,1x1", "1x2,1x1,1x1", "2x2,1x1,1x1", "4x1,1x1,1x1", "4x2,1x1,1x1",
    "1x4,1x1,1x1", "2x2,1x1,1x2", "2x2,2x1,1x1", "2x2,2x1,2x1", "2x2,1x2,1x2", "1x1,2x2,2x2",
    "2x1,1x2,1x1", "4x1,1x1,2x1", "1x4,1x2,1x1",
):  # fmt: skip
    files["sampled_" + sampling.replace(",", "_")] = cjpeg(rgb, "-sample", sampling)


def pixels(file):
    return Image.open(file).convert("RGB").tobytes()


with open(os.path.join(here, "pil.golden"), "w") as golden:
    for name, raw in sorted(files.items()):
        path = os.path.join(here, name + ".jpg")
        with open(path, "wb") as f:
            f.write(raw)
        w, h = Image.open(path).size
        print(name, w, h, hashlib.sha256(pixels(path)).hexdigest(), file=golden)

if len(sys.argv) > 1:
    with open(os.path.join(here, "cub16.golden"), "w") as golden:
        for kind in sorted(os.listdir(sys.argv[1])):
            folder = os.path.join(sys.argv[1], kind)
            names, total = sorted(os.listdir(folder)), hashlib.sha256()
            for name in names:
                total.update(pixels(os.path.join(folder, name)))
            print(kind, len(names), total.hexdigest(), file=golden)
