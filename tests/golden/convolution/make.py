"""Writes convolution.json beside it with PyTorch 1.13: python3 make.py

Convolutions with their gradients, and a batch normalisation in both modes, in
float64. Each loss is a sum of products with weights `dy`, so `dy` is the gradient of
the result.
"""
import json, os, torch
from torch.nn import functional as F

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
flat = lambda t: [float(f"{v:.12g}") for v in t.detach().flatten().tolist()]
record = lambda **tensors: {k: {"shape": list(t.shape), "values": flat(t)}
                            for k, t in tensors.items()}


def convolution(x, w, stride, padding):
    x, w = torch.randn(x, requires_grad=True), torch.randn(w, requires_grad=True)
    y = F.conv2d(x, w, stride=stride, padding=padding)
    dy = torch.randn(y.shape)
    dx, dw = torch.autograd.grad((y * dy).sum(), (x, w))
    return {"stride": stride, "padding": padding,
            **record(x=x, w=w, y=y, dy=dy, dx=dx, dw=dw)}


def batch_norm():
    x = torch.randn(3, 2, 4, 5) * 2 + 1
    x.requires_grad_(True)
    norm = torch.nn.BatchNorm2d(2)
    norm.weight.data = torch.tensor([0.5, -1.5])
    norm.bias.data = torch.tensor([0.25, 2.0])
    norm.running_mean = torch.tensor([0.1, -0.2])
    norm.running_var = torch.tensor([1.5, 0.7])
    before = {"running_mean": norm.running_mean.clone(),
              "running_var": norm.running_var.clone()}
    norm.eval()
    inferred = norm(x)
    norm.train()
    y = norm(x)
    dy = torch.randn(y.shape)
    dx, dw, db = torch.autograd.grad((y * dy).sum(), (x, norm.weight, norm.bias))
    return record(x=x, weight=norm.weight, bias=norm.bias, **before, y=y, dy=dy, dx=dx,
                  dweight=dw, dbias=db, inferred=inferred, mean_after=norm.running_mean,
                  var_after=norm.running_var)


data = {
    "made_by": f"PyTorch {torch.__version__}, make.py",
    "convolutions": [
        convolution((2, 3, 5, 6), (4, 3, 3, 3), 1, 1),
        convolution((2, 2, 6, 6), (3, 2, 3, 3), 2, 1),
        convolution((2, 4, 5, 5), (3, 4, 1, 1), 2, 0),
        convolution((1, 2, 7, 5), (2, 2, 2, 3), 3, 2),
    ],
    "batch_norm": batch_norm(),
}
with open(f"{here}/convolution.json", "w") as file:
    json.dump(data, file)
