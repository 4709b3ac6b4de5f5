"""Writes the numbers of a small MAE beside it with PyTorch 1.13: python3 make.py

The model, its loss on normalised pixels and FreezeOut's rates are written here from the
papers (He et al., Masked Autoencoders, 2022; Brock et al., FreezeOut, 2017), with the
names of MAE's published checkpoints, and computed in float64. `config.json` says the
sizes and the schedule. Files and names in them are those that `tools/parity.ts` reads.
"""
import json, math, os, struct
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

here = os.path.dirname(os.path.abspath(__file__))
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
config = json.load(open(f"{here}/config.json"))
schedule = config["schedule"]
BATCH, STEPS = 3, 3


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, d))


class Block(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=config["layerNormEps"])
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=config["layerNormEps"])
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, ratio * width),
                                  "fc2": nn.Linear(ratio * width, width)})

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


def positions(width, side):
    """Zeros for the class token, then of each patch its column and its row."""
    omega = 10000.0 ** (-torch.arange(width // 4) / (width / 4))
    angle = torch.arange(side)[:, None] * omega
    wave = torch.cat([angle.sin(), angle.cos()], 1)
    column = wave[None].expand(side, -1, -1)
    row = wave[:, None].expand(-1, side, -1)
    table = torch.cat([column, row], 2).reshape(side * side, width)
    table = torch.cat([torch.zeros(1, width), table])
    return table.float().double()


def rows(x, index):
    return x.gather(1, index[:, :, None].expand(-1, -1, x.shape[2]))


class MaskedAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        D, d, P, C = (config[k] for k in
                      ("embedDim", "decoderEmbedDim", "patchSize", "inChannels"))
        self.side = config["imageSize"] // P
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, D))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(C, D, P, P)})
        self.blocks = nn.ModuleList(
            Block(D, config["numHeads"], config["mlpRatio"])
            for _ in range(config["depth"]))
        self.norm = nn.LayerNorm(D, eps=config["layerNormEps"])
        self.decoder_embed = nn.Linear(D, d)
        self.mask_token = nn.Parameter(0.02 * torch.randn(1, 1, d))
        self.decoder_blocks = nn.ModuleList(
            Block(d, config["decoderNumHeads"], 4)
            for _ in range(config["decoderDepth"]))
        self.decoder_norm = nn.LayerNorm(d, eps=config["layerNormEps"])
        self.decoder_pred = nn.Linear(d, P * P * C)

    def target(self, images):
        """Patches as [B, L, P·P·C], rows first and channels last, each made alike."""
        b, c, P = len(images), config["inChannels"], config["patchSize"]
        x = images.view(b, c, self.side, P, self.side, P)
        x = x.permute(0, 2, 4, 3, 5, 1).reshape(b, self.side**2, P * P * c)
        return (x - x.mean(2, keepdim=True)) / (x.var(2, keepdim=True) + 1e-6).sqrt()

    def forward(self, images, noise):
        b, L = noise.shape
        keep = int(L * (1 - config["maskRatio"]))
        shuffle = noise.argsort(1)
        restore = shuffle.argsort(1)
        mask = (restore >= keep).double()
        table = positions(config["embedDim"], self.side)
        x = self.patch_embed["proj"](images).flatten(2).transpose(1, 2) + table[1:]
        visible = rows(x, shuffle[:, :keep])
        x = torch.cat([self.cls_token.expand(b, -1, -1), visible], 1)
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        latent = self.norm(x)
        x = self.decoder_embed(latent)
        hidden = self.mask_token.expand(b, L - keep, -1)
        x = torch.cat([x[:, :1], rows(torch.cat([x[:, 1:], hidden], 1), restore)], 1)
        x = x + positions(config["decoderEmbedDim"], self.side)
        for block in self.decoder_blocks:
            x = block(x)
        prediction = self.decoder_pred(self.decoder_norm(x))[:, 1:]
        target = self.target(images)
        loss = ((prediction - target).square().mean(2) * mask).sum() / mask.sum()
        return loss, {
            "mask": mask, "ids_restore": restore, "visible_tokens": visible,
            **{f"block_out.{i}": y for i, y in enumerate(outputs)},
            "latent.0": latent, "pred.0": prediction, "target.0": target,
            "mask_scaled.0": mask, "stage_losses": loss[None], "total_loss": loss[None],
        }


