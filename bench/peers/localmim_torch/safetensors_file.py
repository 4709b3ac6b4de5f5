"""Reading safetensors files: 8 bytes of header length, a JSON header, raw little-endian numbers."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

_KINDS = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "u1"}


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors of a file by name, and its free text by key."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        kind = np.dtype(_KINDS[entry["dtype"]])
        numbers = np.frombuffer(content, kind, (end - first) // kind.itemsize, start + first)
        tensors[name] = torch.from_numpy(numbers.reshape(entry["shape"]).copy())
    return tensors, metadata
