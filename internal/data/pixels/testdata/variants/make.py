"""Makes a small picture in every form that package pixels reads, and what Pillow reads of it.

    python3 make.py [FOLDER...]

It needs Pillow, numpy, tifffile and imagecodecs; Pillow 13.0.0 and tifffile 2026.3.3 made these.
variants.golden has a line a file: its name, the width and height of the upright picture, the first
16 digits of the SHA-256 of its RGB bytes, and the means of R, G and B in 4x4 cells as hexadecimal
bytes. FOLDERs are of other files to list in the same way; their names are printed.
"""
import hashlib
import io
import os
import struct
import sys
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageOps

here = os.path.dirname(os.path.abspath(__file__))
W, H = 24, 17


def picture():
    """Ramps with an edge, so that every turn and every exchange of channels shows: (H,W,3)."""
    y, x = np.mgrid[0:H, 0:W]
    rgb = np.stack([x * 10 + 5, y * 14 + 3, 250 - x * 5 - y * 7], -1)
    rgb[3:8, 14:20] = (240, 20, 90)
    return rgb.astype(np.uint8)


RGB = picture()
GREY = RGB.mean(-1).astype(np.uint8)
DEEP = (RGB.astype(np.uint16) << 8) | 0x35
ALPHA = np.where(GREY > 110, 255, np.where(GREY > 70, 90, 0)).astype(np.uint8)
RGBA = np.dstack([RGB, ALPHA])
BITS = GREY > 110
INDEX = ((np.arange(W)[None] // 3 + np.arange(H)[:, None] // 4) % 16).astype(np.uint8)
PALETTE = np.array([[(i * 37) % 256, 255 - i * 15, (i * 91) % 256] for i in range(16)], np.uint8)


def save(name, data):
    with open(os.path.join(here, name), "wb") as f:
        f.write(data)


def packed(values, bits):
    """Rows of values of some bits each, the first in the highest bits, padded to bytes."""
    v = (values.reshape(len(values), -1)[..., None] >> np.arange(bits)[::-1]) & 1
    return np.packbits(v.reshape(len(values), -1).astype(np.uint8), axis=1)


def exif(value, kind=3, order="<"):
    """A block of EXIF data whose orientation has a type: 1 BYTE, 3 SHORT, 4 LONG."""
    number = struct.pack(order + {1: "Bxxx", 3: "Hxx", 4: "I"}[kind], value)
    head = b"II*\0" if order == "<" else b"MM\0*"
    return (head + struct.pack(order + "IHHHI", 8, 1, 0x112, kind, 1) + number
            + struct.pack(order + "I", 0))


# PNG

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(values, bits):
    """A PNG's rows, each behind its filter, which varies."""
    if bits < 8:
        data = packed(values, bits)
    else:
        data = values.astype(">u%d" % (bits // 8)).reshape(len(values), -1)
        data = np.frombuffer(data.tobytes(), np.uint8).reshape(len(values), -1)
    step = max(1, bits * (1 if values.ndim == 2 else values.shape[2]) // 8)
    out, before = b"", np.zeros(data.shape[1], np.int32)
    for y, row in enumerate(data.astype(np.int32)):
        left = np.concatenate([np.zeros(step, np.int32), row[:-step]])[:len(row)]
        corner = np.concatenate([np.zeros(step, np.int32), before[:-step]])[:len(row)]
        paeth = left + before - corner
        a, b, c = abs(paeth - left), abs(paeth - before), abs(paeth - corner)
        paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, before, corner))
        guess = [0 * row, left, before, (left + before) // 2, paeth][y % 5]
        out += bytes([y % 5]) + ((row - guess) % 256).astype(np.uint8).tobytes()
        before = row
    return out


def png(name, values, bits, kind, before=b"", after=b"", laced=False, extra=b"", trail=b""):
    if laced:
        data = b""
        for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
                               (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
            part = values[y0::dy, x0::dx]
            if part.size:
                data += rows(part, bits)
    else:
        data = rows(values, bits)
    stream = zlib.compress(data + extra, 9) + trail
    cut = len(stream) // 2
    save(name, b"\x89PNG\r\n\x1a\n"
         + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, bits, kind, 0, 0, int(laced))) + before
         + chunk(b"IDAT", stream[:cut]) + chunk(b"IDAT", stream[cut:]) + after
         + chunk(b"IEND", b""))


def pngs():
    plte, some = chunk(b"PLTE", PALETTE.tobytes()), bytes([0, 255, 60, 9])
    for laced, tail in [(False, ""), (True, "_laced")]:
        png(f"grey1{tail}.png", BITS.astype(np.uint8), 1, 0, laced=laced)
        png(f"grey4{tail}.png", GREY >> 4, 4, 0, laced=laced)
        png(f"rgb16{tail}.png", DEEP, 16, 2, laced=laced)
        png(f"rgba16{tail}.png", np.dstack([DEEP, ALPHA.astype(np.uint16) << 8]), 16, 6,
            laced=laced)
        png(f"palette4{tail}.png", INDEX, 4, 3, before=plte, laced=laced)
    png("grey2.png", GREY >> 6, 2, 0)
    png("grey8.png", GREY, 8, 0)
    png("grey_alpha8.png", np.dstack([GREY, ALPHA]), 8, 4)
    png("palette8_alpha.png", INDEX, 8, 3, before=plte + chunk(b"tRNS", some))
    png("palette2.png", INDEX & 3, 2, 3, before=plte)
    png("grey8_trns.png", GREY, 8, 0, before=chunk(b"tRNS", struct.pack(">H", GREY[4, 4])))
    png("rgb8_trns.png", RGB, 8, 2, before=chunk(b"tRNS", struct.pack(">3H", *RGB[5, 15])))
    png("rgb16_trns.png", DEEP, 16, 2, before=chunk(b"tRNS", struct.pack(">3H", *DEEP[5, 15])))
    png("rgba8_gamma.png", RGBA, 8, 6, before=chunk(b"gAMA", struct.pack(">I", 100000)))
    png("exif_long_big.png", RGB, 8, 2, before=chunk(b"eXIf", exif(6, 4, ">")))
    png("exif_last.png", RGB, 8, 2, after=chunk(b"eXIf", exif(5)))
    png("extra_rows.png", RGB, 8, 2, extra=bytes(5 * (3 * W + 1)))
    png("extra_byte.png", INDEX, 4, 3, before=plte, extra=b"\0")
    png("extra_behind.png", GREY, 8, 0, trail=b"behind the stream")
    png("extra_chunk.png", RGB, 8, 2, after=chunk(b"IDAT", b"more"))
    png("extra_laced.png", RGBA, 8, 6, laced=True, extra=bytes(99))
    png("extra_rgb16.png", DEEP, 16, 2, extra=bytes(99))


# GIF

def gif(name, transparent=None, place=(0, 0), size=(W, H), screen=(W, H), local=False, ground=0):
    pixels = [int(i) for i in INDEX[:size[1], :size[0]].ravel()]
    bits = used = 0
    for p in pixels:  # the code that clears the table stands before each, so that none is made
        for code in (16, p):
            bits |= code << used
            used += 5
    bits |= 17 << used
    data = bits.to_bytes((used + 12) // 8, "little")
    table = PALETTE.tobytes()
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, 0 if local else 0x83, ground, 0)
    out += (b"" if local else table) + b"\x21\xfe\x05hello\0"
    if transparent is not None:
        out += b"\x21\xf9\x04" + struct.pack("<BHB", 1 | 2 << 2, 0, transparent) + b"\0"
    out += b"\x2c" + struct.pack("<HHHHB", *place, *size, 0x83 if local else 0)
    out += (table if local else b"") + b"\x04"
    for i in range(0, len(data), 255):
        out += bytes([len(data[i:i + 255])]) + data[i:i + 255]
    save(name, out + b"\0\x3b")


def gifs():
    gif("plain.gif", ground=3)
    gif("transparent.gif", transparent=2)
    gif("local_transparent.gif", transparent=5, local=True)
    gif("small_frame.gif", place=(5, 3), size=(12, 9), ground=7)
    gif("small_frame_transparent.gif", transparent=4, place=(5, 3), size=(12, 9), local=True)
    gif("large_frame.gif", size=(W, H), screen=(W - 6, H - 3))


# BMP

def bmp(name, bits, data, header=40, compression=0, table=b"", masks=b"", height=H, used=0):
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, compression, len(data),
                           2835, 2835, used, 0)
        info = (info + (masks if header > 40 else b"")).ljust(header, b"\0")
        if header == 40:
            info += masks
    start = 14 + len(info) + len(table)
    save(name, b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + table + data)


def lines(values, bits, down=False):
    """Rows from the bottom up, padded to four bytes."""
    if bits < 8:
        data = packed(values, bits)
    else:
        data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8).reshape(H, -1)
    data = np.pad(data, ((0, 0), (0, -data.shape[1] % 4)))
    return (data if down else data[::-1]).tobytes()


def runs(four):
    """INDEX in runs, absolute runs and a jump, from the bottom up."""
    out = b""
    for n, row in enumerate(INDEX[::-1]):
        if n == 2:  # half a row, and the rest is jumped over to the row above
            out += bytes([12, row[0] * 17 if four else row[0], 0, 2, 12, 1])
            out += bytes([0, 0])
            continue
        if n == 3:
            continue
        x = 0
        while x < W:
            run = 1
            while x + run < W and row[x + run] == row[x]:
                run += 1
            if n % 2 and x + 5 <= W:  # five as they are, padded to two bytes
                part = [int(v) for v in row[x:x + 5]]
                if four:
                    a, b, c, d, e = part
                    out += bytes([0, 5, a << 4 | b, c << 4 | d, e << 4, 0])
                else:
                    out += bytes([0, 5, *part, 0])
                x += 5
                continue
            out += bytes([run, row[x] * 17 if four else row[x]])
            x += run
        out += b"\0\0"
    return out + b"\0\1"


def bmps():
    bgr, bgra = RGB[..., ::-1], RGBA[..., [2, 1, 0, 3]]
    four = np.pad(PALETTE[:, ::-1], ((0, 0), (0, 1))).tobytes()
    three = PALETTE[:, ::-1].tobytes()
    whole = four + bytes(4 * 240)
    deep = RGB.astype(np.uint16)
    m555 = (deep[..., 0] >> 3) << 10 | (deep[..., 1] >> 3) << 5 | deep[..., 2] >> 3
    m565 = (deep[..., 0] >> 3) << 11 | (deep[..., 1] >> 2) << 5 | deep[..., 2] >> 3
    masks = lambda *m: struct.pack("<%dI" % len(m), *m)
    rgbm = masks(0xff0000, 0xff00, 0xff)
    bmp("bits1.bmp", 1, lines(BITS.astype(np.uint8), 1), table=four[:8], used=2)
    bmp("bits4.bmp", 4, lines(INDEX, 4), table=four, used=16)
    bmp("bits8.bmp", 8, lines(INDEX, 8), table=whole)
    bmp("rle4.bmp", 4, runs(True), compression=2, table=four)
    bmp("rle8.bmp", 8, runs(False), compression=1, table=whole)
    bmp("rgb555.bmp", 16, lines(m555, 16))
    bmp("rgb555_masks.bmp", 16, lines(m555, 16), compression=3, masks=masks(0x7c00, 0x3e0, 0x1f))
    bmp("rgb565.bmp", 16, lines(m565, 16), compression=3, masks=masks(0xf800, 0x7e0, 0x1f))
    bmp("rgb24.bmp", 24, lines(bgr, 24))
    bmp("rgb24_down.bmp", 24, lines(bgr, 24, True), height=-H)
    bmp("rgb32.bmp", 32, lines(bgra, 32))
    bmp("rgb32_masks.bmp", 32, lines(bgra, 32), compression=3, masks=rgbm)
    bmp("rgbx_masks.bmp", 32, lines(RGBA[..., [3, 2, 1, 0]], 32), compression=3,
        masks=masks(0xff000000, 0xff0000, 0xff00))
    bmp("v2.bmp", 24, lines(bgr, 24), header=52)
    bmp("v3_565.bmp", 16, lines(m565, 16), header=56, compression=3,
        masks=masks(0xf800, 0x7e0, 0x1f, 0))
    bmp("v3_alpha.bmp", 32, lines(bgra, 32), header=56, compression=3,
        masks=rgbm + masks(0xff000000))
    bmp("v4.bmp", 24, lines(bgr, 24), header=108)
    bmp("v5_alpha.bmp", 32, lines(bgra, 32), header=124, compression=3,
        masks=rgbm + masks(0xff000000))
    bmp("os2_bits1.bmp", 1, lines(BITS.astype(np.uint8), 1), header=12, table=three[:6])
    bmp("os2_bits4.bmp", 4, lines(INDEX, 4), header=12, table=three)
    bmp("os2_bits8.bmp", 8, lines(INDEX, 8), header=12, table=three + bytes(3 * 240))
    bmp("os2_rgb24.bmp", 24, lines(bgr, 24), header=12)
    bmp("os2v2.bmp", 8, lines(INDEX, 8), header=64, table=whole)


# WebP

def webps():
    second = Image.fromarray(RGB[::-1].copy())
    for name, image, keys in [
        ("lossy", Image.fromarray(RGB), {"quality": 95}),
        ("lossless", Image.fromarray(RGB), {"lossless": True}),
        ("alpha", Image.fromarray(RGBA), {"lossless": True, "exact": True}),
        ("lossy_alpha", Image.fromarray(RGBA), {"quality": 95, "exact": True}),
    ]:
        image.save(os.path.join(here, f"animated_{name}.webp"), save_all=True,
                   append_images=[second], duration=100, **keys)
    for n, kind in [("exif", exif(8)), ("exif_long_big", b"Exif\0\0" + exif(3, 4, ">"))]:
        Image.fromarray(RGB).save(os.path.join(here, n + ".webp"), lossless=True, exif=kind)
    # A first frame that does not cover the canvas: the lossless one, moved by (4,2).
    b = io.BytesIO()
    Image.fromarray(RGB).save(b, "webp", lossless=True)
    still = b.getvalue()[12:]
    u24 = lambda v: struct.pack("<I", v)[:3]
    frame = u24(2) + u24(1) + u24(W - 1) + u24(H - 1) + u24(100) + b"\0" + still
    body = b"WEBPVP8X" + struct.pack("<II", 10, 2) + u24(W + 9) + u24(H + 5)
    body += b"ANIM" + struct.pack("<IIH", 6, 0xff204080, 0)
    body += b"ANMF" + struct.pack("<I", len(frame)) + frame
    save("animated_offset.webp", b"RIFF" + struct.pack("<I", len(body)) + body)


# TIFF

def tiffs():
    def tiff(name, data, **keys):
        keys.setdefault("photometric", "minisblack" if data.ndim == 2 else "rgb")
        tifffile.imwrite(os.path.join(here, name + ".tif"), data, metadata=None, software=False,
                         **keys)

    def pil(name, image, **keys):
        image.save(os.path.join(here, name + ".tif"), **keys)

    channels = RGB.transpose(2, 0, 1).copy()
    for how in ["lzw", "deflate", "packbits", "zstd"]:
        tiff(f"rgb_{how}", RGB, compression=how, rowsperstrip=5)
    tiff("rgb_lzw_predictor", RGB, compression="lzw", predictor=True, rowsperstrip=5)
    tiff("rgb16_deflate_predictor", DEEP, compression="deflate", predictor=True, rowsperstrip=5)
    tiff("rgb16_big_predictor", DEEP, compression="deflate", predictor=True, byteorder=">")
    tiff("rgb_tiles", RGB, tile=(16, 16), compression="deflate")
    tiff("rgb_tiles_planar", channels, tile=(16, 16), planarconfig="separate")
    tiff("rgb_planar", channels, planarconfig="separate", rowsperstrip=5)
    tiff("rgb_planar_lzw_predictor", channels, planarconfig="separate", compression="lzw",
         predictor=True)
    tiff("rgb16_planar", DEEP.transpose(2, 0, 1).copy(), planarconfig="separate")
    tiff("rgb_bigtiff", RGB, bigtiff=True, rowsperstrip=5)
    tiff("rgb_bigtiff_big", RGB, bigtiff=True, byteorder=">", rowsperstrip=5)
    tiff("rgb16_big", DEEP, byteorder=">")
    tiff("rgba_straight", RGBA, extrasamples=["unassalpha"])
    veiled = (RGB * (ALPHA[..., None] / 255)).astype(np.uint8)
    tiff("rgba_premultiplied", np.dstack([veiled, ALPHA]), extrasamples=["assocalpha"])
    tiff("rgba_unspecified", RGBA, extrasamples=["unspecified"])
    tiff("rgba16_straight", np.dstack([DEEP, ALPHA.astype(np.uint16) << 8]),
         extrasamples=["unassalpha"])
    tiff("grey8", GREY)
    tiff("grey8_white0", 255 - GREY, photometric="miniswhite")
    tiff("grey16", DEEP[..., 0])
    tiff("grey16_signed", DEEP[..., 0].astype(np.int16))
    tiff("grey32_int", GREY.astype(np.int32) * 2 - 100)
    tiff("grey32_float", GREY.astype(np.float32) * 1.7 - 30.4)
    tiff("grey32_float_predictor", GREY.astype(np.float32), compression="deflate", predictor=True)
    tiff("grey_alpha", np.dstack([GREY, ALPHA]), photometric="minisblack",
         planarconfig="contig", extrasamples=["unassalpha"])
    tiff("palette8", INDEX, photometric="palette",
         colormap=np.pad(PALETTE.T.astype(np.uint16) * 257, ((0, 0), (0, 240))))
    tiff("cmyk", np.dstack([255 - RGB, ALPHA // 8]), photometric="separated")
    tiff("cmyk16", np.dstack([65535 - DEEP, np.zeros_like(DEEP[..., 0])]), photometric="separated")
    tiff("pages", np.stack([RGB, RGB[::-1]]))
    tiff("jpeg_ycbcr", RGB, compression="jpeg", compressionargs={"level": 95})
    tiff("jpeg_grey", GREY, compression="jpeg", compressionargs={"level": 95})
    tiff("jpeg_tiles", RGB, compression="jpeg", tile=(16, 16), compressionargs={"level": 95})
    tiff("webp", RGB, compression="webp", compressionargs={"level": 95})
    tiff("lzma", RGB, compression="lzma")
    pil("bits1", Image.fromarray(BITS))
    for how in ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"]:
        pil("bits1_" + how, Image.fromarray(BITS), compression=how)
        pil(f"bits1_{how}_white0", Image.fromarray(BITS), compression=how, tiffinfo={262: 0})
    pil("bits1_fill2", Image.fromarray(BITS), compression="group4", tiffinfo={266: 2})
    pil("ycbcr", Image.fromarray(RGB).convert("YCbCr"))
    pil("ycbcr_lzw", Image.fromarray(RGB).convert("YCbCr"), compression="tiff_lzw")
    pil("lab", Image.fromarray(RGB).convert("LAB"))
    pil("jpeg_rgb", Image.fromarray(RGB), compression="jpeg", quality=95)
    pil("cmyk_jpeg", Image.fromarray(RGB).convert("CMYK"), compression="jpeg", quality=95)
    pil("palette_rgba", Image.fromarray(RGB).quantize(16))
    for turn in range(2, 9):
        pil(f"turned{turn}", Image.fromarray(RGB), tiffinfo={274: turn}, compression="tiff_lzw")
    raw("rgbx_none", RGBA, 8, 2)
    raw("grey2", packed(GREY >> 6, 2), 2, 1)
    raw("grey4", packed(GREY >> 4, 4), 4, 1)
    raw("grey4_white0", packed(GREY >> 4, 4), 4, 0)
    raw("palette4", packed(INDEX, 4), 4, 3, colours=PALETTE.T.astype(int) * 257)
    raw("palette2", packed(INDEX & 3, 2), 2, 3, colours=PALETTE[:4].T.astype(int) * 257)
    raw("palette1", packed(BITS.astype(np.uint8), 1), 1, 3,
        colours=PALETTE[3:5].T.astype(int) * 257)
    raw("ycbcr22", subsampled(2, 2), 8, 6, samples=3, deflate=True, tags={530: (3, [2, 2])})
    raw("ycbcr21_bigtiff", subsampled(2, 1), 8, 6, samples=3, deflate=True, tags={530: (3, [2, 1])},
        big=True)
    raw("grey12", packed(GREY.astype(int) << 4 | 5, 12), 12, 1)
    raw("rgb_float", np.ascontiguousarray(RGB.astype("<f4")), 32, 2, samples=3,
        tags={339: (3, [3] * 3)})
    raw("grey64_float", GREY.astype("<f8"), 64, 1, tags={339: (3, [3])})
    raw("grey16_float", GREY.astype("<f2"), 16, 1, tags={339: (3, [3])})


def subsampled(sx, sy):
    """YCbCr in data units of sx x sy luma values and a pair of chroma values."""
    ycc = np.asarray(Image.fromarray(RGB).convert("YCbCr")).astype(int)
    ycc = np.pad(ycc, ((0, -H % sy), (0, -W % sx), (0, 0)), mode="edge")
    out = []
    for y in range(0, len(ycc), sy):
        for x in range(0, ycc.shape[1], sx):
            unit = ycc[y:y + sy, x:x + sx]
            out += list(unit[..., 0].ravel()) + [int(v) for v in unit[..., 1:].mean((0, 1))]
    return np.array(out, np.uint8)


def raw(name, data, bits, photometric, samples=None, colours=None, tags=None, big=False,
        deflate=False):
    """A TIFF of one strip, little-endian."""
    if samples is None:
        samples = data.shape[2] if data.ndim == 3 else 1
    strip, word = data.tobytes(), 4 if not big else 16
    if deflate:
        strip = zlib.compress(strip)
    entries = {256: (3, [W]), 257: (3, [H]), 258: (3, [bits] * samples),
               259: (3, [8 if deflate else 1]),
               262: (3, [photometric]), 273: (word, [0]), 277: (3, [samples]), 278: (3, [H]),
               279: (word, [len(strip)]), 284: (3, [1]), **(tags or {})}
    if colours is not None:
        entries[320] = (3, list(colours.ravel()))
    room, fmt = (8, "<HHQ") if big else (4, "<HHI")
    first = 16 if big else 8
    size = (8 + 20 * len(entries) + 8) if big else (2 + 12 * len(entries) + 4)
    values, table = b"", b""
    at = first + size
    for pass_ in range(2):
        values, table = b"", b""
        for tag, (kind, numbers) in sorted(entries.items()):
            data = struct.pack("<%d%s" % (len(numbers), {3: "H", 4: "I", 16: "Q"}[kind]), *numbers)
            if len(data) > room:
                data, values = struct.pack("<Q" if big else "<I", at + len(values)), values + data
            table += struct.pack(fmt, tag, kind, len(numbers)) + data.ljust(room, b"\0")
        entries[273] = (word, [at + len(values)])
    if big:
        head = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, len(entries)) + table + bytes(8)
    else:
        head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(4)
    save(name + ".tif", head + values + strip)


def describe(path, name):
    with Image.open(path) as opened:
        # Pillow clips 16-bit grey to 255, which leaves little of a picture. What others read is
        # the high byte.
        if opened.mode.startswith("I;16"):
            used = 4 if name == "grey12.tif" else 8
            image = Image.fromarray((np.asarray(opened) >> used).astype(np.uint8))
        else:
            image = opened
        image = ImageOps.exif_transpose(image).convert("RGB")
    a = np.asarray(image)
    cells = [c for band in np.array_split(a, 4) for c in np.array_split(band, 4, axis=1)]
    means = "".join("%02x" % round(v) for c in cells for v in c.reshape(-1, 3).mean(0))
    digest = hashlib.sha256(a.tobytes()).hexdigest()[:16]
    return f"{name} {a.shape[1]} {a.shape[0]} {digest} {means}"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        for name in os.listdir(here):
            if name.endswith((".png", ".gif", ".bmp", ".webp", ".tif")):
                os.remove(os.path.join(here, name))
        for make in [pngs, gifs, bmps, webps, tiffs]:
            make()
    for folder in sys.argv[1:] or [here]:
        out = []
        for name in sorted(os.listdir(folder)):
            if not name.endswith((".png", ".gif", ".bmp", ".webp", ".tif", ".jpg")):
                continue
            if name in ("rgb_bigtiff_big.tif", "rgb16_planar.tif"):
                continue  # Pillow does not know the one, and reads the other as noise
            try:
                out.append(describe(os.path.join(folder, name), name))
            except Exception as e:
                print(f"Pillow cannot read {name}: {str(e)[:90]!r}")
        if len(sys.argv) > 1:
            print("\n".join(out))
        else:
            with open(os.path.join(here, "variants.golden"), "w") as f:
                f.write("\n".join(out) + "\n")
