"""Makes the golden files of package pixels with Pillow (9.4.0 made these).

    python3 make_goldens.py

resize/*.png are Pillow's crop and bilinear resize of the picture that pattern() makes,
which resize_test.go makes by the same formula. images/* are four coloured quarters in
forms that Go cannot write.
"""
import os

from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))


def pattern(w, h, channels):
    """Smooth ramps plus noise: the Lehmer generator of resize_test.go."""
    state, data = 1, bytearray()
    for y in range(h):
        for x in range(w):
            for c in range(channels):
                state = state * 48271 % 2147483647
                data.append((x * 5 + y * 3 * (c + 1) + state % 64) % 256)
    return Image.frombytes("RGB" if channels == 3 else "L", (w, h), bytes(data))


# name: width, height, channels, crop box, new width, new height
RESIZES = {
    "shrink": (61, 37, 3, None, 16, 16),
    "grow": (13, 9, 3, None, 31, 24),
    "mixed": (50, 11, 3, None, 17, 29),
    "columns": (40, 16, 3, None, 16, 16),
    "crop": (48, 40, 3, (7, 5, 38, 29), 16, 16),
    "grey": (45, 33, 1, None, 20, 18),
}


def quarters(mode="RGB"):
    image = Image.new("RGB", (32, 24))
    for i, colour in enumerate([(200, 30, 30), (30, 180, 40), (40, 50, 190), (220, 220, 210)]):
        image.paste(colour, (i % 2 * 16, i // 2 * 12, i % 2 * 16 + 16, i // 2 * 12 + 12))
    return image.convert(mode)


for name, (w, h, channels, box, nw, nh) in RESIZES.items():
    image = pattern(w, h, channels)
    if box:
        image = image.crop(box)
    image.resize((nw, nh), Image.BILINEAR).save(os.path.join(here, "resize", name + ".png"))

images = os.path.join(here, "images")
quarters("CMYK").save(os.path.join(images, "cmyk.jpg"), quality=95)
quarters("L").save(os.path.join(images, "grey.jpg"), quality=95)
quarters().save(os.path.join(images, "progressive.jpg"), quality=95, progressive=True)
quarters().save(os.path.join(images, "lossy.webp"), quality=95)
quarters().save(os.path.join(images, "lossless.webp"), lossless=True)
veiled = quarters("RGBA")
veiled.putalpha(100)
veiled.save(os.path.join(images, "alpha.webp"), quality=95)
veiled.save(os.path.join(images, "alpha.png"))
