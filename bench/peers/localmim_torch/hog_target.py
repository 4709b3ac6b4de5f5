"""Histograms of oriented gradients as targets, in two ways that give the same numbers."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from .freezing import Form
from .model_spec import ModelSpec, Stage

_SOBEL = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])


def _magnitudes_and_bins(gx: Tensor, gy: Tensor, nbins: int) -> tuple[Tensor, Tensor]:
    """Length of each gradient and the bin of its orientation; opposite ones share a bin."""
    turns = torch.atan2(gx, gy) / math.pi
    bins = (turns * nbins).floor().remainder(nbins).long()
    return (gx.square() + gy.square()).sqrt(), bins


def _colour_histograms(channel: Tensor, nbins: int, pool: int) -> Tensor:
    """Unit histograms [B, nbins, cells, cells] of one colour [B, 1, S, S], from its pixels."""
    kernels = torch.stack([_SOBEL, _SOBEL.T])[:, None].to(channel)
    gradients = F.conv2d(F.pad(channel, (1, 1, 1, 1), mode="reflect"), kernels)
    magnitudes, bins = _magnitudes_and_bins(*gradients.split(1, dim=1), nbins)
    batch, _, side, _ = channel.shape
    planes = channel.new_zeros(batch, nbins, side, side).scatter_(1, bins, magnitudes)
    return F.normalize(F.avg_pool2d(planes, pool), dim=1)


def _stage_target(model: ModelSpec, images: Tensor, stage: Stage) -> Tensor:
    """One stage by itself, colour by colour, as the published code does."""
    pool = model.image_size // model.cells(stage)
    colours = [
        _colour_histograms(channel, model.hog_nbins, pool)
        for channel in images.split(1, dim=1)
    ]
    return torch.cat(colours, dim=1).flatten(2).transpose(1, 2)


def _sobel(images: Tensor) -> tuple[Tensor, Tensor]:
    """Both gradients of planes [N, S, S] by sums of slices: far faster here than `conv2d` on one channel."""
    padded = F.pad(images[:, None], (1, 1, 1, 1), mode="reflect")[:, 0]
    down = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    across = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    return down[:, :, :-2] - down[:, :, 2:], across[:, :-2] - across[:, 2:]


def _summed_cells(planes: Tensor, nbins: int, cells: int) -> Tensor:
    """Histograms [N, nbins, cells, cells] of planes [N, S, S], added up cell by cell."""
    magnitudes, bins = _magnitudes_and_bins(*_sobel(planes), nbins)
    count, side, _ = planes.shape
    position = torch.arange(side, device=planes.device) // (side // cells)
    cell = position[:, None] * cells + position
    sums = planes.new_zeros(count, nbins * cells * cells)
    sums.scatter_add_(1, (bins * cells * cells + cell).flatten(1), magnitudes.flatten(1))
    return sums.view(count, nbins, cells, cells)


def _pooled_targets(model: ModelSpec, images: Tensor, stages: list[Stage]) -> list[Tensor]:
    """All stages from one pass: the finest cells are pooled before they are normalised."""
    finest = max(model.cells(stage) for stage in stages)
    cells = _summed_cells(images.flatten(0, 1), model.hog_nbins, finest)
    targets = []
    for stage in stages:
        unit = F.normalize(F.avg_pool2d(cells, finest // model.cells(stage)), dim=1)
        targets.append(unit.view(len(images), -1, model.cells(stage) ** 2).transpose(1, 2))
    return targets


@torch.no_grad()
def hog_targets(form: Form, model: ModelSpec, images: Tensor, stages: list[Stage]) -> list[Tensor]:
    """For each stage [B, cells², colours · nbins], colour by colour."""
    if form == "fixed":
        return _pooled_targets(model, images, stages)
    return [_stage_target(model, images, stage) for stage in stages]
