"""LocalMIM: an encoder, and a norm and a decoder at each of its taps."""

import torch
from torch import Tensor, nn

from .blocks import Block
from .decoder import Decoder
from .freezing import Freezing
from .hog_target import hog_targets
from .masking import mask_at_scale, masked_loss, pick, random_masking
from .model_spec import ModelSpec
from .positions import sin_cos_positions


class PatchEmbed(nn.Module):
    """Patches as tokens, row by row."""

    def __init__(self, model: ModelSpec) -> None:
        super().__init__()
        side = model.patch_size
        self.proj = nn.Conv2d(model.in_chans, model.embed_dim, kernel_size=side, stride=side)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(images).flatten(2).transpose(1, 2)


class LocalMim(nn.Module):
    """The model of one freeze phase; what is pruned is not in it."""

    def __init__(self, model: ModelSpec, freezing: Freezing) -> None:
        super().__init__()
        self.model, self.freezing = model, freezing
        width, eps = model.embed_dim, model.layer_norm_eps
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.patch_embed = PatchEmbed(model)
        self.register_buffer("pos_embed", sin_cos_positions(width, model.grid))
        self.blocks = nn.ModuleList(
            Block(width, model.num_heads, model.mlp_ratio, eps)
            for _ in range(model.depth)
        )
        live = freezing.live(model)
        self.norm = nn.ModuleDict({str(k): nn.LayerNorm(width, eps=eps) for k, _ in live})
        self.decoder = nn.ModuleDict({str(k): Decoder(model, stage) for k, stage in live})
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(freezing.trains(model, name))

    def _tokens(self, images: Tensor, ids_keep: Tensor) -> Tensor:
        """Class token and visible patches, [B, 1 + keep, D]."""
        patches = self.patch_embed(images) + self.pos_embed[:, 1:]
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(images), -1, -1)
        return torch.cat([first, pick(patches, ids_keep)], dim=1)

    def _taps(self, images: Tensor, ids_keep: Tensor) -> dict[int, Tensor]:
        """Output of every tapped block; the frozen prefix may run unrecorded."""
        recorded = torch.is_grad_enabled()
        with torch.set_grad_enabled(recorded and self.freezing.records_embedding):
            x = self._tokens(images, ids_keep)
        wanted = {stage.tap for _, stage in self.freezing.live(self.model)}
        taps = {}
        for i, block in enumerate(self.blocks):
            unrecorded = i < self.freezing.unrecorded_blocks
            with torch.set_grad_enabled(recorded and not unrecorded):
                x = block(x)
            if i in wanted:
                taps[i] = x
        return taps

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Loss of a batch, and that of each live stage; noise [B, L] decides what is hidden."""
        live = self.freezing.live(self.model)
        masking = random_masking(noise, self.model.visible)
        taps = self._taps(images, masking.ids_keep)
        stages = [stage for _, stage in live]
        targets = hog_targets(self.freezing.form, self.model, images, stages)
        losses = []
        for (k, stage), target in zip(live, targets):
            latent = self.norm[str(k)](taps[stage.tap])
            prediction = self.decoder[str(k)](latent, masking)
            mask = mask_at_scale(masking.mask, self.model, stage)
            losses.append(masked_loss(prediction, target, mask))
        total = sum(stage.weight * loss for stage, loss in zip(stages, losses))
        return total, losses


def trainable_count(model: LocalMim) -> int:
    """How many numbers train."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
