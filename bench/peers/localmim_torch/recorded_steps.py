"""Steps of a tiny model that the published code took, as numbers in a folder."""

import json
from pathlib import Path

from torch import Tensor

from .freezing import Freezing
from .local_mim import LocalMim
from .model_spec import model_spec
from .safetensors_file import read_safetensors


def _by_stage(path: Path) -> dict[str, Tensor]:
    """Tensors of a record whose stages are numbered after pruning, with their numbers in the model."""
    tensors, metadata = read_safetensors(path)
    offset = int(metadata.get("stage_offset", 0))

    def original(name: str) -> str:
        part, *rest = name.split(".")
        if part not in ("norm", "decoder"):
            return name
        index, *deeper = rest
        return ".".join([part, str(int(index) + offset), *deeper])

    return {original(name): tensor for name, tensor in tensors.items()}


class RecordedSteps:
    """A folder of recorded numbers."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.folder = folder
        self.model = model_spec(config)
        self.situations = config["situations"]
        self.weights, _ = read_safetensors(folder / "tiny_weights.safetensors")
        self.inputs, _ = read_safetensors(folder / "tiny_inputs.safetensors")
        training = json.loads((folder / "tiny_training.json").read_text())
        self.training = training["training"]["scaled"]

    def build(self, freezing: Freezing) -> LocalMim:
        """The model of a phase with the recorded weights."""
        model = LocalMim(self.model, freezing)
        unknown = model.load_state_dict(self.weights, strict=False)
        if unknown.missing_keys:
            raise ValueError(f"no weights for {unknown.missing_keys}")
        return model

    def gradients(self, name: str) -> dict[str, Tensor]:
        """Recorded gradients of a situation."""
        part = "" if name == "none" else f"{name}_"
        return _by_stage(self.folder / f"tiny_grads_{part}f32.safetensors")

    def parameters_after(self, name: str) -> dict[str, Tensor]:
        """Recorded parameters of a situation after its three steps."""
        return _by_stage(self.folder / f"tiny_after3_{name}.safetensors")
