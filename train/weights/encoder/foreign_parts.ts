/** Parts of other Vision Transformers that this library's encoder does not have. */
import type { Fault } from "../../../core/mod.ts";
import { encoderShape, type EncoderTensors } from "./encoder_tensors.ts";

/**
 * Names of parts before, in or between the blocks, and what they are; the first that
 * fits counts. Without them an encoder would be another function.
 */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^blocks\.\d+\..*(ls\d?\.|gamma|layer_?scale|lambda)/, "a layer scale"],
  [/^blocks\.\d+\.attn\.(q|k)_?norm/, "norms of queries and keys"],
  [
    /^blocks\.\d+\.mlp\.(w\d|fc1_[gx]|gate|up_proj|down_proj)/,
    "a gated MLP (SwiGLU)",
  ],
  [/(^|[._])rel(ative)?_pos/, "relative positions"],
  [/(^|[._])(rope|rotary|freqs|periods)/, "rotary positions"],
  [/(^|[._])(lora|adapter)/, "an adapter"],
  [/^(reg|register|storage)_tokens?$/, "register tokens"],
  [/^dist(illation)?_token$/, "a distillation token"],
  [/^(norm_pre|pre_norm|ln_pre)\b/, "a norm before the blocks"],
  [/^(pos_embed.|cls_pos)/, "another position table"],
  [/^(temporal|time_embed)/, "positions in time"],
  [/^prompt/, "prompts"],
  [/^blocks\./, "a part of a block that this encoder has not"],
  [/^patch_embed\./, "a part of a patch embedding that this encoder has not"],
];

/** Parts in place of the last norm: features would not be those of the file's model. */
const BEHIND: readonly (readonly [RegExp, string])[] = [
  [/^fc_norm\./, "a norm behind the mean of the tokens, not before it"],
];

/** The wanted encoder in place of one with a foreign part. */
const WITHOUT = "an encoder without it";
const BEFORE = "an encoder from before it was fine-tuned, or one without it";

/** Parts that only training has, whatever they are made of, and its state (`exp_avg/…`). */
const OF_TRAINING = /^(mask_token|decoder|predictor|heads?\b|\w+\/)/;

/** True if a tensor looks like tokens beside those of the patches, `[1, n, D]`. */
function isToken(file: EncoderTensors, path: string): boolean {
  const [width] = encoderShape(file, "patch_embed.proj.weight");
  const [one, , own, ...others] = file.tensors.get(path)?.shape ?? [];
  return one === 1 && own === width && others.length === 0;
}

/** Kind of a tensor that makes an encoder another one, or `null`. */
function foreignKind(
  file: EncoderTensors,
  path: string,
  partial: boolean,
): string | null {
  const { prefix, naming: { parts } } = file;
  if (!path.startsWith(prefix)) return null;
  const name = path.slice(prefix.length);
  if (OF_TRAINING.test(name)) return null;
  const table = partial ? FOREIGN : [...FOREIGN, ...BEHIND];
  // Other libraries' blocks have other names, but parts of them the same.
  const isPart = parts?.test(name) ?? false;
  const own = isPart ? `blocks.0.${name}` : name;
  const known = table.find(([pattern]) =>
    pattern.test(own) || pattern.test(name)
  );
  if (known !== undefined) return known[1];
  return !name.includes(".") && isToken(file, path)
    ? "tokens that this encoder has not"
    : null;
}

const isBehind = (kind: string): boolean =>
  BEHIND.some(([, behind]) => behind === kind);

/** A name for the same part of all blocks, and for a norm behind them. */
const partName = (path: string, kind: string): string =>
  isBehind(kind)
    ? path.replace(/\.(weight|bias)$/, "")
    : path.replace(/((?:blocks|layers?)\.(?:encoder_layer_)?)\d+\./, "$1*.");

/**
 * Parts of a file's model that this one has not; the same part of many blocks is one.
 *
 * @param leftOver Names of the file that are of no use here.
 */
export function foreignParts(
  file: EncoderTensors,
  leftOver: readonly string[],
  partial: boolean,
): readonly Fault[] {
  const kinds = new Map<string, string>();
  for (const path of leftOver) {
    const kind = foreignKind(file, path, partial);
    if (kind !== null) kinds.set(partName(path, kind), kind);
  }
  return [...kinds].map(([path, found]) => ({
    _tag: "Inconsistent",
    path,
    found,
    wanted: isBehind(found) ? BEFORE : WITHOUT,
  }));
}

/** timm's names of the parts that this encoder has, of any sizes. */
const PART =
  /^(cls_token|pos_embed|(patch_embed\.proj|norm|norm\.\d+|blocks\.\d+\.(norm[12]|attn\.(qkv|proj)|mlp\.fc[12]))\.(weight|bias))$/;

/** Parts of a file's model that this one has not whatever its sizes are. */
export function unlikeParts(
  file: EncoderTensors,
  partial: boolean,
): readonly Fault[] {
  const own = new Set(
    [...file.sources].flatMap(([name, paths]) => PART.test(name) ? paths : []),
  );
  const all = [...file.tensors.keys(), ...file.unread.keys()];
  return foreignParts(file, all.filter((path) => !own.has(path)), partial);
}
