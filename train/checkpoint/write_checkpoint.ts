/** Writing checkpoints. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Result } from "../../core/mod.ts";
import type { Snapshot } from "../engine/state.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import {
  type FileContent,
  makeFolder,
  syncFolder,
  writeDigested,
  writeFlushed,
} from "../files/atomic_file.ts";
import { fileResult } from "../files/file_result.ts";
import { safetensorsParts } from "../files/safetensors.ts";
import type { StoredTensor } from "../files/tensor_data.ts";
import type { TrainError } from "../train_error.ts";
import { partialPath, putInPlace } from "./checkpoint_folder.ts";
import {
  CHECKPOINT_FILES,
  checkpointName,
  digestsText,
  runFileText,
  STATE_FILES,
  storedTensors,
} from "./layout.ts";

/** Content of each file of a checkpoint by its name, its digests aside. */
function checkpointContents(
  training: TrainingIdentity,
  snapshot: Snapshot,
): ReadonlyMap<string, FileContent> {
  const { step } = snapshot;
  const shapes = training.stateShapes(step);
  const contents = new Map<string, FileContent>();
  for (const { file, kinds } of STATE_FILES) {
    const tensors = new Map<string, StoredTensor>(
      kinds.flatMap((kind) =>
        storedTensors(shapes, kind).map(({ name, stored, shape }) => {
          const data = snapshot[kind].get(name) ?? new Float32Array();
          return [stored, { shape, data }] as const;
        })
      ),
    );
    if (file === CHECKPOINT_FILES.averages && tensors.size === 0) continue;
    if (file === CHECKPOINT_FILES.model) {
      training.constants?.forEach((tensor, name) => tensors.set(name, tensor));
    }
    const metadata = { format: "pt", step: String(step) };
    contents.set(file, safetensorsParts({ metadata, tensors }));
  }
  contents.set(CHECKPOINT_FILES.run, runFileText(training, snapshot));
  return contents;
}

/** Fills a folder beside its place, then puts it there. */
async function writeFolder(
  path: string,
  contents: ReadonlyMap<string, FileContent>,
): Promise<void> {
  const digests = new Map<string, string>();
  const beside = partialPath(path);
  const removeBeside = (): Promise<void> =>
    rm(beside, { recursive: true, force: true });
  try {
    await removeBeside();
    await mkdir(beside);
    for (const [name, content] of contents) {
      digests.set(name, await writeDigested(join(beside, name), content));
    }
    const list = join(beside, CHECKPOINT_FILES.digests);
    await writeFlushed(list, digestsText(digests));
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
 * @returns Path of the checkpoint, or why there is none; earlier ones are untouched.
 */
export function writeCheckpoint(
  folder: string,
  training: TrainingIdentity,
  snapshot: Snapshot,
): Promise<Result<TrainError, string>> {
  const path = join(folder, checkpointName(snapshot.step));
  return fileResult(path, async () => {
    await makeFolder(folder);
    await writeFolder(path, checkpointContents(training, snapshot));
    return path;
  });
}
