"""Steps of LocalMIM in PyTorch on a graphics card, a line of JSON for each case.

    python3 torch_card.py SPEC

SPEC is JSON: models by name, cases, seconds in all, and the device. The model is that of
`localmim_torch` in its `fixed` form; attention is PyTorch's own kernel where it has one, AdamW
is the fused one, images and masks' noise lie on the card, and no loss is read between steps.
"""

import json
import platform
import sys
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))


def _say(line: dict) -> None:
    print(json.dumps(line), flush=True)


def _use_own_attention() -> bool:
    """Whether PyTorch has a kernel for attention; the model's blocks then use it."""
    from localmim_torch import blocks
    from torch.nn import functional as F

    if not hasattr(F, "scaled_dot_product_attention"):
        return False

    def forward(self, x):
        batch, tokens, width = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))

    blocks.Attention.forward = forward
    return True


def _set_precision(torch, precision: str) -> None:
    """TensorFloat-32 on or off, in products and convolutions."""
    allowed = precision != "float32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def _autocast(torch, device: str, precision: str):
    kinds = {"fp16": torch.float16, "bf16": torch.bfloat16}
    kind = kinds.get(precision)
    return nullcontext() if kind is None else torch.autocast(device, dtype=kind)


class _Steps:
    """A model with its optimizer and one batch, all on the device."""

    def __init__(self, torch, device: str, fields: dict, case: dict) -> None:
        from localmim_torch.freezing import Freezing
        from localmim_torch.local_mim import LocalMim
        from localmim_torch.model_spec import model_spec

        sizes = model_spec(fields)
        self.torch, self.device, self.precision = torch, device, case["precision"]
        _set_precision(torch, self.precision)
        torch.manual_seed(0)
        self.model = LocalMim(sizes, Freezing("fixed", case["frozen"])).to(device)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": 0.05},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        fused = {"fused": True} if device == "cuda" else {}
        self.optimizer = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), **fused)
        scaled = self.precision == "fp16" and device == "cuda"
        self.scaler = torch.cuda.amp.GradScaler() if scaled else None
        side, batch = sizes.image_size, case["batchSize"]
        self.images = torch.randn(batch, sizes.in_chans, side, side, device=device)
        self.shape = (batch, sizes.patches)

    def take(self):
        """One step; its loss stays on the device."""
        torch = self.torch
        noise = torch.rand(self.shape, device=self.device)
        with _autocast(torch, self.device, self.precision):
            loss, _ = self.model(self.images, noise)
        if self.scaler is None:
            loss.backward()
            self.optimizer.step()
        else:
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        return loss


def _measure(torch, device: str, fields: dict, case: dict, seconds: float) -> dict:
    """Milliseconds of a step: rounds of steps, of which the fastest counts."""

    def wait() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    steps = _Steps(torch, device, fields, case)
    for _ in range(case["warmUp"]):
        loss = steps.take()
    wait()
    rounds, started = [], perf_counter()
    while not rounds or (len(rounds) < 5 and perf_counter() - started < seconds):
        began = perf_counter()
        for _ in range(case["steps"]):
            loss = steps.take()
        wait()
        rounds.append(1e3 * (perf_counter() - began) / case["steps"])
    memory = torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else None
    return {"ms": min(rounds), "rounds": len(rounds), "loss": float(loss), "gigabytes": memory}


def main() -> int:
    spec = json.loads(sys.argv[1])
    try:
        import torch
    except ImportError as error:
        _say({"missing": f"{sys.executable}: {error}"})
        return 0
    device = spec["device"]
    if device == "cuda" and not torch.cuda.is_available():
        _say({"missing": f"{sys.executable}: PyTorch {torch.__version__} sees no CUDA"})
        return 0
    _say(
        {
            "versions": f"PyTorch {torch.__version__}, Python {platform.python_version()}",
            "cuda": torch.version.cuda,
            "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
            "ownAttention": _use_own_attention(),
            "images": "on the device before the steps; ours are sent there in every step",
        }
    )
    end = perf_counter() + spec["seconds"]
    for case in spec["cases"]:
        if perf_counter() > end:
            _say({"case": {**case, "skipped": "no time left"}})
            continue
        try:
            seconds = max(0.5, min(3.0, (end - perf_counter()) / 4))
            found = _measure(torch, device, spec["models"][case["model"]], case, seconds)
        except Exception as error:  # noqa: BLE001 -- one case must not end the others
            found = {"error": f"{type(error).__name__}: {error}"}
        _say({"case": {**case, **found}})
        if device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
    return 0


if __name__ == "__main__":
    sys.exit(main())
