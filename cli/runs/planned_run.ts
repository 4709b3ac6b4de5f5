/** A planned training. */
import type { Selection } from "../../backends/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import type { Hook, ItemSource, Task, WatchedLosses } from "../../train/mod.ts";
import type { RunLoading } from "../images/loading.ts";
import type { Evaluator } from "./epoch_evaluation.ts";
import type { FolderContent } from "./open_folder.ts";
import type { CostedPlan } from "./progress.ts";

/** A training that is planned, and what there is to say of it. */
export interface PlannedRun
  extends CostedPlan, Pick<FolderContent, "start" | "describe"> {
  readonly task: Task<unknown>;
  readonly train: ImageSource;
  readonly batches: ItemSource<unknown>;
  /** Loading of images, and the list of those that could not be read. */
  readonly loading: RunLoading;
  readonly losses: WatchedLosses;
  /** Lines about it. */
  readonly words: readonly string[];
  /** Evaluation after an epoch, if one is wanted. */
  readonly evaluator?: Evaluator;
  /** Further hooks of the steps. */
  readonly hooks?: readonly Hook[];
  /** Device, if it was opened before. */
  readonly device?: Selection;
}
