/**
 * Names that libraries give to the tensors of the same Vision Transformer.
 *
 * @module
 */

/** How a library names the parts of an encoder. */
export interface EncoderNaming {
  /** The library, for messages. */
  readonly library: string;
  /** A name that every encoder of it has once. */
  readonly landmark: string;
  /** Patterns of its names with what timm calls the same; a part behind `#` is a third of a tensor. */
  readonly rules: readonly (readonly [pattern: RegExp, timm: string])[];
  /** Beginnings of the names of its encoder's parts, beside timm's. */
  readonly parts: RegExp | null;
  /** `ε` of its layer normalisations unless its configuration says another. */
  readonly layerNormEps: number;
}

/** MAE, LocalMIM, DINO, DeiT and this library share timm's names. */
const TIMM: EncoderNaming = {
  library: "timm",
  landmark: "patch_embed.proj.weight",
  rules: [[/^/, ""]],
  parts: null,
  layerNormEps: 1e-6,
};

/** `ViTModel`, and `ViTMAEModel` and others that are built like it. */
const TRANSFORMERS: EncoderNaming = {
  library: "transformers",
  landmark: "embeddings.patch_embeddings.projection.weight",
  rules: [
    [/^embeddings\.cls_token$/, "cls_token"],
    [/^embeddings\.position_embeddings$/, "pos_embed"],
    [/^embeddings\.patch_embeddings\.projection\./, "patch_embed.proj."],
    [/^encoder\.layer\.(\d+)\.layernorm_before\./, "blocks.$1.norm1."],
    [
      /^encoder\.layer\.(\d+)\.attention\.attention\.(query|key|value)\.(\w+)$/,
      "blocks.$1.attn.qkv.$3#$2",
    ],
    [
      /^encoder\.layer\.(\d+)\.attention\.output\.dense\./,
      "blocks.$1.attn.proj.",
    ],
    [/^encoder\.layer\.(\d+)\.layernorm_after\./, "blocks.$1.norm2."],
    [/^encoder\.layer\.(\d+)\.intermediate\.dense\./, "blocks.$1.mlp.fc1."],
    [/^encoder\.layer\.(\d+)\.output\.dense\./, "blocks.$1.mlp.fc2."],
    [/^layernorm\./, "norm."],
  ],
  parts: /^(encoder\.|embeddings\.(?!mask_token$))/,
  layerNormEps: 1e-12,
};

const TORCHVISION: EncoderNaming = {
  library: "torchvision",
  landmark: "conv_proj.weight",
  rules: [
    [/^class_token$/, "cls_token"],
    [/^encoder\.pos_embedding$/, "pos_embed"],
    [/^conv_proj\./, "patch_embed.proj."],
    [/^encoder\.layers\.encoder_layer_(\d+)\.ln_1\./, "blocks.$1.norm1."],
    [
      /^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_(\w+)$/,
      "blocks.$1.attn.qkv.$2",
    ],
    [
      /^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj\./,
      "blocks.$1.attn.proj.",
    ],
    [/^encoder\.layers\.encoder_layer_(\d+)\.ln_2\./, "blocks.$1.norm2."],
    [
      /^encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:0|linear_1)\./,
      "blocks.$1.mlp.fc1.",
    ],
    [
      /^encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:3|linear_2)\./,
      "blocks.$1.mlp.fc2.",
    ],
    [/^encoder\.ln\./, "norm."],
  ],
  parts: /^(encoder|conv_proj)\./,
  layerNormEps: 1e-6,
};

const MMPRETRAIN: EncoderNaming = {
  library: "mmpretrain",
  landmark: "patch_embed.projection.weight",
  rules: [
    [/^(cls_token|pos_embed)$/, "$1"],
    [/^patch_embed\.projection\./, "patch_embed.proj."],
    [/^layers\.(\d+)\.(?:ln|norm)([12])\./, "blocks.$1.norm$2."],
    [/^layers\.(\d+)\.(attn\.(?:qkv|proj)|mlp\.fc[12])\./, "blocks.$1.$2."],
    [/^layers\.(\d+)\.ffn\.layers\.0\.0\./, "blocks.$1.mlp.fc1."],
    [/^layers\.(\d+)\.ffn\.layers\.1\./, "blocks.$1.mlp.fc2."],
    [/^(?:ln1|norm1?)\./, "norm."],
  ],
  parts: /^(layers|patch_embed)\./,
  layerNormEps: 1e-6,
};

/** All that are known. */
export const NAMINGS: readonly EncoderNaming[] = [
  TIMM,
  TRANSFORMERS,
  TORCHVISION,
  MMPRETRAIN,
];

/** The order in which parts of a tensor lie behind one another. */
const PART_ORDER = ["query", "key", "value"];

/** What timm calls a tensor, and which third of it this is; `null` if it has none such. */
function timmName(
  { rules }: EncoderNaming,
  name: string,
): readonly [name: string, part: number] | null {
  const rule = rules.find(([pattern]) => pattern.test(name));
  if (rule === undefined) return null;
  const whole = name.replace(...rule);
  if (!rule[1].includes("#")) return [whole, 0];
  const [own = "", part = ""] = whole.split("#");
  return [own, PART_ORDER.indexOf(part)];
}

/**
 * Which tensors of a file make the tensors of an encoder.
 *
 * @param naming How the file names them.
 * @param prefix What stands before these names.
 * @param names All names in the file.
 * @returns Names in the file by timm's name; several are rows behind one another.
 */
export function encoderSources(
  naming: EncoderNaming,
  prefix: string,
  names: Iterable<string>,
): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>();
  for (const name of names) {
    const found = name.startsWith(prefix)
      ? timmName(naming, name.slice(prefix.length))
      : null;
    if (found === null) continue;
    const [timm, part] = found;
    const parts = sources.get(timm) ?? [];
    parts[part] = name;
    sources.set(timm, parts);
  }
  return sources;
}
