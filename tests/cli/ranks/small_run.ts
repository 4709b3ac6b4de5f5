/**
 * A pre-training so small that many processes can be started for it.
 *
 * @module
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  DEFAULT_PRETRAIN_CONFIG,
  encodePretrainConfig,
  type PretrainConfig,
} from "../../../core/mod.ts";
import { decodeSafetensors } from "../../../train/mod.ts";
import { timelessRecord, writeSmallIdx } from "../pretrain/program.ts";
import { runAlone } from "./launched.ts";

/** 12 steps of four micro-batches of four images; layers freeze at steps 4, 7 and 10. */
const SMALL_CONFIG: PretrainConfig = {
  ...DEFAULT_PRETRAIN_CONFIG,
  model: {
    imageSize: 16,
    patchSize: 4,
    inChannels: 1,
    embedDim: 16,
    depth: 3,
    numHeads: 2,
    mlpRatio: 2,
    stages: [
      { tap: 1, scale: 2, weight: 1 },
      { tap: 2, scale: 1, weight: 1 },
    ],
    decoderEmbedDim: 8,
    decoderDepth: 1,
    decoderNumHeads: 2,
    hogNbins: 4,
    maskRatio: 0.75,
    layerNormEps: 1e-6,
  },
  freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0: 0.3, scale: "linear" },
  rate: { ...DEFAULT_PRETRAIN_CONFIG.rate, baseRate: 0.01, endRate: 0 },
  training: {
    epochs: 2,
    warmupEpochs: 0.34,
    batchSize: 4,
    accumIter: 4,
    seed: 0,
  },
};

/** Steps of the run. */
export const STEPS = 12;

/** Images of an epoch. */
const IMAGES = 96;

/** A run as files and flags. */
export interface SmallRun {
  /** Where its images are. */
  readonly data: string;
  /** All flags that it needs, but those of its images and its folder. */
  readonly flags: readonly string[];
}

/**
 * Writes images and the configuration of a run into a folder.
 *
 * @param change Changes of the configuration.
 */
export async function smallRun(
  folder: string,
  change: Partial<PretrainConfig> = {},
): Promise<SmallRun> {
  const data = await writeSmallIdx(join(folder, "data"), {
    train: IMAGES,
    t10k: 20,
  });
  const config = join(folder, "config.json");
  const json = encodePretrainConfig({ ...SMALL_CONFIG, ...change });
  await Deno.writeTextFile(config, JSON.stringify(json));
  return { data, flags: ["--config", config, ...OF_EVERY_START] };
}

/** Flags that a run does not remember. */
export const OF_EVERY_START: readonly string[] =
  "--threads 1 --backend onnx --judge never --no-tensorboard".split(" ");

/** Runs it as one process to its end. */
export async function wholeRun(...flags: readonly string[]): Promise<void> {
  const { code, said } = await runAlone(...flags);
  deepStrictEqual([code, said], [0, []]);
}

/** Folder of the checkpoint after a step. */
export const checkpointOf = (run: string, step: number = STEPS): string =>
  join(run, "checkpoints", `step-${String(step).padStart(9, "0")}`);

/** All that is to be the same of two runs, to the bit: record, parameters, state. */
export async function outcomeOf(run: string): Promise<unknown> {
  const sums = await Deno.readTextFile(join(checkpointOf(run), "SHA512SUMS"));
  const numbers = sums.split("\n").filter((line) => line.includes("tensors"));
  strictEqual(numbers.length, 2, "parameters and state of the optimizer");
  return { record: await timelessRecord(run), numbers };
}

/** The parameters at the end of a run. */
export async function parametersOf(
  run: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const path = join(checkpointOf(run), "model.safetensors");
  const file = decodeSafetensors(await Deno.readFile(path));
  if (file._tag === "Left") throw new Error(JSON.stringify(file.left));
  return new Map(
    [...file.right.tensors]
      .map(([name, { data }]) => [name, Array.from(data, Number)]),
  );
}

/** Steps in the record of a run. */
export function stepsIn(run: string): number {
  try {
    return Deno.readTextFileSync(join(run, "metrics.jsonl")).split("\n")
      .length - 1;
  } catch {
    return 0;
  }
}

/** Steps of the checkpoints of a run, in order. */
export function checkpointsIn(run: string): readonly number[] {
  try {
    return [...Deno.readDirSync(join(run, "checkpoints"))]
      .map(({ name }) => /^step-(\d{9})$/.exec(name)?.[1])
      .filter((step) => step !== undefined).map(Number).toSorted((a, b) =>
        a - b
      );
  } catch {
    return [];
  }
}
