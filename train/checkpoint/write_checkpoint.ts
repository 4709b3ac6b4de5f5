/**
 * Writing checkpoints.
 *
 * @module
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  encodePretrainConfig,
  parameterSpecs,
  type Result,
} from "../../core/mod.ts";
import {
  type FileContent,
  fileResult,
  makeFolder,
  syncFolder,
  writeDigested,
  writeFlushed,
} from "../files/atomic_file.ts";
import { DIGESTS_FILE, digestsText } from "./digests.ts";
import { partialPath, putInPlace } from "./checkpoint_folder.ts";
import {
  CHECKPOINT_FILES,
  checkpointName,
  type NamedShape,
  optimizerTensors,
  positionTables,
  type RunFile,
  type RunIdentity,
} from "./layout.ts";
import { safetensorsParts, type StoredTensor } from "../files/safetensors.ts";
import type { HostTensors, Snapshot } from "../engine/snapshot.ts";
import type { TrainError } from "../train_error.ts";

const stored = (
  tensors: HostTensors,
  named: readonly NamedShape[],
): readonly (readonly [string, StoredTensor])[] =>
  named.map(({ name, shape }) => [
    name,
    { shape, data: tensors.get(name) ?? new Float32Array() },
  ]);

const metadata = (step: number): Readonly<Record<string, string>> => ({
  format: "pt",
  step: String(step),
});

/** Content of each file of a checkpoint by its name, its digests aside. */
function checkpointContents(
  run: RunIdentity,
  { step, parameters, optimizer, skipped }: Snapshot,
): Readonly<Record<string, FileContent>> {
  const { model } = run.config;
  const runFile: RunFile = {
    version: 2,
    step,
    totalSteps: run.plan.totalSteps,
    ...skipped > 0 ? { skipped } : {},
    config: encodePretrainConfig(run.config),
  };
  return {
    [CHECKPOINT_FILES.model]: safetensorsParts({
      metadata: metadata(step),
      tensors: new Map([
        ...stored(parameters, parameterSpecs(model)),
        ...positionTables(model),
      ]),
    }),
    [CHECKPOINT_FILES.optimizer]: safetensorsParts({
      metadata: metadata(step),
      tensors: new Map(stored(optimizer, optimizerTensors(run, step))),
    }),
    [CHECKPOINT_FILES.run]: `${JSON.stringify(runFile, null, 2)}\n`,
  };
}

/** Fills a folder beside its place, then puts it there. */
async function writeFolder(
  path: string,
  contents: Readonly<Record<string, FileContent>>,
): Promise<void> {
  const digests = new Map<string, string>();
  const beside = partialPath(path);
  const removeBeside = (): Promise<void> =>
    rm(beside, { recursive: true, force: true });
  try {
    await removeBeside();
    await mkdir(beside);
    for (const [name, content] of Object.entries(contents)) {
      digests.set(name, await writeDigested(join(beside, name), content));
    }
    await writeFlushed(join(beside, DIGESTS_FILE), digestsText(digests));
    await syncFolder(beside);
    await putInPlace(path);
  } catch (error) {
    await removeBeside().catch(() => {});
    throw error;
  }
}

/**
 * Writes a checkpoint beside the earlier ones: into a folder of another name,
 * flushed, then renamed. Whoever sees the folder sees all of it.
 *
 * @param folder Folder of checkpoints; made if missing.
 * @param run The run.
 * @param snapshot The moment.
 * @returns Path of the checkpoint, or why there is none; earlier ones are untouched.
 *
 * @example What is written is read back
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, MODEL_PRESETS, planOf } from "@vitfreeze/vitfreeze/core";
 * import { initialSnapshot, readCheckpoint, writeCheckpoint } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano };
 * const plan = planOf(config, 10_000);
 * if (plan._tag === "Left") throw new Error("never");
 * const run = { config, plan: plan.right };
 * const folder = await Deno.makeTempDir();
 *
 * const start = initialSnapshot(config, plan.right);
 * const path = await writeCheckpoint(folder, run, start);
 * if (path._tag === "Left") throw new Error(path.left._tag);
 *
 * deepStrictEqual(await readCheckpoint(path.right, run), { _tag: "Right", right: start });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function writeCheckpoint(
  folder: string,
  run: RunIdentity,
  snapshot: Snapshot,
): Promise<Result<TrainError, string>> {
  const path = join(folder, checkpointName(snapshot.step));
  return fileResult(path, async () => {
    await makeFolder(folder);
    await writeFolder(path, checkpointContents(run, snapshot));
    return path;
  });
}
