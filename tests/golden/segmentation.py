"""Makes segmentation.json: what Pillow, PyTorch and NumPy make of masks and scores.

    /usr/bin/python3 tests/golden/segmentation.py > tests/golden/segmentation.json
"""
import base64
import io
import json
import sys

import numpy
import PIL
import torch
from PIL import Image

random = numpy.random.default_rng(15)


def png(mode, bits, width, height):
    """A mask of patches, as masks are, so that all filters of PNG are used."""
    most = 2**bits
    cells = random.integers(0, most, (height // 4 + 1, width // 4 + 1))
    levels = numpy.kron(cells, numpy.ones((4, 4), int))[:height, :width].astype("uint8")
    noise = random.random(levels.shape) < 0.1
    levels[noise] = random.integers(0, most, noise.sum())
    if mode == "1":
        picture = Image.fromarray(levels * 255).convert("1")
    else:
        picture = Image.fromarray(levels, mode)
    if mode == "P":
        picture.putpalette(list(random.integers(0, 256, 3 * most).astype(int)))
    file = io.BytesIO()
    options = {"bits": bits} if mode == "P" else {}
    picture.save(file, "PNG", **options)
    return {
        "mode": mode,
        "bits": bits,
        "file": base64.b64encode(file.getvalue()).decode(),
        "levels": levels.ravel().tolist(),
        "width": width,
        "height": height,
    }


def nearest(width, height, image_size, resize_size):
    """torchvision's Resize and CenterCrop of a mask, with Pillow alone."""
    # The test makes the same levels.
    rows, columns = numpy.indices((height, width))
    levels = ((37 * rows + 11 * columns) % 251).astype("uint8")
    shorter = min(width, height)
    size = [int(resize_size * side / shorter) for side in (width, height)]
    resized = Image.fromarray(levels, "L").resize(size, Image.NEAREST)
    left = int(round((size[0] - image_size) / 2.0))
    top = int(round((size[1] - image_size) / 2.0))
    seen = resized.crop((left, top, left + image_size, top + image_size))
    return {
        "width": width,
        "height": height,
        "imageSize": image_size,
        "resizeSize": resize_size,
        "seen": numpy.asarray(seen).ravel().tolist(),
    }


def rounded(tensor, digits):
    return [round(one, digits) for one in tensor.reshape(-1).tolist()]


def upsampled(classes, grid, side):
    scores = torch.tensor(random.normal(size=(1, classes, grid, grid)).round(3), dtype=torch.float32)
    large = torch.nn.functional.interpolate(
        scores, size=(side, side), mode="bilinear", align_corners=False
    )
    return {
        "classes": classes,
        "grid": grid,
        "side": side,
        "scores": rounded(scores[0].permute(1, 2, 0), 3),
        "upsampled": rounded(large[0].permute(1, 2, 0), 6),
        "named": large[0].argmax(0).reshape(-1).tolist(),
    }


def overlap(classes, occurring, pixels):
    """Overlaps from sets of pixels, not from a matrix of confusions."""
    labels = random.integers(-1, occurring, pixels)
    named = numpy.where(random.random(pixels) < 0.6, labels, random.integers(0, classes, pixels))
    named[named < 0] = 0
    known = labels >= 0
    overlaps = []
    for label in range(classes):
        are, called = known & (labels == label), known & (named == label)
        overlaps.append((are & called).sum() / (are | called).sum() if are.any() else None)
    return {
        "classes": classes,
        "labels": labels.tolist(),
        "named": named.tolist(),
        "overlaps": overlaps,
        "meanIoU": float(numpy.mean([one for one in overlaps if one is not None])),
        "pixelAccuracy": float((labels == named)[known].mean()),
    }


json.dump(
    {
        "made": f"Pillow {PIL.__version__}, PyTorch {torch.__version__}, NumPy {numpy.__version__}",
        "files": [
            png("L", 8, 13, 11),
            png("P", 8, 13, 11),
            png("P", 4, 13, 11),
            png("P", 2, 13, 11),
            png("P", 1, 21, 11),
            png("1", 1, 21, 11),
            png("L", 8, 40, 37),
        ],
        "nearest": [
            nearest(28, 28, 32, 32),
            nearest(13, 29, 12, 15),
            nearest(31, 17, 16, 16),
            nearest(10, 10, 25, 27),
            nearest(72, 64, 24, 24),
            nearest(80, 64, 28, 36),
            nearest(24, 24, 24, 24),
        ],
        "upsampled": [upsampled(3, 4, 16), upsampled(5, 7, 28), upsampled(2, 1, 4), upsampled(2, 6, 6)],
        "overlaps": [overlap(5, 4, 400), overlap(2, 2, 60), overlap(12, 7, 900)],
    },
    sys.stdout,
    separators=(",", ":"),
)
