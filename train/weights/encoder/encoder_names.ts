/**
 * Names that libraries give to the tensors of the same Vision Transformer, and the
 * place of an encoder among all names of a file.
 */
import {
  excerpt,
  type Fault,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";

/** A library's names of the parts of an encoder. */
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
const NAMINGS: readonly EncoderNaming[] = [
  TIMM,
  TRANSFORMERS,
  TORCHVISION,
  MMPRETRAIN,
];

const PART_ORDER = ["query", "key", "value"];

/** timm's name of a tensor, and which third of it this is; `null` if it has none such. */
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
 * Tensors of a file that make the tensors of an encoder.
 *
 * @returns Names in the file by timm's name; several are concatenated along the rows.
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

/** The place of the encoder among the tensors of a file. */
export interface EncoderPlace {
  /** Prefix of its names, possibly empty. */
  readonly prefix: string;
  /** Naming of its tensors. */
  readonly naming: EncoderNaming;
}

const refuse = (found: unknown, wanted: string): Result<Fault, never> =>
  left({ _tag: "Inconsistent", path: "prefix", found, wanted });

/** Names of other networks, and what they are. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)transformer\.resblocks\.0\./, "CLIP's encoder"],
  [/(^|\.)vision_model\.encoder\.layers\.0\./, "CLIP's or SigLIP's encoder"],
  [/(^|\.)layers\.0\.blocks\.0\./, "a Swin Transformer"],
  [/(^|\.)stages\.0\./, "a network of stages, such as ConvNeXt"],
  [/(^|\.)layer1\.0\.conv1\./, "a ResNet"],
  [/(^|\.)Transformer\/encoderblock_0\//, "JAX's weights of a ViT"],
];

/** Why there is no encoder in a file. */
function refuseNames(names: readonly string[]): Result<Fault, never> {
  const wanted = `a Vision Transformer's tensor ${NAMINGS[0]?.landmark}`;
  const stranger = STRANGERS.find(([pattern]) =>
    names.some((name) => pattern.test(name))
  );
  return refuse(stranger?.[1] ?? names.slice(0, 3), wanted);
}

function placesIn(names: readonly string[]): readonly EncoderPlace[] {
  return NAMINGS.flatMap((naming) => {
    const { landmark } = naming;
    return names
      .filter((name) => name === landmark || name.endsWith(`.${landmark}`))
      .map((name) => ({ prefix: name.slice(0, -landmark.length), naming }));
  });
}

/** Most encoders in a file that are compared with the wanted one. */
const MOST_COMPARED = 50;

const quoted = (places: readonly EncoderPlace[]): string =>
  excerpt(places.map(({ prefix }) => `"${prefix}"`).join(", "));

/**
 * Finds the encoder in a file: the only one that there is, whatever stands before its
 * names, or the one that is asked for.
 *
 * @param asked The prefix, if it is known, for example `teacher.backbone.`; its last
 * dot may be left out.
 * @param fits Tells those of several that could be meant; any when left out.
 * @returns Its place, or why none can be taken without asking: there is no encoder, or
 * there are several.
 */
export function findEncoder(
  names: readonly string[],
  asked?: string,
  fits: (place: EncoderPlace) => boolean = () => true,
): Result<Fault, EncoderPlace> {
  const places = placesIn(names);
  if (places.length === 0) return refuseNames(names);
  if (asked !== undefined) {
    const known = places.find(({ prefix }) =>
      prefix === asked || prefix === `${asked}.`
    );
    return known !== undefined
      ? right(known)
      : refuse(asked, `one of ${quoted(places)}`);
  }
  const isCompared = places.length > 1 && places.length <= MOST_COMPARED;
  const fitting = isCompared ? places.filter(fits) : places;
  const [only = places[0]!, ...others] = fitting;
  return fitting.length > 0 && others.length === 0
    ? right(only)
    : refuse(undefined, `one of ${quoted(places)}, for there are several`);
}
