"""Writes convnet.json beside it with PyTorch 1.13: python3 make.py

One training step of small residual networks in float64, with none and with two of
their layers frozen: loss, what comes out of every gradient, and the running statistics
behind it. The networks are written here from the papers. Their numbers and images come
from one stream of a linear congruential generator, so that they need not be kept.
"""
import json, math, os, torch
from torch import nn
from torch.nn import functional as F

here = os.path.dirname(os.path.abspath(__file__))
torch.set_default_dtype(torch.float64)


class Stream:
    """Numbers in [-1, 1)."""
    def __init__(self):
        self.state = 1

    def take(self, shape):
        values = []
        for _ in range(math.prod(shape)):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            values.append(self.state / 2**31 - 1)
        return torch.tensor(values).reshape(shape)


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if inputs != outputs:
            self.convShortcut = nn.Conv2d(inputs, outputs, 1, stride, 0, bias=False)

    def forward(self, x):
        y = F.relu(self.bn1(x))
        shortcut = self.convShortcut(y) if hasattr(self, "convShortcut") else x
        return shortcut + self.conv2(F.relu(self.bn2(self.conv1(y))))


class PlainBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.downsample = None
        if inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, 0, bias=False),
                nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Group(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.layer = nn.ModuleList(blocks)


class Net(nn.Module):
    """Layers in `self.order`, each a pair of modules and the function that applies them."""
    def __init__(self, family, blocks, width, channels, classes):
        super().__init__()
        wide = family == "wideResNet"
        kind = WideBlock if wide else PlainBlock
        widths = [16] + [16 * width * 2**g for g in range(3)]
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[3] if wide else 16)
        self.fc = nn.Linear(widths[3], classes)
        all_blocks = []
        for g in range(3):
            made = [kind(widths[g] if i == 0 else widths[g + 1], widths[g + 1],
                         2 if i == 0 and g > 0 else 1) for i in range(blocks)]
            all_blocks += made
            if wide:
                setattr(self, f"block{g + 1}", Group(made))
            else:
                setattr(self, f"layer{g + 1}", nn.ModuleList(made))
        norm = lambda x: F.relu(self.bn1(x))
        stem = self.conv1 if wide else (lambda x: norm(self.conv1(x)))
        last = norm if wide else (lambda x: x)
        head = lambda x: self.fc(last(x).mean((2, 3)))
        self.order = ([([self.conv1] + ([] if wide else [self.bn1]), stem)]
                      + [([b], b) for b in all_blocks]
                      + [([self.fc] + ([self.bn1] if wide else []), head)])

    def forward(self, x, frozen):
        for i, (modules, apply) in enumerate(self.order):
            for module in modules:
                module.train(i >= frozen)
                for p in module.parameters():
                    p.requires_grad_(i >= frozen)
            x = apply(x)
        return x


def summary(tensor):
    flat = tensor.flatten()
    wave = torch.cos(torch.arange(flat.numel(), dtype=torch.float64))
    return [flat.sum().item(), flat.norm().item(), (flat * wave).sum().item()]


def step(family, blocks, width, size, channels, classes, batch, frozen):
    net = Net(family, blocks, width, channels, classes)
    stream = Stream()
    state = net.state_dict()
    for name in sorted(n for n in state if not n.endswith("num_batches_tracked")):
        shape = state[name].shape
        noise = stream.take(shape)
        if len(shape) > 1:
            noise *= math.sqrt(3 / math.prod(shape[1:]))
        elif name.endswith("weight") or name.endswith("var"):
            noise = 1 + 0.3 * noise
        else:
            noise *= 0.2
        state[name].copy_(noise)
    images = stream.take((batch, channels, size, size))
    labels = torch.arange(batch) % classes
    scores = net(images, frozen)
    loss = F.cross_entropy(scores, labels)
    loss.backward()
    return {
        "family": family, "depth": 6 * blocks + (4 if family == "wideResNet" else 2),
        "width": width, "imageSize": size, "inChannels": channels, "classes": classes,
        "batch": batch, "frozen": frozen, "loss": loss.item(),
        "scores": [round(v, 12) for v in scores.flatten().tolist()],
        "gradients": {n: summary(p.grad) for n, p in net.named_parameters()
                      if p.grad is not None},
        "statistics": {n: summary(v) for n, v in net.state_dict().items()
                       if n.endswith("running_mean") or n.endswith("running_var")},
    }


steps = [step(family, 1, 1, 8, channels, 4, 3, frozen)
         for family, channels in (("wideResNet", 1), ("resNet", 3))
         for frozen in (0, 2)]
with open(f"{here}/convnet.json", "w") as file:
    json.dump({"made_by": f"PyTorch {torch.__version__}, make.py", "steps": steps}, file)
