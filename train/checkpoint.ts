/**
 * Checkpoints: a folder with the model, the optimizer's state and the run's
 * configuration.
 *
 * `model.safetensors` holds every parameter under its timm and LocalMIM name in
 * PyTorch's layout, with the fixed position tables that other programs expect;
 * `optimizer.safetensors` the state of what moved; `run.json` the rest.
 *
 * @module
 */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  encodePretrainConfig,
  type FreezePlan,
  gridSize,
  left,
  type ModelSpec,
  parameterSpecs,
  type PretrainConfig,
  type Result,
  right,
  type Shape,
  sinCosPositions,
  stateKinds,
  stateName,
} from "../core/mod.ts";
import { fileResult, syncFolder, writeFlushed } from "./atomic_file.ts";
import { differences } from "./differences.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
} from "./safetensors.ts";
import {
  type HostTensors,
  movedParameters,
  type Snapshot,
} from "./snapshot.ts";
import type { TrainError } from "./train_error.ts";

/** The run that a checkpoint is of. */
export interface RunIdentity {
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
}

/** What `run.json` says. */
interface RunFile {
  readonly version: 1;
  readonly step: number;
  readonly totalSteps: number;
  readonly config: unknown;
}

const FILES = {
  model: "model.safetensors",
  optimizer: "optimizer.safetensors",
  run: "run.json",
};

/** Name of the checkpoint folder of a step; names sort like steps. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(9, "0")}`;
}

/** Position tables, which are fixed but part of timm's and LocalMIM's checkpoints. */
function positionTables(
  model: ModelSpec,
): readonly (readonly [string, StoredTensor])[] {
  const table = (width: number): StoredTensor => ({
    shape: [1, 1 + gridSize(model) ** 2, width],
    data: Float32Array.from(sinCosPositions(width, gridSize(model))),
  });
  const decoderTable = table(model.decoderEmbedDim);
  return [
    ["pos_embed", table(model.embedDim)],
    ...model.stages.map((_, k) =>
      [`decoder.${k}.pos_embed`, decoderTable] as const
    ),
  ];
}

type Named = { readonly name: string; readonly shape: Shape };

const stored = (tensors: HostTensors, named: readonly Named[]) =>
  named.map(({ name, shape }) =>
    [name, { shape, data: tensors.get(name) ?? new Float32Array() }] as const
  );

const optimizerTensors = (
  { config, plan }: RunIdentity,
  step: number,
): readonly Named[] =>
  movedParameters(config, plan, step).flatMap(({ name, shape }) =>
    stateKinds(config.optimizer).map((kind) => ({
      name: stateName(kind, name),
      shape,
    }))
  );

/**
 * Bytes of `model.safetensors`.
 *
 * @param model Sizes.
 * @param parameters Every parameter by name.
 * @param step Steps done, for the metadata.
 */
export function modelFile(
  model: ModelSpec,
  parameters: HostTensors,
  step: number,
): Uint8Array<ArrayBuffer> {
  return encodeSafetensors({
    metadata: { format: "pt", step: String(step) },
    tensors: new Map([
      ...stored(parameters, parameterSpecs(model)),
      ...positionTables(model),
    ]),
  });
}

/**
 * Writes a checkpoint beside the earlier ones: into a folder of another name,
 * flushed, then renamed. Whoever sees the folder sees all of it.
 *
 * @param folder Folder of checkpoints; made if missing.
 * @param run The run.
 * @param snapshot The moment.
 * @returns Path of the checkpoint, or why there is none; earlier ones are untouched.
 */
export function writeCheckpoint(
  folder: string,
  run: RunIdentity,
  snapshot: Snapshot,
): Promise<Result<TrainError, string>> {
  const path = join(folder, checkpointName(snapshot.step));
  const beside = `${path}.partial`;
  const { step, parameters, optimizer } = snapshot;
  const runFile: RunFile = {
    version: 1,
    step,
    totalSteps: run.plan.totalSteps,
    config: encodePretrainConfig(run.config),
  };
  return fileResult(path, async () => {
    try {
      await rm(beside, { recursive: true, force: true });
      await mkdir(beside, { recursive: true });
      await writeFlushed(
        join(beside, FILES.model),
        modelFile(run.config.model, parameters, step),
      );
      await writeFlushed(
        join(beside, FILES.optimizer),
        encodeSafetensors({
          metadata: { format: "pt", step: String(step) },
          tensors: new Map(stored(optimizer, optimizerTensors(run, step))),
        }),
      );
      await writeFlushed(
        join(beside, FILES.run),
        JSON.stringify(runFile, null, 2),
      );
      await rm(path, { recursive: true, force: true });
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { recursive: true, force: true });
      throw error;
    }
    await syncFolder(folder);
    return path;
  });
}

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** Tensors of a file, if they are exactly the wanted ones; others of `allowed` are passed over. */
async function readTensors(
  path: string,
  wanted: readonly Named[],
  allowed: ReadonlySet<string>,
): Promise<Result<TrainError, HostTensors>> {
  const bytes = await fileResult(path, () => readFile(path));
  if (bytes._tag === "Left") return refuse(path, "it cannot be read");
  const file = decodeSafetensors(bytes.right);
  if (file._tag === "Left") return refuse(path, file.left.reason);
  const tensors = new Map<string, Float32Array>();
  for (const { name, shape } of wanted) {
    const tensor = file.right.tensors.get(name);
    if (tensor === undefined) return refuse(path, `tensor ${name} is missing`);
    if (
      String(tensor.shape) !== String(shape) ||
      !(tensor.data instanceof Float32Array)
    ) {
      return refuse(
        path,
        `tensor ${name} has shape [${tensor.shape}], wanted float32 [${shape}]`,
      );
    }
    if (!tensor.data.every(Number.isFinite)) {
      return refuse(path, `tensor ${name} is not finite`);
    }
    tensors.set(name, tensor.data);
  }
  const foreign = [...file.right.tensors.keys()].find((name) =>
    !tensors.has(name) && !allowed.has(name)
  );
  return foreign === undefined
    ? right(tensors)
    : refuse(path, `tensor ${foreign} is none of this model`);
}

