"""The optimizer and one training step, with the time that each part takes."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor
from torch.optim import AdamW

from .local_mim import LocalMim


@dataclass(frozen=True)
class StepTimes:
    """Milliseconds of the parts of a step, and its loss before the update."""

    forward: float
    backward: float
    update: float
    loss: float
    stage_losses: list[float]

    @property
    def gradient(self) -> float:
        """Forward and backward pass."""
        return self.forward + self.backward

    @property
    def total(self) -> float:
        """All of the step."""
        return self.gradient + self.update


def adamw(
    model: LocalMim, rate_of: Callable[[str], float], weight_decay: float = 0.05
) -> AdamW:
    """AdamW with a group for each trained tensor; vectors and biases do not decay."""
    groups = [
        {
            "params": [parameter],
            "lr": rate_of(name),
            "weight_decay": 0.0
            if parameter.ndim <= 1 or name.endswith(".bias")
            else weight_decay,
        }
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    ]
    return AdamW(groups, betas=(0.9, 0.95), eps=1e-8)


def _gradient_norm(model: LocalMim) -> Tensor:
    """Length of all gradients together."""
    lengths = [p.grad.norm() for p in model.parameters() if p.grad is not None]
    return torch.stack(lengths).norm()


def train_step(model: LocalMim, optimizer: AdamW, images: Tensor, noise: Tensor) -> StepTimes:
    """Losses, gradients, update. Reading the losses belongs to the forward pass, as in training."""
    reference = model.freezing.form == "reference"
    started = perf_counter()
    total, losses = model(images, noise)
    loss, stage_losses = total.item(), [stage.item() for stage in losses]
    computed = perf_counter()
    total.backward()
    differentiated = perf_counter()
    if reference:
        _gradient_norm(model)  # taken and dropped, as the published code does
    optimizer.step()
    optimizer.zero_grad(set_to_none=not reference)
    ended = perf_counter()
    return StepTimes(
        forward=1e3 * (computed - started),
        backward=1e3 * (differentiated - computed),
        update=1e3 * (ended - differentiated),
        loss=loss,
        stage_losses=stage_losses,
    )
