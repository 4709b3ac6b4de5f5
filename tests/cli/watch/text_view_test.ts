import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { bar, lineView, textView } from "../../../cli/watch/text_view.ts";
import {
  type FollowedRun,
  metricsLine,
  type RunLife,
} from "../../../train/mod.ts";
import { runStatus } from "../../../train/run/follow/run_status.ts";
import { phaseFlops } from "../../../core/mod.ts";
import { reportOf, runOf } from "../../train/run/follow/made_runs.ts";

const RUN = runOf(20);
const costOf = phaseFlops(RUN.plan);
const NOW = 1.7e12;
const ROOM = { columns: 200, rows: 100 };

function runAfter(done: number, life: RunLife): FollowedRun {
  const lines = Array.from(
    { length: done },
    (_, step) => metricsLine(reportOf(RUN, step)),
  );
  return {
    ...{ task: "pretrain", plan: RUN.plan, evaluations: [] },
    status: runStatus({ ...RUN, costOf, lines, recent: lines }),
    life,
    lines,
    checkpoint: {
      path: "runs/1/checkpoints/step-000000060",
      step: 60,
      writtenAt: NOW - 90_000,
    },
    silence: 300,
    complaint: null,
  };
}

const viewOf = (run: FollowedRun, room = ROOM): string =>
  textView("runs/1", run, NOW, room).join("\n");

Deno.test("bar() has the same length for every part, and fills up", () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (part) => {
      const drawn = [...bar(part, 10)];
      strictEqual(drawn.length, 10);
      const full = drawn.filter((cell) => cell === "█").length;
      ok(Math.abs(full / 10 - Math.max(0, Math.min(1, part))) <= 0.05 + 1e-9);
    }),
  );
});

Deno.test("textView() shows progress, losses, speed, saving, checkpoint and every layer", () => {
  const text = viewOf(runAfter(90, "running"));
  match(text, /^runs\/1 · running$/m);
  match(text, /step 90 of 120, epoch 15\.00 of 20 · \d+ s left$/m);
  match(
    text,
    /^loss {4}0\.\d{4} · stage 1 0\.\d{4} \(ended\) · .*stage 4 0\.\d{4}$/m,
  );
  match(
    text,
    /^speed {3}\d+ images\/s · \d+ ms a step, 1\d\.\d % of it waiting/m,
  );
  match(
    text,
    /^saving {2}[1-9]\d?\.\d % of the compute time so far; [1-9]\d\.\d % of all operations by the plan$/m,
  );
  match(text, /^saved {3}after step 60, 1 min 30 s ago$/m);
  match(text, /^ patch_embed {2}·{24} {5}0 {6}frozen since step \d+$/m);
  match(text, /^ block 3 {6}█+░+ {2}\d\.\d\de-\d {2}trains to the end$/m);
});

Deno.test("textView() of a run before its first step says so and shows dashes", () => {
  const text = viewOf({ ...runAfter(0, "running"), checkpoint: null });
  match(text, /running: prepares its first step/);
  match(text, /^speed {3}– images\/s/m);
  match(text, /^saving {2}nothing yet; /m);
  match(text, /^saved {3}none yet$/m);
});

Deno.test("textView() of a stopped run says for how long and how it goes on", () => {
  const text = viewOf(runAfter(90, "stopped"));
  match(text, /^runs\/1 · stopped: silent for 5 min 0 s$/m);
  match(
    text,
    /go on with: deno run -A cli\/main\.ts pretrain --resume runs\/1/,
  );
  ok(!text.includes(" left"));
});

Deno.test("textView() keeps to its room and folds what is frozen first", () => {
  const run = runAfter(100, "running");
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 40 }),
      (columns, rows) => {
        const lines = textView("runs/1", run, NOW, { columns, rows });
        ok(lines.length <= rows);
        ok(lines.every((line) => [...line].length <= columns));
      },
    ),
  );
  const whole = textView("runs/1", run, NOW, ROOM).length;
  const folded = viewOf(run, { columns: 200, rows: whole - 1 });
  match(folded, /^ patch_embed to block \d: frozen$/m);
  match(folded, /^ block 3 .* trains to the end$/m);
});

Deno.test("textView() repeats what is wrong with the record", () => {
  const run = { ...runAfter(9, "running"), complaint: "line 4 is no step" };
  match(viewOf(run), /^record {2}line 4 is no step$/m);
});

Deno.test("lineView() is one line", () => {
  const line = lineView(runAfter(90, "running"));
  match(
    line,
    /^running: step 90 of 120, epoch 15\.00 of 20 · loss 0\.\d{4} · [1-4] of 5 layers frozen · \d+ images\/s · \d+ s left$/,
  );
  deepStrictEqual(line.split("\n").length, 1);
});

Deno.test("textView() says what the last evaluation found, with units", () => {
  const judged = (scores: Readonly<Record<string, number>>) =>
    viewOf({
      ...runAfter(90, "running"),
      evaluations: [{ step: 84, scores }],
    });
  match(
    judged({ loss: 1.1, top1: 0.5, top5: 1 }),
    /^judged {2}loss 1\.1000, top-1 50\.00 %, top-5 100\.00 % after step 84$/m,
  );
  match(
    judged({ error: 0.25, frozenLayers: 2 }),
    /^judged {2}validation error 25\.00 %, 2 layers frozen after step 84$/m,
  );
});
