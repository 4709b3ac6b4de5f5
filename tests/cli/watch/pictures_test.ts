import { ok, strictEqual } from "node:assert/strict";
import { curvesOf } from "../../../cli/watch/pictures.ts";
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
const WIDE = { theme: "light", size: "wide" } as const;

function runAfter(done: number, life: RunLife = "running"): FollowedRun {
  const lines = Array.from(
    { length: done },
    (_, step) => metricsLine(reportOf(RUN, step)),
  );
  return {
    ...{ task: "pretrain", plan: RUN.plan, evaluations: [] },
    status: runStatus({ ...RUN, costOf, lines, recent: lines }),
    life,
    lines,
    checkpoint: null,
    silence: 0,
    complaint: null,
  };
}

Deno.test("curvesOf() takes up news every five seconds, and the end of the run at once", () => {
  let now = 0;
  const curves = curvesOf(() => now);
  strictEqual(curves.draw("loss", WIDE), null, "there is nothing to draw yet");
  const first = curves.version(runAfter(20));
  now = 4999;
  strictEqual(curves.version(runAfter(30)), first);
  now = 5000;
  const second = curves.version(runAfter(40));
  ok(second !== first);
  ok(curves.version(runAfter(41, "stopped")) !== second);
});

Deno.test("curvesOf() draws each version once for all who look", () => {
  let now = 0;
  const curves = curvesOf(() => now);
  curves.version(runAfter(20));
  const drawn = curves.draw("rates", WIDE);
  now = 1000;
  curves.version(runAfter(30));
  strictEqual(curves.draw("rates", WIDE), drawn);
  now = 9000;
  curves.version(runAfter(60));
  ok(curves.draw("rates", WIDE) !== drawn);
});
