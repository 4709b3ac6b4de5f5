"""Comparison with recorded numbers of the published code: the proof that the peer computes the same step."""

from collections.abc import Callable
from math import inf, isnan
from pathlib import Path

import torch
from torch import Tensor

from .freezing import Form, Freezing
from .recorded_steps import RecordedSteps
from .train_step import adamw, train_step

LOSS_TOLERANCE = 1e-6
"""Largest relative error of a loss."""
GRADIENT_TOLERANCE = 1e-5
"""Largest error of a gradient as a part of the largest number of its tensor."""
PARAMETER_TOLERANCE = 2e-6
"""Largest root mean square of a tensor's errors after three steps.

Not the largest single error: Adam turns the rounding of a gradient near zero into a
part of a step, in one number of thousands.
"""


def _worst(
    error: Callable[[Tensor, Tensor], Tensor], found: dict[str, Tensor], wanted: dict[str, Tensor]
) -> float:
    """Largest error of a tensor; infinite if it is no number, or if other tensors were found than wanted."""
    if found.keys() != wanted.keys() or not wanted:
        return inf
    errors = [error(found[name], tensor).item() for name, tensor in wanted.items()]
    return inf if any(map(isnan, errors)) else max(errors)


def _relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).abs().max() / wanted.abs().max()


def _rms_error(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square().mean().sqrt()


def _without_key_biases(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leaves out the key third of `qkv.bias`: its gradient is zero, and Adam turns rounding into steps."""
    kept = {}
    for name, tensor in tensors.items():
        third = len(tensor) // 3
        is_bias = name.endswith("attn.qkv.bias")
        kept[name] = torch.cat([tensor[:third], tensor[2 * third :]]) if is_bias else tensor
    return kept


def _gradient_errors(record: RecordedSteps, freezing: Freezing, name: str) -> tuple[float, float]:
    """Errors of the losses and of the gradients of the first step."""
    model = record.build(freezing)
    total, losses = model(record.inputs["images"], record.inputs["noise.0"])
    total.backward()
    found = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    wanted = record.gradients(name)
    if not freezing.trains(record.model, "cls_token"):
        wanted.pop("cls_token")
    step = record.training[name]["steps"][0]
    pairs = zip([total, *losses], [step["loss"], *step["stage_losses"]], strict=True)
    loss_error = max(abs(a.item() - b) / b for a, b in pairs)
    return loss_error, _worst(_relative_error, found, wanted)


def _parameter_error(record: RecordedSteps, freezing: Freezing, name: str) -> float:
    """Error of the parameters after the three recorded steps."""
    model = record.build(freezing)
    optimizer = adamw(model, lambda _: 0.0)
    names = [n for n, p in model.named_parameters() if p.requires_grad]
    recorded = Freezing("reference", freezing.frozen)
    for k, step in enumerate(record.training[name]["steps"]):
        for group, parameter in zip(optimizer.param_groups, names, strict=True):
            layer = recorded.layer(record.model, parameter)
            group["lr"] = step["lr"]["non_freezeout" if layer is None else str(layer)]
        train_step(model, optimizer, record.inputs["images"], record.inputs[f"noise.{k}"])
    found = {n: p.detach() for n, p in model.named_parameters() if p.requires_grad}
    wanted = record.parameters_after(name)
    return _worst(_rms_error, _without_key_biases(found), _without_key_biases(wanted))


def check_fixture(folder: Path, form: Form) -> list[dict]:
    """How each recorded situation compares.

    In the form `fixed` the class token stands still once anything is frozen, unlike in
    the record: then its gradient and the parameters after three steps are not compared
    (`parameters` is null).
    """
    record = RecordedSteps(folder)
    rows = []
    for situation in record.situations:
        freezing = Freezing(form, situation["frozenLayers"])
        loss, gradient = _gradient_errors(record, freezing, situation["name"])
        same_token = freezing.trains(record.model, "cls_token")
        parameters = _parameter_error(record, freezing, situation["name"]) if same_token else None
        rows.append(
            {
                "form": form,
                "frozen": freezing.frozen,
                "loss": loss,
                "gradients": gradient,
                "parameters": parameters,
                "holds": loss <= LOSS_TOLERANCE
                and gradient <= GRADIENT_TOLERANCE
                and (parameters is None or parameters <= PARAMETER_TOLERANCE),
            }
        )
    return rows
