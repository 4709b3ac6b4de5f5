"""Fixed two-dimensional sine-cosine positions."""

import torch
from torch import Tensor


def sin_cos_positions(width: int, grid: int) -> Tensor:
    """Table [1, 1 + grid², width]: a zero row, then for each patch sin and cos of its column and of its row."""
    omega = 10000.0 ** -(
        torch.arange(width // 4, dtype=torch.float64) / (width / 4)
    )
    angles = torch.arange(grid, dtype=torch.float64)[:, None] * omega
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    columns = waves[None, :].expand(grid, grid, -1)
    rows = waves[:, None].expand(grid, grid, -1)
    table = torch.cat([columns, rows], dim=2).reshape(grid * grid, width)
    return torch.cat([torch.zeros(1, width), table.float()])[None]
