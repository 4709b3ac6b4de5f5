/** A classifier from a path: a run, an export, a hub's folder or a file. */
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Result } from "../../../core/mod.ts";
import { CHECKPOINT_FILES } from "../../checkpoint/layout.ts";
import { readRanges } from "../../files/byte_reading.ts";
import { fileResult } from "../../files/file_result.ts";
import { chosenSafetensorsReading } from "../../files/safetensors.ts";
import { type Candidates, candidatesIn } from "../../run/latest_checkpoint.ts";
import type { TrainError } from "../../train_error.ts";
import type { OpenedClassifier } from "./classifier_parts.ts";
import { classifierOfHub } from "./hub_classifier.ts";
import {
  classifierOfFile,
  classifierOfRun,
  type OpenClassifierOptions,
  taskOfCheckpoint,
  taskOfMetadata,
} from "./training_classifier.ts";

/** The checkpoints at a path: of a folder, or the one that a file is of. */
async function candidatesAt(
  path: string,
  isFolder: boolean,
): Promise<Candidates | null> {
  if (!isFolder && basename(path) !== CHECKPOINT_FILES.model) return null;
  const found = await candidatesIn(isFolder ? path : dirname(path));
  if (found._tag === "Left") return null;
  return isFolder || found.right.isChosen ? found.right : null;
}

/** Metadata of a file that a training wrote; `null` for any other. */
async function metadataOf(
  path: string,
): Promise<Readonly<Record<string, string>> | null> {
  const read = await readRanges(
    path,
    (size) => chosenSafetensorsReading(size, () => () => false),
  );
  if (read._tag === "Left" || read.right._tag === "Left") return null;
  const { metadata } = read.right.right;
  return metadata["config"] === undefined ? null : metadata;
}

/**
 * The kind of training whose classifier lies at a path: a run's folder, one of its
 * checkpoints, or the file that it wrote.
 *
 * @returns `finetune`, `probe`; or `null` for everything else, an exported classifier among
 * it.
 */
export async function classifierTask(
  path: string,
): Promise<"finetune" | "probe" | null> {
  const found = await fileResult(path, () => stat(path));
  if (found._tag === "Left") return null;
  const isFolder = found.right.isDirectory();
  const candidates = await candidatesAt(path, isFolder);
  const task = candidates !== null
    ? await taskOfCheckpoint(candidates.paths[0])
    : isFolder
    ? null
    : taskOfMetadata(await metadataOf(path));
  return task === "finetune" || task === "probe" ? task : null;
}

/**
 * Opens a classifier of images: the run of a fine-tuning or of a linear probe or one of its
 * checkpoints, the file that such a run wrote (`--output`), a folder that
 * `exportClassifier` wrote, or one of a hub with timm's or transformers' names, a head and
 * names of its classes. Of a run the newest checkpoint counts that is as it was written.
 *
 * A probe has no encoder of its own: that which it was trained on is opened with it, and
 * refused where it is not the same any more.
 *
 * @param path The folder or file.
 * @param options Running means in place of weights, another place of a probe's encoder,
 * facts that the path does not hold.
 * @returns The classifier, or why there is none.
 *
 * @example A path where nothing is
 * ```ts
 * import { describeTrainError, openClassifier } from "@vitfreeze/vitfreeze";
 * import { match } from "node:assert/strict";
 *
 * const opened = await openClassifier("runs/of/nobody");
 * match(opened._tag === "Left" ? describeTrainError(opened.left) : "", /no such file/);
 * ```
 */
export async function openClassifier(
  path: string,
  options: OpenClassifierOptions = {},
): Promise<Result<TrainError, OpenedClassifier>> {
  const found = await fileResult(path, () => stat(path));
  if (found._tag === "Left") return found;
  const isFolder = found.right.isDirectory();
  const candidates = await candidatesAt(path, isFolder);
  if (candidates !== null) {
    return await classifierOfRun(path, candidates, options);
  }
  const metadata = isFolder ? null : await metadataOf(path);
  return metadata === null
    ? await classifierOfHub(path, options)
    : await classifierOfFile(path, metadata, options);
}
