"""Writes clip_grad.json beside it with PyTorch 1.13: python3 make.py

Three steps of torch.optim.AdamW in float64, each after clip_grad_norm_. The
gradients of the second step are short enough to stay as they are; in the third the
second parameter is frozen: it has no gradient, so it does not count and does not move.
"""
import json, os, torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
RULE = dict(lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.05)
MAX_NORM = 1.5
SCALES = [3.0, 0.1, 20.0]
SHAPES = {"w": (3, 4), "v": (5,), "k": (2, 3, 2, 2)}


def listed(tensors):
    return {name: x.detach().reshape(-1).tolist() for name, x in tensors.items()}


parameters = {n: torch.nn.Parameter(torch.randn(s)) for n, s in SHAPES.items()}
start = listed(parameters)
optimizer = torch.optim.AdamW(parameters.values(), **RULE)
steps = []
for t, scale in enumerate(SCALES):
    for name, parameter in parameters.items():
        frozen = t == 2 and name == "v"
        parameter.grad = None if frozen else scale * torch.randn(SHAPES[name])
    present = {n: p for n, p in parameters.items() if p.grad is not None}
    gradients = {n: p.grad.clone() for n, p in present.items()}
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), MAX_NORM)
    clipped = {n: p.grad.clone() for n, p in present.items()}
    optimizer.step()
    steps.append(
        {
            "gradients": listed(gradients),
            "norm": norm.item(),
            "clipped": listed(clipped),
            "after": listed(parameters),
        }
    )
golden = {
    "madeBy": f"torch {torch.__version__}, torch.nn.utils.clip_grad_norm_ and torch.optim.AdamW, float64",
    "rule": RULE,
    "maxNorm": MAX_NORM,
    "shapes": SHAPES,
    "start": start,
    "steps": steps,
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clip_grad.json")
with open(path, "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
