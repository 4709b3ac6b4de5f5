/** RandAugment: a few operations on every image, drawn at random. */
import {
  type Fault,
  type Key,
  left,
  normals,
  RAND_AUGMENT,
  type RandAugment,
  type Result,
  right,
  split,
  uniforms,
} from "../../core/mod.ts";
import type { PixelOp } from "./pixel_op.ts";

/** The strongest strength. */
const MOST = 10;

/** Part of a side by which an image is shifted at full strength. */
const TRANSLATION = 0.45;

/** An operation of a strength; `sign` is 1 or −1, equally likely. */
type OpOf = (strength: number, sign: 1 | -1) => PixelOp;

/** Factor of an enhancement: 1 changes nothing, and 0.1 is the least. */
const factorOf = (strength: number, sign: 1 | -1): number =>
  Math.max(0.1, 1 + sign * 0.9 * strength / MOST);

const shareOf = (strength: number, whole: number): number =>
  Math.trunc(strength / MOST * whole);

/** The operations of the increasing variant: with 0 nothing happens, or nearly. */
const OPS: readonly OpOf[] = [
  () => ({ _tag: "AutoContrast" }),
  () => ({ _tag: "Equalize" }),
  () => ({ _tag: "Invert" }),
  (s, sign) => ({ _tag: "Rotate", degrees: sign * 30 * s / MOST }),
  (s) => ({ _tag: "Posterize", bits: 4 - shareOf(s, 4) }),
  (s) => ({
    _tag: "Solarize",
    threshold: 256 - Math.min(256, shareOf(s, 256)),
  }),
  (s) => ({ _tag: "SolarizeAdd", add: Math.min(128, shareOf(s, 110)) }),
  (s, sign) => ({ _tag: "Color", factor: factorOf(s, sign) }),
  (s, sign) => ({ _tag: "Contrast", factor: factorOf(s, sign) }),
  (s, sign) => ({ _tag: "Brightness", factor: factorOf(s, sign) }),
  (s, sign) => ({ _tag: "Sharpness", factor: factorOf(s, sign) }),
  (s, sign) => ({ _tag: "ShearX", factor: sign * 0.3 * s / MOST }),
  (s, sign) => ({ _tag: "ShearY", factor: sign * 0.3 * s / MOST }),
  (s, sign) => ({ _tag: "TranslateX", part: sign * TRANSLATION * s / MOST }),
  (s, sign) => ({ _tag: "TranslateY", part: sign * TRANSLATION * s / MOST }),
];

/**
 * Every operation at one strength.
 *
 * @param strength In `[0, 10]`.
 * @returns The fifteen operations of RandAugment's increasing variant.
 */
export function pixelOpsAt(strength: number, sign: 1 | -1): readonly PixelOp[] {
  return OPS.map((op) => op(strength, sign));
}

/**
 * Draws what is done to an image.
 *
 * Each of `layers` draws takes one of the fifteen operations, all equally likely,
 * and does it with `probability`, at a strength from
 * `Normal(magnitude, deviation)`, cut at 0 and 10.
 *
 * @returns The operations in their order, `layers` at most.
 *
 * @see Cubuk et al., RandAugment, 2019; magnitudes are those of timm's increasing
 * operations.
 */
export function drawPixelOps(
  { layers, probability, magnitude, deviation }: RandAugment,
  key: Key,
): readonly PixelOp[] {
  const choices = uniforms(split(key, "choices"), 3 * layers);
  const strengths = normals(split(key, "strengths"), layers);
  return Array.from({ length: layers }, (_, i) => i).flatMap((i) => {
    const [which = 0, does = 0, sign = 0] = choices.subarray(3 * i, 3 * i + 3);
    const strength = magnitude + deviation * (strengths[i] ?? 0);
    const op = OPS[Math.floor(which * OPS.length)];
    return op === undefined || does >= probability
      ? []
      : [op(Math.min(Math.max(strength, 0), MOST), sign < 0.5 ? 1 : -1)];
  });
}

const WANTED =
  "none, or rand-mM-mstdS-inc1 with M from 0 to 10 and S from 0 on, such as rand-m9-mstd0.5-inc1; -nN and -pP may be added";

/** Parts of the text: name, then number. */
const PART = /^(mstd|inc|m|n|p)(\d+(?:\.\d+)?)$/;

const isWhole = (value: number | undefined): boolean =>
  value === undefined || Number.isSafeInteger(value);

/**
 * Reads RandAugment in timm's words.
 *
 * @param text `rand-m9-mstd0.5-inc1`, or `none`. `m` is the magnitude, `mstd` its
 * deviation, `n` the layers, `p` the probability; `inc1` has to be there, since only
 * the increasing operations are known.
 * @returns Its meaning, `null` for `none`, or the expected form.
 */
export function randAugmentFrom(
  text: string,
): Result<Fault, RandAugment | null> {
  if (text === "none") return right(null);
  const [name, ...parts] = text.split("-");
  const found = parts.map((part) => PART.exec(part));
  const numbers = new Map(
    found.map((match) => [match?.[1] ?? "", Number(match?.[2])]),
  );
  const magnitude = numbers.get("m") ?? MOST;
  const probability = numbers.get("p") ?? RAND_AUGMENT.probability;
  const holds = name === "rand" && found.every((match) => match !== null) &&
    numbers.size === parts.length && numbers.get("inc") === 1 &&
    magnitude <= MOST && probability <= 1 && isWhole(numbers.get("n"));
  return holds
    ? right({
      ...RAND_AUGMENT,
      magnitude,
      probability,
      deviation: numbers.get("mstd") ?? 0,
      layers: numbers.get("n") ?? RAND_AUGMENT.layers,
    })
    : left({
      _tag: "OutOfRange",
      path: "augment",
      found: text,
      wanted: WANTED,
    });
}

/**
 * RandAugment in timm's words.
 *
 * @param config Result of `randAugmentFrom`, or `null`.
 */
export function showRandAugment(config: RandAugment | null): string {
  if (config === null) return "none";
  const { magnitude, deviation, layers, probability } = config;
  const own = [
    ...layers === RAND_AUGMENT.layers ? [] : [`n${layers}`],
    ...probability === RAND_AUGMENT.probability ? [] : [`p${probability}`],
  ];
  return ["rand", `m${magnitude}`, `mstd${deviation}`, "inc1", ...own]
    .join("-");
}
