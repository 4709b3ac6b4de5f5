"""Random masking of patches."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .model_spec import ModelSpec, Stage


@dataclass(frozen=True)
class Masking:
    """Which patches of each sample the encoder sees."""

    ids_keep: Tensor
    """Kept patches in the order of their noise, [B, keep]."""
    ids_restore: Tensor
    """Rank of each patch, [B, L]."""
    mask: Tensor
    """1 where a patch is hidden, 0 where it is kept, [B, L]."""


def random_masking(noise: Tensor, keep: int) -> Masking:
    """Keeps the patches with the smallest noise [B, L]."""
    ids_shuffle = noise.argsort(dim=1)
    ids_restore = ids_shuffle.argsort(dim=1)
    return Masking(ids_shuffle[:, :keep], ids_restore, (ids_restore >= keep).to(noise.dtype))


def pick(rows: Tensor, ids: Tensor) -> Tensor:
    """Rows [B, N, E] at ids [B, M]: [B, M, E]."""
    return rows.gather(1, ids[:, :, None].expand(-1, -1, rows.shape[2]))


def mask_at_scale(mask: Tensor, model: ModelSpec, stage: Stage) -> Tensor:
    """The mask on the cells of a stage, [B, cells²]: repeated, or the mean of the patches in a cell."""
    square = mask.view(-1, 1, model.grid, model.grid)
    if stage.scale < 1:
        cells = F.avg_pool2d(square, int(1 / stage.scale))
    else:
        factor = int(stage.scale)
        cells = square.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
    return cells.flatten(1)


def masked_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over the hidden cells of the batch."""
    error = (prediction - target).square().mean(dim=-1)
    return (error * mask).sum() / mask.sum()
