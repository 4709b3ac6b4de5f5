import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { followText, type TextStream } from "../../../cli/watch/follow_text.ts";
import { type FollowedRun, followRun } from "../../../train/mod.ts";
import {
  makeRun,
  reportOf,
  runOf,
  silentFor,
} from "../../train/run/follow/made_runs.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const RUN = runOf(4);

/** A stream that remembers what was written, and acts upon each piece. */
function remembering(
  isTTY: boolean,
  act: (pieces: number) => void = () => {},
): TextStream & { readonly pieces: string[] } {
  const pieces: string[] = [];
  const size = isTTY ? { columns: 80, rows: 24 } : {};
  return {
    isTTY,
    ...size,
    pieces,
    write: (text) => act(pieces.push(text)),
  };
}

const followed = (
  folder: string,
  stream: TextStream,
  once = false,
) =>
  followText({ folder, follow: followRun(folder), stream, every: 0.01, once });

/** What a terminal shows after it got the pieces. */
function screenOf(pieces: readonly string[]): readonly string[] {
  let lines: string[] = [];
  for (const piece of pieces) {
    const [text = "", codes = ""] = piece.split("\x1b[J").reverse();
    const up = /\d+/.exec(codes)?.[0] ?? "0";
    lines = [
      ...lines.slice(0, lines.length - Number(up)),
      ...text.split("\n").slice(0, -1),
    ];
  }
  return lines;
}

Deno.test("followText() on a terminal shows the run in place until it ends", () =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 3);
    const record = join(folder, "metrics.jsonl");
    let step = 3;
    const stream = remembering(true, () => {
      if (step === RUN.plan.totalSteps) return;
      const line = JSON.stringify(reportOf(RUN, step++));
      Deno.writeTextFileSync(record, `${line}\n`, { append: true });
    });
    const end = await followed(folder, stream);
    strictEqual(end._tag === "Right" && end.right.life, "finished");
    ok(stream.pieces.length > 20);
    const screen = screenOf(stream.pieces);
    strictEqual(screen.length, screenOf(stream.pieces.slice(0, 1)).length);
    match(screen[0] ?? "", /· finished: all steps taken$/);
    ok(screen.every((line) => line.length <= 80));
  }));

Deno.test("followText() elsewhere prints news as lines, the whole view at the end and no control codes", () =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 3);
    const stream = remembering(false, (pieces) => {
      if (pieces !== 1) return;
      const line = JSON.stringify(reportOf(RUN, 3));
      Deno.writeTextFileSync(
        join(folder, "metrics.jsonl"),
        `${line}\n`,
        { append: true },
      );
      setTimeout(() => silentFor(folder, 1000), 100);
    });
    const end = await followed(folder, stream);
    strictEqual(end._tag === "Right" && end.right.life, "stopped");
    const text = stream.pieces.join("");
    ok(!text.includes("\x1b"));
    match(
      text,
      /^running: step 3 of 24.*\nrunning: step 4 of 24.*\n\/.* · stopped: silent for/,
    );
    match(text, /^ patch_embed /m);
  }));

Deno.test("followText() waits in an empty folder and refuses a missing one", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "run");
    const missing = await followed(folder, remembering(false));
    ok(missing._tag === "Left" && !missing.left.isThere);
    await Deno.mkdir(folder);
    const once = await followed(folder, remembering(false), true);
    match(once._tag === "Left" ? once.left.reason : "", /no run in it yet/);
    let made: Promise<void> | null = null;
    const stream = remembering(false, () => {
      made ??= makeRun(folder, RUN, RUN.plan.totalSteps);
    });
    const end = await followed(folder, stream);
    await made;
    match(
      stream.pieces[0] ?? "",
      /no run in it yet \(no plan\.json\); waiting for one\n$/,
    );
    const run = end as { readonly right: FollowedRun };
    deepStrictEqual([run.right.life, run.right.status.done], ["finished", 24]);
  }));
