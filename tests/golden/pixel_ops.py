"""Makes pixel_ops.json: what Pillow does to two small images.

    /usr/bin/python3 tests/golden/pixel_ops.py > tests/golden/pixel_ops.json

Every case holds an operation as the tests write it and the pixels that Pillow gives.
"""
import base64
import json
import sys

import PIL
from PIL import Image, ImageEnhance, ImageOps

WIDTH, HEIGHT = 13, 11
FILL = {"RGB": (124, 116, 104), "L": (73,)}
RESAMPLE = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


def image(mode):
    """Levels 40 to 215 from a linear congruential generator, so that contrast can grow."""
    state, levels = 12345, []
    for _ in range(WIDTH * HEIGHT * len(mode)):
        state = (1103515245 * state + 12345) % 2**31
        levels.append(40 + (state >> 16) % 176)
    return Image.frombytes(mode, (WIDTH, HEIGHT), bytes(levels))


def moved(picture, resample, matrix=None, degrees=None):
    fill = FILL[picture.mode] if picture.mode == "RGB" else FILL[picture.mode][0]
    if degrees is not None:
        return picture.rotate(degrees, resample=resample, fillcolor=fill)
    return picture.transform(picture.size, Image.AFFINE, matrix, resample, fillcolor=fill)


def solarize_add(picture, add):
    table = [min(255, i + add) if i < 128 else i for i in range(256)]
    return picture.point(table * len(picture.getbands()))


def done(op, picture, resample):
    tag = op["_tag"]
    x = op.get("factor")
    return {
        "AutoContrast": lambda: ImageOps.autocontrast(picture),
        "Equalize": lambda: ImageOps.equalize(picture),
        "Invert": lambda: ImageOps.invert(picture),
        "Posterize": lambda: ImageOps.posterize(picture, op["bits"]),
        "Solarize": lambda: ImageOps.solarize(picture, op["threshold"]),
        "SolarizeAdd": lambda: solarize_add(picture, op["add"]),
        "Color": lambda: ImageEnhance.Color(picture).enhance(x),
        "Contrast": lambda: ImageEnhance.Contrast(picture).enhance(x),
        "Brightness": lambda: ImageEnhance.Brightness(picture).enhance(x),
        "Sharpness": lambda: ImageEnhance.Sharpness(picture).enhance(x),
        "Rotate": lambda: moved(picture, resample, degrees=op["degrees"]),
        "ShearX": lambda: moved(picture, resample, (1, x, 0, 0, 1, 0)),
        "ShearY": lambda: moved(picture, resample, (1, 0, 0, x, 1, 0)),
        "TranslateX": lambda: moved(picture, resample, (1, 0, op["part"] * WIDTH, 0, 1, 0)),
        "TranslateY": lambda: moved(picture, resample, (1, 0, 0, 0, 1, op["part"] * HEIGHT)),
    }[tag]()


def op(tag, **strength):
    return {"_tag": tag, **strength}


LEVELS = [
    op("AutoContrast"),
    op("Equalize"),
    op("Invert"),
    *(op("Posterize", bits=bits) for bits in (0, 1, 4, 8)),
    *(op("Solarize", threshold=level) for level in (0, 26, 128, 256)),
    *(op("SolarizeAdd", add=add) for add in (0, 99, 128)),
    *(
        op(tag, factor=factor)
        for tag in ("Color", "Contrast", "Brightness", "Sharpness")
        for factor in (0, 0.1, 0.19, 1, 1.81, 1.9)
    ),
]
MOVES = [
    *(op("Rotate", degrees=angle) for angle in (27, -13.7, 90)),
    *(op(tag, factor=factor) for tag in ("ShearX", "ShearY") for factor in (0.27, -0.1)),
    *(op(tag, part=part) for tag in ("TranslateX", "TranslateY") for part in (0.405, -0.2)),
]


def encoded(picture):
    return base64.b64encode(picture.tobytes()).decode()


def cases():
    for mode in ("RGB", "L"):
        picture = image(mode)
        for one in LEVELS:
            yield mode, one, "bicubic", encoded(done(one, picture, None))
        for one in MOVES:
            for name, resample in RESAMPLE.items():
                yield mode, one, name, encoded(done(one, picture, resample))


def flat(mode):
    """One level and two levels: what has nothing to stretch."""
    for levels in ((90,), (90, 91)):
        data = bytes(levels[i % len(levels)] for i in range(WIDTH * HEIGHT * len(mode)))
        picture = Image.frombytes(mode, (WIDTH, HEIGHT), data)
        for one in (op("AutoContrast"), op("Equalize")):
            yield encoded(picture), one, encoded(done(one, picture, None))


json.dump(
    {
        "about": f"Pillow {PIL.__version__}, by tests/golden/pixel_ops.py",
        "width": WIDTH,
        "height": HEIGHT,
        "fill": FILL,
        "images": {mode: encoded(image(mode)) for mode in ("RGB", "L")},
        "cases": [
            dict(zip(("mode", "op", "interpolation", "pixels"), case)) for case in cases()
        ],
        "flat": [dict(zip(("image", "op", "pixels"), case)) for case in flat("L")],
    },
    sys.stdout,
    indent=1,
)
