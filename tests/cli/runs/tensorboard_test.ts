import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { left, right } from "../../../core/mod.ts";
import { accuracyScalars } from "../../../cli/pretrain/evaluation.ts";
import { tensorBoardOf } from "../../../cli/runs/drive_run.ts";
import {
  afterStep,
  type openRunEvents,
  trackerHook,
  type Training,
} from "../../../train/mod.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { recordHook } from "../../../train/run/run_hooks.ts";
import { reportOf, runOf } from "../../train/run/follow/made_runs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { newRunFolder, trained } from "../../train/tiny_run.ts";

const RUN = runOf(2);
const ACCURACIES = { knnTop1: 50, knnTop1Untrained: null, knnTop1Pixels: null };

/** Records four steps in a folder that TensorBoard is told of; gives what is said. */
async function recorded(
  path: string,
  open?: typeof openRunEvents,
): Promise<readonly string[]> {
  using folder = trained(await newRunFolder(path, RUN, 1));
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const tracker = await tensorBoardOf(RUN, folder, say, open);
  const hooks = [recordHook(folder), ...tracker ? [trackerHook(tracker)] : []];
  for (const step of [0, 1, 2, 3]) {
    const report = reportOf(RUN, step);
    trained(await afterStep(hooks, report, {} as Training));
  }
  const scalars = accuracyScalars(ACCURACIES as never);
  if (tracker !== null) trained(await tracker.scalars(4, scalars));
  strictEqual(
    trained(await readMetrics(join(path, "metrics.jsonl"))).length,
    4,
  );
  return said;
}

Deno.test("tensorBoardOf() says nothing while all goes well", () =>
  inFolder(async (path) => {
    deepStrictEqual(await recorded(path), []);
  }));

Deno.test("tensorBoardOf() says once that there is no place for its files, and the run goes on without", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(join(path, "tensorboard"), "a file");
    const said = await recorded(path);
    strictEqual(said.length, 1);
    match(
      said[0] ?? "",
      /^TensorBoard hears no more of this run: .*tensorboard/,
    );
  }));

Deno.test("tensorBoardOf() says once that its file cannot be written any more, and the run goes on without", () =>
  inFolder(async (path) => {
    let asked = 0;
    const full = left({ _tag: "FileFailed", path, reason: "ENOSPC" } as const);
    const events = {
      step: () => Promise.resolve(++asked < 3 ? right(undefined) : full),
      scalars: () => Promise.resolve(full),
      close: () => Promise.resolve(),
    };
    const said = await recorded(path, () => Promise.resolve(right(events)));
    deepStrictEqual(said, [
      `TensorBoard hears no more of this run: Cannot use ${path}: ENOSPC`,
    ]);
    strictEqual(asked, 3, "it is not tried again");
  }));
