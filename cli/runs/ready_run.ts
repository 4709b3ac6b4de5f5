/** A planned training whose device is ready, on every process that shares it. */
import { createHash } from "node:crypto";
import process from "node:process";
import type { Backend } from "../../backends/mod.ts";
import { contentDigest } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  agreeOn,
  rankEngine,
  type RememberedImages,
  rememberedImages,
  runNeeds,
  sharedTask,
  type StepShare,
  stepShare,
  type Task,
  toldByAll,
} from "../../train/mod.ts";
import { refuse } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { deviceFrom } from "../command/device_flags.ts";
import { flagsOf, programIdentity } from "../command/program_identity.ts";
import { refuseOtherImages } from "../images/images_of_run.ts";
import { waitingFor } from "../output/progress_bar.ts";
import type { PlannedRun } from "./planned_run.ts";
import type { RunValues } from "./run_flags.ts";
import type { Settings } from "./settings.ts";
import { stepTooLarge } from "./step_size.ts";

/** A training that could begin. */
export interface ReadyRun {
  /** The engine. */
  readonly backend: Backend;
  readonly images: RememberedImages;
  /** The processes that share it; `null` where there is one. */
  readonly ranks: Ranks | null;
}

/** What a rank computes with. */
interface RankDevice {
  readonly host: string;
  /** Number of its process on the host, by which the launcher names one that ends. */
  readonly process: number;
  readonly device: string;
  readonly parallelRuns: number;
}

/** Digest of what is computed: the graphs of the first and the last phase. */
function graphsDigest({ plan, stepGraph, training }: Task<unknown>): string {
  const hash = createHash("sha256");
  for (const phase of [plan.phases[0], plan.phases.at(-1)]) {
    if (phase === undefined) continue;
    hash.update(JSON.stringify(stepGraph(phase, training.batchSize)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** What has to be the same on all ranks of a run. */
const identityOf = (
  task: Task<unknown>,
  { found, names, contents }: RememberedImages,
  values: RunValues,
  ranks: Ranks,
) => ({
  ...programIdentity(ranks),
  ...{ task: task.task, config: task.config, plan: task.plan },
  graphs: graphsDigest(task),
  images: { found, names, contents: contents ?? null },
  flags: flagsOf(values),
});

/**
 * Says what each rank computes with; gives the engine as it is of one of them, with as many
 * runs at one time as all have.
 */
async function sameOnAll(
  backend: Backend,
  ranks: Ranks,
  say: (line: string) => void,
): Promise<Backend> {
  const { parallelRuns = 1, device: { description: device } } = backend;
  const { host } = ranks;
  const own: RankDevice = { host, process: process.pid, device, parallelRuns };
  const what = "the devices of all ranks";
  const all = mustWork(await toldByAll(ranks, own, what));
  all.forEach(({ host, process, device }, rank) =>
    say(`rank ${rank}: process ${process} on ${host}, ${device}`)
  );
  const most = Math.min(...all.map(({ parallelRuns }) => parallelRuns));
  const engine = rankEngine(backend);
  return engine.parallelRuns === undefined
    ? engine
    : { ...engine, parallelRuns: most };
}

/** The task as one process computes it. */
export function ownTask(
  task: Task<unknown>,
  { backend, ranks }: Pick<ReadyRun, "backend" | "ranks">,
): { readonly task: Task<unknown>; readonly share: StepShare } {
  const place = ranks ?? { rank: 0, size: 1 };
  const share = mustWork(stepShare(task, backend.parallelRuns ?? 1, place));
  return { task: sharedTask(task, share), share };
}

/**
 * Gets the device of a run ready, on every process that shares it, and makes sure that all
 * are about to do the same.
 *
 * @param values Flags, for what does not determine it.
 * @throws {CommandFailed} where it cannot begin.
 */
export async function readyRun(
  { task, train: source, device, words }: PlannedRun,
  settings: Settings<unknown>,
  values: RunValues,
  say: (line: string) => void,
  ranks: Ranks | null,
): Promise<ReadyRun> {
  const { backend: own, why } = device ??
    await deviceFrom(values, runNeeds(task), say, ranks);
  say(`device: ${why}`);
  const backend = ranks === null ? own : await sameOnAll(own, ranks, say);
  words.forEach(say);
  const shared = ownTask(task, { backend, ranks });
  const large = await stepTooLarge(backend, shared, ranks?.localSize);
  if (large !== null) refuse(large);
  const digest = await waitingFor(
    "looking whether the images are as they were",
    () => contentDigest(source),
  );
  const images = rememberedImages(settings, source, digest);
  refuseOtherImages(settings, images, source, say);
  if (ranks !== null) {
    mustWork(await agreeOn(ranks, identityOf(task, images, values, ranks)));
  }
  return { backend, images, ranks };
}
