"""Rounds of timed steps, a line of JSON for each, when the driver asks for them."""

import json
import os
import platform
import sys
from pathlib import Path

import torch

from .blas_library import blas_library
from .freezing import Form, Freezing
from .local_mim import LocalMim, trainable_count
from .model_spec import model_spec
from .safetensors_file import read_safetensors
from .train_step import StepTimes, adamw, train_step

RATE = 1e-4
"""Learning rate of all layers; speed does not depend on it."""

_SETTINGS = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "GOMP_SPINCOUNT",
    "MALLOC_MMAP_MAX_",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_TOP_PAD_",
)


def _say(line: dict) -> None:
    print(json.dumps(line), flush=True)


def _settings() -> str:
    """What decides how fast PyTorch is."""
    variables = [f"{name}={os.environ.get(name, '(unset)')}" for name in _SETTINGS]
    return " ".join([f"BLAS={blas_library()}", *variables])


def _row(steps: list[StepTimes]) -> dict:
    """Minima of the parts, each by itself, and the loss of every step."""
    return {
        "forwardMs": min(step.forward for step in steps),
        "backwardMs": min(step.backward for step in steps),
        "gradientMs": min(step.gradient for step in steps),
        "updateMs": min(step.update for step in steps),
        "totalMs": min(step.total for step in steps),
        "losses": [step.loss for step in steps],
    }


def serve_rounds(form: Form, spec: dict) -> None:
    """Builds the model, takes one step that is not timed, then a round for each line of input.

    The first line says what runs here and the loss of the first step; its weights,
    images and noise are read from the file `start`, so that it can be compared.
    """
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(0)
    sizes = model_spec(spec["model"])
    model = LocalMim(sizes, Freezing(form, spec["frozen"]))
    start, _ = read_safetensors(Path(spec["start"]))
    images, noise = start.pop("images"), start.pop("noise")
    missing = model.load_state_dict(start, strict=False).missing_keys
    lacking = [name for name in missing if not name.endswith("pos_embed")]
    if lacking:
        raise ValueError(f"{spec['start']} has no {', '.join(lacking)}")
    del start
    optimizer = adamw(model, lambda _: RATE)
    first = train_step(model, optimizer, images, noise)
    _say(
        {
            "versions": f"PyTorch {torch.__version__}, Python {platform.python_version()}",
            "settings": _settings(),
            "threads": torch.get_num_threads(),
            "trainable": trainable_count(model),
            "loss": first.loss,
        }
    )
    for _ in sys.stdin:
        _say(
            _row(
                [
                    train_step(model, optimizer, images, torch.rand_like(noise))
                    for _ in range(spec["steps"])
                ]
            )
        )
