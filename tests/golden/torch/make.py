"""Writes the files beside it with PyTorch 1.13.1: python3 make.py"""
import argparse, collections, os, struct, torch

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
for p in model.parameters():
    p.data = torch.arange(p.numel(), dtype=torch.float32).reshape(p.shape) / 4
kinds = {
    "f32": base,
    "f64": base.double() / 3,
    "f16": base.half() / 8,
    "bf16": base.bfloat16(),
    "i64": base.long() - 5,
    "i32": base.int(),
    "u8": base.byte(),
    "bool": base > 11,
    "transposed": base.t(),
    "row": base[2],
    "column": base[:, 1],
    "block": base[1:3, 2:5],
    "scalar": torch.tensor(2.5),
    "empty": torch.empty(0, 3),
    "parameter": torch.nn.Parameter(torch.ones(2)),
}
torch.save(kinds, f"{here}/kinds.pth")
torch.save({"model": model.state_dict(), "epoch": 7, "rate": 1e-3, "note": "é",
            "big": 2**40, "flags": [True, None, (1, 2, 3, 4)]}, f"{here}/nested.pth")
torch.save({"model": model.state_dict(), "args": argparse.Namespace(lr=1)}, f"{here}/namespace.pth")
torch.save(model.state_dict(), f"{here}/legacy.pth", _use_new_zipfile_serialization=False)


class Command:
    def __reduce__(self):
        return (os.system, ("touch it-was-run",))


torch.save({"model": Command()}, f"{here}/command.pth")
