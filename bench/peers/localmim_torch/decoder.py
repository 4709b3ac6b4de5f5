"""The decoder of one stage: from visible tokens to target cells."""

import torch
from torch import Tensor, nn

from .blocks import Block
from .masking import Masking, pick
from .model_spec import ModelSpec, Stage
from .positions import sin_cos_positions


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of every pixel of [B, C, H, W]."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=1, keepdim=True)
        variance = centred.square().mean(dim=1, keepdim=True)
        unit = centred / (variance + self.eps).sqrt()
        return unit * self.weight[:, None, None] + self.bias[:, None, None]


def prediction_head(model: ModelSpec, stage: Stage) -> nn.Sequential:
    """From [B, d, G, G] to the values of each cell; half the channels at each doubling."""
    width, values = model.decoder_embed_dim, model.hog_nbins * model.in_chans
    steps: list[nn.Module] = []
    if stage.scale < 1:
        steps.append(nn.AvgPool2d(int(1 / stage.scale)))
    doublings = max(0, int(stage.scale).bit_length() - 1)
    for k in range(doublings):
        if k > 0:
            steps += [ChannelNorm(width, model.layer_norm_eps), nn.GELU()]
        steps.append(nn.ConvTranspose2d(width, width // 2, kernel_size=2, stride=2))
        width //= 2
    return nn.Sequential(*steps, nn.Conv2d(width, values, kernel_size=1))


class Decoder(nn.Module):
    """Embedding, mask tokens, positions, Transformer blocks, norm and head."""

    def __init__(self, model: ModelSpec, stage: Stage) -> None:
        super().__init__()
        width, eps = model.decoder_embed_dim, model.layer_norm_eps
        self.grid = model.grid
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.embed = nn.Linear(model.embed_dim, width)
        self.register_buffer("pos_embed", sin_cos_positions(width, model.grid))
        self.blocks = nn.ModuleList(
            Block(width, model.decoder_num_heads, 4, eps)
            for _ in range(model.decoder_depth)
        )
        self.norm = nn.LayerNorm(width, eps=eps)
        self.pred = prediction_head(model, stage)

    def forward(self, latent: Tensor, masking: Masking) -> Tensor:
        """From tapped tokens [B, 1 + keep, D] to [B, cells², values]."""
        x = self.embed(latent)
        batch, tokens, width = x.shape
        hidden = self.mask_token.expand(batch, self.grid**2 + 1 - tokens, width)
        patches = pick(torch.cat([x[:, 1:], hidden], dim=1), masking.ids_restore)
        x = torch.cat([x[:, :1], patches], dim=1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)[:, 1:].transpose(1, 2)
        cells = self.pred(x.reshape(batch, width, self.grid, self.grid))
        return cells.flatten(2).transpose(1, 2)