def stored_name(name):
    """Name of a parameter where each stage has a norm and a decoder."""
    if name == "mask_token":
        return "decoder.0.mask_token"
    if name.startswith("norm."):
        return f"norm.0.{name[5:]}"
    return name.replace("decoder_", "decoder.0.", 1)


def layer_of(name):
    """Patch embedding and class token are layer 0; norm and decoder freeze with the last block."""
    if name.startswith(("patch_embed", "cls_token")):
        return 0
    return int(name.split(".")[1]) + 1 if name.startswith("blocks.") else config["depth"]


def rate_of(layer, iteration):
    total = schedule["epochs"] * schedule["iterationsPerEpoch"]
    warmup = schedule["warmupEpochs"] * schedule["iterationsPerEpoch"]
    t0 = schedule["t0"]
    time = t0 + (1 - t0) * layer / config["depth"]
    start = schedule["lr"] / time
    if iteration < warmup:
        return start * iteration / warmup
    return start / 2 * (1 + math.cos(math.pi * (iteration - warmup) / (time * total - warmup)))


def write(name, tensors):
    """A file of float32 tensors."""
    header, data = {}, b""
    for key, value in tensors.items():
        numbers = value.detach().numpy().astype(np.float32)
        end = len(data) + numbers.nbytes
        header[key] = {"dtype": "F32", "shape": list(numbers.shape), "data_offsets": [len(data), end]}
        data += numbers.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(f"{here}/{name}.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)


def renamed(tensors):
    return {stored_name(name): value for name, value in tensors.items()}


def rounded(tensor):
    return tensor.float().double()


side = config["imageSize"]
patches = (side // config["patchSize"]) ** 2
images = rounded(torch.randn(BATCH, config["inChannels"], side, side).cumsum(3) / 4)
images[0, :, :4, :4] = 0.5  # a flat patch
noises = [rounded(torch.rand(BATCH, patches)) for _ in range(STEPS)]
start = MaskedAutoencoder()
for name, parameter in start.named_parameters():
    if name.startswith("norm") or "norm" in name or name.endswith("bias"):
        parameter.data += 0.1 * torch.randn_like(parameter)
    parameter.data = rounded(parameter.data)
write("tiny_inputs", {"images": images, **{f"noise.{s}": n for s, n in enumerate(noises)}})
write("tiny_weights", renamed(dict(start.named_parameters())))
write("tiny_forward_f32", start(images, noises[0])[1])


def record(situation):
    """Three steps from a point of the run on, with an optimizer that begins there."""
    name, frozen, first = (situation[k] for k in ("name", "frozenLayers", "firstIteration"))
    model = MaskedAutoencoder()
    model.load_state_dict(start.state_dict())
    trained = {n: p for n, p in model.named_parameters() if layer_of(n) >= frozen}
    for n, p in model.named_parameters():
        p.requires_grad_(n in trained)
    groups = [{"params": [p], "layer": layer_of(n),
               "weight_decay": 0 if p.ndim == 1 else schedule["weightDecay"]}
              for n, p in trained.items()]
    optimizer = torch.optim.AdamW(groups, lr=0, betas=schedule["betas"], eps=schedule["eps"])
    steps = []
    for k, noise in enumerate(noises):
        rates = {str(i): rate_of(i, first + k) for i in range(frozen, config["depth"] + 1)}
        loss, _ = model(images, noise)
        optimizer.zero_grad()
        loss.backward()
        if k == 0:
            part = "" if name == "none" else f"{name}_"
            write(f"tiny_grads_{part}f32", renamed({n: p.grad for n, p in trained.items()}))
        for group in optimizer.param_groups:
            group["lr"] = rates[str(group["layer"])]
        optimizer.step()
        steps.append({"global_iteration": first + k, "min_active_layer_index": frozen,
                      "active_stages": [0], "loss": loss.item(),
                      "stage_losses": [loss.item()], "lr": rates})
    write(f"tiny_after3_{name}", renamed(trained))
    return {"steps": steps, "loss_after_3_steps_noise0": model(images, noises[0])[0].item()}


recorded = {s["name"]: record(s) for s in config["situations"]}
with open(f"{here}/tiny_training.json", "w") as file:
    json.dump({"training": {"scaled": recorded}}, file, indent=1)
    file.write("\n")
