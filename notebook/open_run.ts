/** A run from a preset, in one line. */
import type {
  BackendChoice,
  Selection,
  SelectOptions,
} from "../backends/mod.ts";
import { type Faults, left, planOf, type Result, right } from "../core/mod.ts";
import {
  type Background,
  embeddedFashionMnist,
  heldOutCount,
  heldOutImages,
  type ImageSource,
  openSource,
} from "../data/mod.ts";
import { batchSource, orThrow, pretrainTask, runNeeds } from "../train/mod.ts";
import { someOf } from "./judge.ts";
import { NotebookRun } from "./run.ts";
import { type Beginning, configOf, type Settings } from "./settings.ts";

/** Settings of a run: fields of its configuration, and what it learns from and works on. */
export interface RunSettings {
  /**
   * Images to learn from: a folder, tar shards, Parquet files or a known set by their path,
   * or any source. By default the embedded 10,000 of Fashion-MNIST.
   */
  readonly images?: string | ImageSource;
  /** Colour behind transparent parts of the images of a path; their mean colour by default. */
  readonly background?: Background;
  /** Images to learn from at most, drawn at random, the same ones each time. */
  readonly limit?: number;
  /** The engine; the best that this machine has by default. */
  readonly device?: BackendChoice;
  /** Threads that compute, where the engine can be told. */
  readonly threads?: number;
  /**
   * Name of the run, `run` by default. A run that is open under the same name is closed
   * before: a cell that opens one can be run again and again.
   */
  readonly name?: string;
}

/** Runs that are open, by name. */
const OPEN = new Map<string, NotebookRun>();

async function imagesOf(
  images: string | ImageSource | undefined,
  background: Background,
): Promise<ImageSource> {
  if (images === undefined) return orThrow(await embeddedFashionMnist());
  return typeof images === "string"
    ? { ...orThrow(await openSource(images, "train")), background }
    : images;
}

/** Images to learn from, and others. */
interface Parts {
  readonly images: ImageSource;
  readonly heldOut: ImageSource;
}

/** Holds out what `pretrain` holds out; where there are fewer than five images, nothing. */
function partsOf(
  all: ImageSource,
  limit: number | undefined,
): Result<Faults, Parts> {
  const parts = heldOutCount(all.length) === 0
    ? right({ share: all, rest: all })
    : heldOutImages(all);
  if (parts._tag === "Left") return parts;
  const { share: heldOut, rest } = parts.right;
  if (limit === undefined) return right({ images: rest, heldOut });
  const isRight = Number.isInteger(limit) && limit > 0;
  return isRight ? right({ images: someOf(rest, limit), heldOut }) : left([{
    _tag: "OutOfRange",
    path: "limit",
    found: limit,
    wanted: "a whole number from 1 on",
  }]);
}

/** Engines are loaded when the first is asked for. */
async function opened(
  device: BackendChoice,
  options: SelectOptions,
): Promise<Selection> {
  const { selectBackend } = await import("../backends/mod.ts");
  return orThrow(await selectBackend(device, options));
}

/**
 * Opens a run: images, a part of them held out, a plan, an engine. Nothing is computed yet.
 *
 * @param beginning A model, a recipe, or a configuration, see `recipe`.
 * @param settings What differs, and the images and the engine.
 * @returns The run, which shows its plan.
 * @throws {Error} With the text of every fault of the settings, of the images, or of the engine;
 * a run that is open under the same name then stays open.
 *
 * @example Thirty steps, a look, and on to the end
 * ```ts
 * import { openRun } from "@vitfreeze/vitfreeze/notebook";
 * import { strictEqual } from "node:assert/strict";
 *
 * const run = await openRun("nano", { epochs: 2, batchSize: 4, limit: 8, device: "cpu" });
 * await run.train(3);
 * await run.reconstructions();
 * const { end } = await run.train();
 * await run.close();
 *
 * strictEqual(`${run.step} steps: ${end}`, "4 steps: the plan ended");
 * ```
 */
export async function openRun(
  beginning: Beginning,
  settings: Settings & RunSettings = {},
): Promise<NotebookRun> {
  const {
    images: chosen,
    limit,
    device,
    threads,
    name = "run",
    background = "mean",
    ...changes
  } = settings;
  const config = orThrow(configOf(beginning, changes));
  const { images, heldOut } = orThrow(
    partsOf(await imagesOf(chosen, background), limit),
  );
  const plan = orThrow(planOf(config, images.length));
  const batches = orThrow(batchSource(images, config));
  await OPEN.get(name)?.close();
  OPEN.delete(name);
  const { backend, why } = await opened(device ?? "auto", {
    ...runNeeds(pretrainTask({ config, plan })),
    ...threads === undefined ? {} : { threads },
  });
  const run = new NotebookRun({
    ...{ name, config, plan, images, heldOut, backend, batches },
    device: why,
  });
  OPEN.set(name, run);
  return run;
}
