"""Writes the files beside it with PyTorch 1.13.1: python3 make.py"""
import argparse, collections, datetime, enum, os, pathlib, numpy, torch

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


class Method(enum.Enum):
    MAE = "mae"


class State(collections.OrderedDict):
    pass


# What trainers save beside the tensors.
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
model(torch.ones(1, 3)).sum().backward()
optimizer.step()
for p in model.parameters():
    p.data = torch.arange(p.numel(), dtype=torch.float32).reshape(p.shape) / 4
torch.save({
    "model": model.state_dict(), "optimizer": optimizer.state_dict(),
    "scaler": {"scale": 65536.0}, "epoch": 3, "metric": numpy.float64(71.25),
    "args": argparse.Namespace(lr=1e-3, out=pathlib.PurePosixPath("/out")),
    "shape": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float32,
    "counts": collections.defaultdict(int, {"a": 1}), "classes": {"cat"}, "some": frozenset({1}),
    "tally": collections.Counter("aab"), "path": pathlib.PurePosixPath("/x"),
    "when": datetime.datetime(2024, 2, 3, 4, 5, 6), "method": Method.MAE, "seed": 2**70, "large": 2**600,
    "array": numpy.arange(3), "random": numpy.random.RandomState(0).get_state()[:1], "raw": bytearray(b"abc"),
    "range": range(3), "slice": slice(1, 2), "complex": 1 + 2j, "none": None,
    "rng": torch.zeros(4, dtype=torch.uint8),
}, f"{here}/trainer.pth")
torch.save({"state_dict": collections.defaultdict(dict, model.state_dict())}, f"{here}/default_dict.pth")
torch.save({"ema": {"shadow": State(model.state_dict())}}, f"{here}/protocol4.pth", pickle_protocol=4)
torch.save(model, f"{here}/module.pth")

# Kinds of numbers that are not read, beside one that is.
odd = {
    "f32": base[0],
    "i16": base.short(), "i8": base.char(), "c64": torch.complex(base, base), "c128": torch.complex(base, base).to(torch.complex128),
    "sparse": base.to_sparse(), "csr": base.to_sparse_csr(),
    "quantised": torch.quantize_per_tensor(base, 0.1, 0, torch.qint8),
}
torch.save(odd, f"{here}/odd_kinds.pth")
torch.save({"model": {**{k: v for k, v in odd.items() if k not in ("sparse", "csr", "quantised")},
                      "view": base[1:3, 2:5], "turned": base.t(), "whole": base, "half": base.half() / 8},
            "args": argparse.Namespace(lr=1), "optimizer": optimizer.state_dict()},
           f"{here}/legacy_trainer.pth", _use_new_zipfile_serialization=False)
