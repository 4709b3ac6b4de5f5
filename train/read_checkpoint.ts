/**
 * Reading checkpoints, and refusing what is none.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  encodePretrainConfig,
  excerpt,
  left,
  parameterSpecs,
  type Result,
  right,
  shown,
} from "../core/mod.ts";
import { fileResult } from "./atomic_file.ts";
import {
  CHECKPOINT_FILES,
  type NamedShape,
  optimizerTensors,
  positionTables,
  type RunFile,
  type RunIdentity,
} from "./checkpoint_layout.ts";
import { differences } from "./differences.ts";
import { decodeSafetensors, type TensorFile } from "./safetensors.ts";
import type { HostTensors, Snapshot } from "./snapshot.ts";
import type { TrainError } from "./train_error.ts";

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** A wanted tensor of a file, or what is wrong with it. */
function wantedTensor(
  { tensors }: TensorFile,
  { name, shape }: NamedShape,
): Result<string, Float32Array> {
  const tensor = tensors.get(name);
  if (tensor === undefined) return left(`tensor ${name} is missing`);
  const { data } = tensor;
  const fits = String(tensor.shape) === String(shape);
  if (!fits || !(data instanceof Float32Array)) {
    const kind = data.constructor.name.replace(/Array$/, "").toLowerCase();
    return left(
      `tensor ${name} is ${kind} [${
        tensor.shape.join(", ")
      }], wanted float32 [${shape.join(", ")}]`,
    );
  }
  return data.every(Number.isFinite)
    ? right(data)
    : left(`tensor ${name} is not finite`);
}

/** Tensors of a file, if they are exactly the wanted ones; others of `allowed` are passed over. */
async function readTensors(
  path: string,
  wanted: readonly NamedShape[],
  allowed: ReadonlySet<string>,
): Promise<Result<TrainError, HostTensors>> {
  const bytes = await fileResult(path, () => readFile(path));
  if (bytes._tag === "Left") {
    return refuse(path, "it is missing or cannot be read");
  }
  const file = decodeSafetensors(bytes.right);
  if (file._tag === "Left") return refuse(path, file.left.reason);
  const tensors = new Map<string, Float32Array>();
  for (const named of wanted) {
    const tensor = wantedTensor(file.right, named);
    if (tensor._tag === "Left") return refuse(path, tensor.left);
    tensors.set(named.name, tensor.right);
  }
  const foreign = [...file.right.tensors.keys()].find((name) =>
    !tensors.has(name) && !allowed.has(name)
  );
  return foreign === undefined ? right(tensors) : refuse(
    path,
    `tensor ${excerpt(foreign)} is none of this run at this step`,
  );
}

const isCount = (x: unknown): boolean =>
  Number.isSafeInteger(x) && (x as number) >= 0;

function checkRunFile(
  path: string,
  found: unknown,
): Result<TrainError, RunFile> {
  const run = (found ?? {}) as Partial<RunFile>;
  return run.version === 1 && isCount(run.step) && isCount(run.totalSteps)
    ? right(run as RunFile)
    : refuse(
      path,
      `${CHECKPOINT_FILES.run} has version ${
        shown(run.version)
      }, wanted 1 with whole numbers step and totalSteps`,
    );
}

/**
 * What a checkpoint says of its run.
 *
 * @param path Folder of the checkpoint.
 */
export async function readRunFile(
  path: string,
): Promise<Result<TrainError, RunFile>> {
  const file = join(path, CHECKPOINT_FILES.run);
  const text = await fileResult(file, () => readFile(file, "utf8"));
  if (text._tag === "Left") {
    return refuse(path, `it has no readable ${CHECKPOINT_FILES.run}`);
  }
  try {
    return checkRunFile(path, JSON.parse(text.right));
  } catch {
    return refuse(path, `${CHECKPOINT_FILES.run} is not JSON`);
  }
}

/** More differences than this are counted, not listed. */
const MOST_LISTED = 40;

/** Why a checkpoint belongs to another run, or `null`. */
function mismatch(
  found: RunFile,
  { config, plan }: RunIdentity,
): string | null {
  const changed = differences(found.config, encodePretrainConfig(config));
  if (changed.length > 0) {
    const lines = changed.slice(0, MOST_LISTED).map(({ path, a, b }) =>
      `${excerpt(path)}: checkpoint ${a}, this run ${b}`
    );
    const more = changed.length - lines.length;
    return [
      "it is of another configuration:",
      ...lines,
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join("\n  ");
  }
  if (found.totalSteps !== plan.totalSteps) {
    return `its run has ${found.totalSteps} steps, this one ${plan.totalSteps}: other images or another --limit`;
  }
  return found.step >= 0 && found.step <= plan.totalSteps
    ? null
    : `it is at step ${found.step}, wanted 0 to ${plan.totalSteps}`;
}

/**
 * Reads a checkpoint of a run.
 *
 * @param path Folder of the checkpoint.
 * @param run The run that is to go on.
 * @returns The moment, or why the checkpoint is refused: it is missing, truncated
 * or of another run. It is never read in part.
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
  const { model } = run.config;
  const parameters = await readTensors(
    join(path, CHECKPOINT_FILES.model),
    parameterSpecs(model),
    new Set(positionTables(model).keys()),
  );
  if (parameters._tag === "Left") return parameters;
  const optimizer = await readTensors(
    join(path, CHECKPOINT_FILES.optimizer),
    optimizerTensors(run, step),
    new Set(),
  );
  return optimizer._tag === "Left"
    ? optimizer
    : right({ step, parameters: parameters.right, optimizer: optimizer.right });
}
