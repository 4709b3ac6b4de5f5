/** `config.json` of a fixture folder as it is written. */
import {
  type Codec,
  codecOf,
  decode,
  numberIn,
  oneOf,
  unwanted,
  wholeFrom,
} from "../../core/codec/codec.ts";
import { type FieldCodecs, listOf } from "../../core/codec/structures.ts";
import {
  type EARLIER_WARMUP,
  type Faults,
  type FreezeScale,
  type ModelSpec,
  type Result,
  type StageScale,
  type StageTarget,
  T0_RANGE,
} from "../../core/mod.ts";
import { openRecord, optional } from "./open_record.ts";

/** A point of the run at which the reference was recorded. */
export interface Situation {
  /** Part of the names of its files. */
  readonly name: string;
  /** Layers that are frozen then. */
  readonly frozenLayers: number;
  /** Iteration of its first step. */
  readonly firstIteration: number;
}

/** Schedule of the recorded run. */
export interface WrittenSchedule {
  readonly t0: number;
  readonly howScale: FreezeScale;
  readonly lr: number;
  readonly minLr: number;
  readonly epochs: number;
  readonly iterationsPerEpoch: number;
  readonly warmupEpochs: number;
  readonly warmupMode: keyof typeof EARLIER_WARMUP;
  readonly classToken: "never frozen" | "with layer 0";
  readonly weightDecay: number;
  readonly betas: readonly number[];
  readonly eps: number;
}

/** Sizes of the model but its stages and what they share. */
type Sizes = Omit<ModelSpec, "stages" | "latent">;

/** The file as it is written. */
export interface WrittenConfig extends Sizes {
  readonly taps: readonly number[];
  readonly decoderScales: readonly StageScale[];
  /** Target of each stage; all are HOG where none is said. */
  readonly targets?: readonly StageTarget[] | undefined;
  readonly schedule: WrittenSchedule;
  readonly situations: readonly Situation[];
}

const count = wholeFrom(1);
const fromZero = numberIn("a number of at least 0", (value) => value >= 0);
const part = numberIn("a number in [0, 1)", (value) => value >= 0 && value < 1);

const text: Codec<string> = codecOf(
  "a text",
  (found, place) =>
    typeof found === "string" ? [] : unwanted(found, place, "WrongType"),
);

const schedule = openRecord<WrittenSchedule>({
  t0: numberIn(T0_RANGE.wanted, T0_RANGE.holds),
  howScale: oneOf<FreezeScale>("linear", "squared", "cubic"),
  lr: fromZero,
  minLr: fromZero,
  epochs: count,
  iterationsPerEpoch: count,
  warmupEpochs: fromZero,
  warmupMode: oneOf<WrittenSchedule["warmupMode"]>("code", "figure"),
  classToken: oneOf<WrittenSchedule["classToken"]>(
    "never frozen",
    "with layer 0",
  ),
  weightDecay: fromZero,
  betas: listOf(part),
  eps: fromZero,
});

const sizes: FieldCodecs<Sizes> = {
  imageSize: count,
  patchSize: count,
  inChannels: count,
  embedDim: count,
  depth: count,
  numHeads: count,
  mlpRatio: fromZero,
  decoderEmbedDim: count,
  decoderDepth: count,
  decoderNumHeads: count,
  hogNbins: count,
  maskRatio: part,
  layerNormEps: fromZero,
};

const file = openRecord<WrittenConfig>({
  ...sizes,
  taps: listOf(wholeFrom(0)),
  decoderScales: listOf(oneOf<StageScale>(8, 4, 2, 1, 0.5)),
  targets: optional(
    listOf(oneOf<StageTarget>("hog", "pixels", "normalisedPixels")),
  ),
  schedule,
  situations: listOf(openRecord<Situation>({
    name: text,
    frozenLayers: wholeFrom(0),
    firstIteration: wholeFrom(0),
  })),
});

/**
 * Reads `config.json`. Fields that it does not know are left alone.
 *
 * @param json The file's contents.
 * @returns The known fields, each in its range, or every fault.
 */
export function writtenConfig(json: unknown): Result<Faults, WrittenConfig> {
  return decode(file)(json);
}

/** Sizes of the model; every stage weighs the same. */
export function modelOf(raw: WrittenConfig): ModelSpec {
  const names = Object.keys(sizes) as (keyof Sizes)[];
  const own = Object.fromEntries(names.map((name) => [name, raw[name]]));
  const stages = raw.taps.map((tap, k) => ({
    tap,
    scale: raw.decoderScales[k] ?? 1,
    weight: 1,
    ...raw.targets === undefined ? {} : { target: raw.targets[k] ?? "hog" },
  }));
  return { ...own as unknown as Sizes, stages };
}
