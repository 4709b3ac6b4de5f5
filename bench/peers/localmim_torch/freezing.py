"""Which parameters train, and how a forward pass treats the rest."""

from dataclasses import dataclass
from typing import Literal

from .model_spec import ModelSpec, Stage

Form = Literal["reference", "fixed"]
"""How freezing is done.

`reference`: as the published code trains. The class token never freezes, so that the
backward pass crosses every frozen block to reach it; each live stage computes its HOG
target from the pixels, colour by colour; the norm of all gradients is taken and dropped.

`fixed`: as it can be done. The class token freezes with layer 0, the frozen prefix runs
without recording, and one pass over the pixels gives the targets of all stages.
"""


@dataclass(frozen=True)
class Freezing:
    """A form and how many layers are frozen: the patch embedding is layer 0, block i is i + 1."""

    form: Form
    frozen: int

    def trains(self, model: ModelSpec, name: str) -> bool:
        """Whether a parameter trains."""
        layer = self.layer(model, name)
        return layer is None or layer >= self.frozen

    def layer(self, model: ModelSpec, name: str) -> int | None:
        """The layer that a parameter freezes with, or none if it never does."""
        if name == "cls_token":
            return None if self.form == "reference" else 0
        part, index, *_ = name.split(".")
        if part == "patch_embed":
            return 0
        if part == "blocks":
            return int(index) + 1
        return model.stages[int(index)].layer  # norm.k and decoder.k

    def live(self, model: ModelSpec) -> list[tuple[int, Stage]]:
        """The stages that still have a loss, with their numbers."""
        return [
            (k, stage)
            for k, stage in enumerate(model.stages)
            if stage.layer >= self.frozen
        ]

    @property
    def unrecorded_blocks(self) -> int:
        """How many blocks run without recording for the backward pass."""
        return max(0, self.frozen - 1) if self.form == "fixed" else 0

    @property
    def records_embedding(self) -> bool:
        """Whether the patch embedding is recorded for the backward pass."""
        return self.form == "reference" or self.frozen == 0
