import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { left, right } from "../../../core/mod.ts";
import type { OpenedRun } from "../../../cli/pretrain/open_run.ts";
import { withTensorBoard } from "../../../cli/pretrain/tensorboard.ts";
import {
  createRunFolder,
  type openRunEvents,
  readMetrics,
} from "../../../train/mod.ts";
import { reportOf, runOf } from "../../train/follow/made_runs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { trained } from "../../train/tiny_run.ts";

const RUN = runOf(2);
const ACCURACIES = { knnTop1: 50, knnTop1Untrained: null, knnTop1Pixels: null };

/** Records four steps in a folder that TensorBoard is told of; gives what is said. */
async function recorded(
  path: string,
  open?: typeof openRunEvents,
): Promise<readonly string[]> {
  using folder = trained(await createRunFolder(path, RUN, 1));
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const opened = { ...RUN, folder } as OpenedRun;
  const told = await withTensorBoard(opened, {}, say, open);
  for (const step of [0, 1, 2, 3]) {
    trained(await told.folder.record(reportOf(RUN, step)));
    told.folder.complaints().forEach(say);
  }
  await told.tellAccuracies(4, ACCURACIES as never);
  strictEqual(
    trained(await readMetrics(join(path, "metrics.jsonl"))).length,
    4,
  );
  return said;
}

Deno.test("withTensorBoard() says nothing while all goes well", () =>
  inFolder(async (path) => {
    deepStrictEqual(await recorded(path), []);
  }));

Deno.test("withTensorBoard() says once that there is no place for its files, and the run goes on without", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(join(path, "tensorboard"), "a file");
    const said = await recorded(path);
    strictEqual(said.length, 1);
    match(
      said[0] ?? "",
      /^TensorBoard hears no more of this run: .*tensorboard/,
    );
  }));

Deno.test("withTensorBoard() says once that its file cannot be written any more, and the run goes on without", () =>
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
