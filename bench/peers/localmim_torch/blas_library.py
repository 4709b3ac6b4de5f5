"""Which library multiplies matrices: the plain one of Debian is twenty times slower than OpenBLAS."""

from pathlib import Path

import torch

_FAST = ("openblas", "libmkl", "blis", "atlas")


def blas_library() -> str | None:
    """Name of the fast library that PyTorch uses, or none if it uses the plain one."""
    torch.ones(2, 2) @ torch.ones(2, 2)  # loads it, where that happens late
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    loaded = {line.split()[-1] for line in lines if "/" in line}
    fast = sorted(path for path in loaded if any(word in path for word in _FAST))
    if any("/libblas." in path and path not in fast for path in loaded):
        return None
    return "/".join(Path(fast[0]).parts[-2:]) if fast else "built in"
