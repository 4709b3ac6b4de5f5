"""Writes deep.json beside it with PyTorch 1.13: python3 make_deep.py

One training step of a small DenseNet-BC and a small VGG in float64, with none and with
some of their layers frozen: scores, loss, what comes out of every gradient, the running
statistics behind it, and every parameter after one step of SGD. The networks are written
here from the papers, with the classifier and the order within transitions that FreezeOut's
have. Numbers come from one stream of a linear congruential generator, so that they need
not be kept; a part of a VGG's values is dropped by factors from the same stream.
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


def conv(inputs, outputs, size):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)


class Bottleneck(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, 4 * growth, 1)
        self.bn2, self.conv2 = nn.BatchNorm2d(4 * growth), conv(4 * growth, growth, 3)

    def forward(self, x):
        y = self.conv1(self.bn1(x).relu())
        return torch.cat([x, self.conv2(self.bn2(y).relu())], dim=1)


class Transition(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 1)

    def forward(self, x):
        return F.avg_pool2d(self.conv1(self.bn1(x.relu())), 2)


class Dense(nn.Module):
    """Layers in `order`: each its modules and the function that applies them."""
    def __init__(self, spec):
        super().__init__()
        count, growth = (spec["depth"] - 4) // 6, spec["growthRate"]
        width = 2 * growth
        self.conv1 = conv(spec["inChannels"], width, 3)
        self.order = [([self.conv1], lambda x, _: self.conv1(x))]
        for group in (1, 2, 3):
            if group > 1:
                outputs = math.floor(width * spec["reduction"])
                self.add(f"trans{group - 1}", Transition(width, outputs))
                width = outputs
            layers = nn.Sequential()
            setattr(self, f"dense{group}", layers)
            for _ in range(count):
                layers.append(Bottleneck(width, growth))
                self.order.append(([layers[-1]], lambda x, _, m=layers[-1]: m(x)))
                width += growth
        self.bn1, self.fc = nn.BatchNorm2d(width), nn.Linear(width, spec["classes"])
        last = lambda x, _: self.fc(self.bn1(x).relu().mean((2, 3)))
        self.order.append(([self.bn1, self.fc], last))

    def add(self, name, module):
        setattr(self, name, module)
        self.order.append(([module], lambda x, _: module(x)))


class Convolution(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3), nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn1(self.conv1(x)).relu()


COUNTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class Vgg(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.order, self.features = [], nn.Sequential()
        width = spec["inChannels"]
        for count, factor in zip(COUNTS[spec["depth"]], (1, 2, 4, 8, 8)):
            for i in range(count):
                layer = Convolution(width, factor * spec["channels"])
                self.features.append(layer)
                width, is_last = factor * spec["channels"], i == count - 1
                pool = (lambda x: F.max_pool2d(x, 2)) if is_last else (lambda x: x)
                self.order.append(([layer], lambda x, _, m=layer, p=pool: p(m(x))))
            self.features.append(nn.Identity())  # the pooling has a number
        hidden = width
        inputs = hidden * (spec["imageSize"] // 32) ** 2
        none = nn.Identity
        self.classifier = c = nn.Sequential(
            nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), none(), none(),
            nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), none(), nn.BatchNorm1d(hidden),
            none(), nn.Linear(hidden, spec["classes"]))

        def scores(x, factors):
            first = c[1](c[0](x.flatten(1))).relu() * factors[:, :hidden]
            second = c[7](c[5](c[4](first)).relu()) * factors[:, hidden:]
            return c[9](second)
        self.order.append(([c], scores))


def forward(net, x, factors, frozen):
    for i, (modules, apply) in enumerate(net.order):
        for module in modules:
            module.train(i >= frozen)
            for p in module.parameters():
                p.requires_grad_(i >= frozen)
        x = apply(x, factors)
    return x


def summary(tensor):
    flat = tensor.detach().flatten()
    wave = torch.cos(torch.arange(flat.numel(), dtype=torch.float64))
    return [flat.sum().item(), flat.norm().item(), (flat * wave).sum().item()]


def step(spec, batch, frozen):
    net = (Dense if spec["family"] == "denseNet" else Vgg)(spec)
    stream, state = Stream(), net.state_dict()
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
    size, rate = spec["imageSize"], spec.get("dropout", 0)
    images = stream.take((batch, spec["inChannels"], size, size))
    units = 2 * 8 * spec.get("channels", 0)
    kept = (stream.take((batch, units)) + 1) / 2 >= rate
    labels = torch.arange(batch) % spec["classes"]
    scores = forward(net, images, kept / (1 - rate), frozen)
    loss = F.cross_entropy(scores, labels)
    loss.backward()
    grads = {n: summary(p.grad) for n, p in net.named_parameters() if p.grad is not None}
    moving = [p for p in net.parameters() if p.requires_grad]
    torch.optim.SGD(moving, lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4).step()
    return {
        "spec": spec, "batch": batch, "frozen": frozen, "loss": loss.item(),
        "layers": len(net.order), "scores": scores.flatten().tolist(), "gradients": grads,
        "statistics": {n: summary(v) for n, v in net.state_dict().items()
                       if n.endswith("running_mean") or n.endswith("running_var")},
        "after": {n: summary(p) for n, p in net.named_parameters()},
    }


dense = {"family": "denseNet", "depth": 10, "growthRate": 4, "reduction": 0.5,
         "imageSize": 8, "inChannels": 3, "classes": 4}
vgg = {"family": "vgg", "depth": 11, "channels": 2, "dropout": 0.25,
       "imageSize": 32, "inChannels": 1, "classes": 3}
steps = [step(spec, batch, frozen)
         for spec, batch, frozens in ((dense, 3, (0, 2, 3)), (vgg, 5, (0, 2)),
                                      ({**vgg, "dropout": 0}, 5, (0,)))
         for frozen in frozens]
with open(f"{here}/deep.json", "w") as file:
    json.dump({"made_by": f"PyTorch {torch.__version__}, make_deep.py", "steps": steps}, file)
