"""What a LocalMIM model looks like: the same fields as `core/model/model_spec.ts`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One depth at which the encoder is tapped and asked to reconstruct."""

    tap: int
    scale: float
    weight: float = 1.0

    @property
    def layer(self) -> int:
        """The FreezeOut layer that its norm and decoder freeze with: 0 is the patch embedding."""
        return self.tap + 1


@dataclass(frozen=True)
class ModelSpec:
    """Sizes of the encoder and of the decoders on it."""

    image_size: int
    patch_size: int
    in_chans: int
    embed_dim: int
    depth: int
    num_heads: int
    mlp_ratio: float
    stages: tuple[Stage, ...]
    decoder_embed_dim: int
    decoder_depth: int
    decoder_num_heads: int
    hog_nbins: int
    mask_ratio: float
    layer_norm_eps: float

    @property
    def grid(self) -> int:
        """Patches along one side of the image."""
        return self.image_size // self.patch_size

    @property
    def patches(self) -> int:
        """Patches of an image."""
        return self.grid**2

    @property
    def visible(self) -> int:
        """Patches that the encoder sees."""
        return int(self.patches * (1 - self.mask_ratio))

    def cells(self, stage: Stage) -> int:
        """Target cells of a stage along one side of the image."""
        return int(stage.scale * self.grid)


def _stages(fields: dict) -> tuple[Stage, ...]:
    """Stages as the library writes them, or taps and scales as recorded folders do."""
    if "stages" in fields:
        return tuple(Stage(s["tap"], s["scale"], s["weight"]) for s in fields["stages"])
    return tuple(map(Stage, fields["taps"], fields["decoderScales"]))


def model_spec(fields: dict) -> ModelSpec:
    """Reads a model from JSON; a missing field is an error, one that it does not know is not."""
    return ModelSpec(
        image_size=fields["imageSize"],
        patch_size=fields["patchSize"],
        in_chans=fields["inChannels"],
        embed_dim=fields["embedDim"],
        depth=fields["depth"],
        num_heads=fields["numHeads"],
        mlp_ratio=fields["mlpRatio"],
        stages=_stages(fields),
        decoder_embed_dim=fields["decoderEmbedDim"],
        decoder_depth=fields["decoderDepth"],
        decoder_num_heads=fields["decoderNumHeads"],
        hog_nbins=fields["hogNbins"],
        mask_ratio=fields["maskRatio"],
        layer_norm_eps=fields["layerNormEps"],
    )
