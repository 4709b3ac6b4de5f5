"""Writes the numbers of latent targets beside a small MAE with PyTorch 1.13: python3 make.py

Weights, images and noise are those of ../mae. The frozen encoder's features of whole
images, normalised token by token, are predicted for hidden patches by a linear layer on
the decoder's tokens, besides MAE's own loss. Of each gradient its sum with fixed weights
is kept. Computed in float64.
"""
import json, os, struct
import numpy as np
import torch
from torch.nn import functional as F

here = os.path.dirname(os.path.abspath(__file__))
config = json.load(open(f"{here}/../mae/config.json"))
D, d, P, C = (config[k] for k in ("embedDim", "decoderEmbedDim", "patchSize", "inChannels"))
side, eps = config["imageSize"] // P, config["layerNormEps"]
L = side * side
keep = int(L * (1 - config["maskRatio"]))


def read(name):
    data = open(f"{here}/../mae/{name}.safetensors", "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    found = {}
    for key, value in header.items():
        if key == "__metadata__":
            continue
        a, b = value["data_offsets"]
        numbers = np.frombuffer(data[8 + size + a:8 + size + b], np.float32)
        found[key] = torch.tensor(numbers.astype(np.float64).reshape(value["shape"]))
    return found


def waves(shape, scale):
    """Numbers of no particular pattern: sin(1.7·i + 0.3), scaled."""
    count = int(np.prod(shape))
    return scale * torch.sin(1.7 * torch.arange(count).double() + 0.3).reshape(shape)


def positions(width):
    omega = 10000.0 ** (-torch.arange(width // 4).double() / (width / 4))
    angle = torch.arange(side).double()[:, None] * omega
    wave = torch.cat([angle.sin(), angle.cos()], 1)
    table = torch.cat([wave[None].expand(side, -1, -1), wave[:, None].expand(-1, side, -1)], 2)
    return torch.cat([torch.zeros(1, width), table.reshape(L, width).float()]).double()


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def norm(w, name, x):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps)


def block(w, name, x, heads):
    b, n, width = x.shape
    q, k, v = linear(w, f"{name}.attn.qkv", norm(w, f"{name}.norm1", x)) \
        .view(b, n, 3, heads, -1).permute(2, 0, 3, 1, 4)
    weights = (q @ k.transpose(-2, -1) / (width // heads) ** 0.5).softmax(-1)
    x = x + linear(w, f"{name}.attn.proj", (weights @ v).transpose(1, 2).reshape(b, n, width))
    y = F.gelu(linear(w, f"{name}.mlp.fc1", norm(w, f"{name}.norm2", x)))
    return x + linear(w, f"{name}.mlp.fc2", y)


def rows(x, index):
    return x.gather(1, index[:, :, None].expand(-1, -1, x.shape[2]))


def embedded(w, images):
    weight, bias = (w[f"patch_embed.proj.{kind}"] for kind in ("weight", "bias"))
    return F.conv2d(images, weight, bias, P).flatten(2).transpose(1, 2) + positions(D)[1:]


def encoded(w, tokens, depth):
    x = torch.cat([w["cls_token"].expand(len(tokens), -1, -1), tokens], 1)
    for i in range(depth):
        x = block(w, f"blocks.{i}", x, config["numHeads"])
    return x


def step(w, images, noise, tap, every, weight):
    """MAE's loss, that of latent targets, and both together."""
    b = len(images)
    shuffle = noise.argsort(1)
    restore = shuffle.argsort(1)
    mask = (restore >= keep).double()
    x = encoded(w, rows(embedded(w, images), shuffle[:, :keep]), config["depth"])
    x = linear(w, "decoder.0.embed", norm(w, "norm.0", x))
    hidden = w["decoder.0.mask_token"].expand(b, L - keep, -1)
    x = torch.cat([x[:, :1], rows(torch.cat([x[:, 1:], hidden], 1), restore)], 1)
    x = x + positions(d)
    for i in range(config["decoderDepth"]):
        x = block(w, f"decoder.0.blocks.{i}", x, config["decoderNumHeads"])
    tokens = norm(w, "decoder.0.norm", x)[:, 1:]
    pixels = images.view(b, C, side, P, side, P).permute(0, 2, 4, 3, 5, 1).reshape(b, L, -1)
    pixels = (pixels - pixels.mean(2, keepdim=True)) / (pixels.var(2, keepdim=True) + 1e-6).sqrt()
    own = (linear(w, "decoder.0.pred", tokens) - pixels).square().mean(2)
    own = (own * mask).sum() / mask.sum()
    with torch.no_grad():
        whole = encoded(w, embedded(w, images[::every]), tap + 1)[:, 1:]
        target = F.layer_norm(whole, (D,), eps=eps)
    missed = (linear(w, "decoder.0.latent", tokens[::every]) - target).square().mean(2)
    latent = (missed * mask[::every]).sum() / mask[::every].sum()
    return own, latent, own + weight * latent, target


def record(tap, every, weight):
    w = {name: value.clone().requires_grad_() for name, value in read("tiny_weights").items()}
    w["decoder.0.latent.weight"] = waves((D, d), 0.25).requires_grad_()
    w["decoder.0.latent.bias"] = waves((D,), 0.1).requires_grad_()
    inputs = read("tiny_inputs")
    own, latent, loss, target = step(w, inputs["images"], inputs["noise.0"], tap, every, weight)
    loss.backward()
    functional = lambda x: (x * waves(x.shape, 1)).sum().item()
    return {
        "tap": tap, "every": every, "weight": weight,
        "own": own.item(), "latent": latent.item(), "loss": loss.item(),
        "target": functional(target),
        "gradients": {name: functional(value.grad) for name, value in w.items()},
    }


cases = [record(0, 1, 1), record(2, 3, 0.5)]
with open(f"{here}/latent.json", "w") as file:
    json.dump({"torch": torch.__version__, "cases": cases}, file, indent=1)
    file.write("\n")