async function readRunFile(path: string): Promise<Result<TrainError, RunFile>> {
  const file = join(path, FILES.run);
  const text = await fileResult(file, () => readFile(file, "utf8"));
  if (text._tag === "Left") {
    return refuse(path, `it has no readable ${FILES.run}`);
  }
  try {
    const run = JSON.parse(text.right) as Partial<RunFile> | null;
    return run?.version === 1 && Number.isInteger(run.step) &&
        Number.isInteger(run.totalSteps)
      ? right(run as RunFile)
      : refuse(
        path,
        `${FILES.run} has version ${run?.version}, wanted 1 with step and totalSteps`,
      );
  } catch {
    return refuse(path, `${FILES.run} is not JSON`);
  }
}

/** Why a checkpoint belongs to another run, or `null`. */
function mismatch(found: RunFile, run: RunIdentity): string | null {
  const changed = differences(found.config, encodePretrainConfig(run.config));
  if (changed.length > 0) {
    return `it is of another configuration:\n  ${
      changed.map(({ path, a, b }) => `${path}: checkpoint ${a}, this run ${b}`)
        .join("\n  ")
    }`;
  }
  return found.totalSteps === run.plan.totalSteps
    ? null
    : `its run has ${found.totalSteps} steps, this one ${run.plan.totalSteps}: other images or another --limit`;
}

/**
 * Reads a checkpoint of a run.
 *
 * @param path Folder of the checkpoint.
 * @param run The run that is to go on.
 * @returns The moment, or why the checkpoint is refused: missing, truncated, of another run.
 */
export async function readCheckpoint(
  path: string,
  run: RunIdentity,
): Promise<Result<TrainError, Snapshot>> {
  const found = await readRunFile(path);
  if (found._tag === "Left") return found;
  const other = mismatch(found.right, run);
  if (other !== null) return refuse(path, other);
  const { step } = found.right;
  if (step < 0 || step > run.plan.totalSteps) {
    return refuse(path, `it is at step ${step}`);
  }
  const { model } = run.config;
  const tables = new Set(positionTables(model).map(([name]) => name));
  const parameters = await readTensors(
    join(path, FILES.model),
    parameterSpecs(model),
    tables,
  );
  if (parameters._tag === "Left") return parameters;
  const states = optimizerTensors(run, step);
  const optimizer = await readTensors(
    join(path, FILES.optimizer),
    states,
    new Set(),
  );
  return optimizer._tag === "Left"
    ? optimizer
    : right({ step, parameters: parameters.right, optimizer: optimizer.right });
}

/**
 * The newest checkpoint in a folder.
 *
 * @param folder Folder of checkpoints, or one checkpoint, or a run's folder that holds `checkpoints`.
 * @returns Path of the checkpoint with the most steps, or why there is none.
 */
export async function latestCheckpoint(
  folder: string,
): Promise<Result<TrainError, string>> {
  const entries = await fileResult(folder, () => readdir(folder));
  if (entries._tag === "Left") return refuse(folder, "there is no such folder");
  if (entries.right.includes(FILES.run)) return right(folder);
  const newest = entries.right.filter((name) => /^step-\d+$/.test(name)).sort()
    .at(-1);
  if (newest !== undefined) return right(join(folder, newest));
  return entries.right.includes("checkpoints")
    ? latestCheckpoint(join(folder, "checkpoints"))
    : refuse(
      folder,
      "it holds no checkpoint (a folder named step-… with run.json in it)",
    );
}

/** Folder of the run that a checkpoint was written by: two levels up. */
export function runFolderOf(checkpoint: string): string {
  return dirname(dirname(checkpoint));
}
