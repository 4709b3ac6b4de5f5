import { ok, strictEqual } from "node:assert/strict";
import type { PairRow } from "../../../bench/peers/pair_row.ts";
import {
  flopSeconds,
  measuredSteps,
} from "../../../bench/scaling/measured_steps.ts";
import { machinesOf } from "../../../bench/scaling/machines.ts";
import { planned, STUDIES, worksOf } from "../../../bench/scaling/study.ts";

const NAME = "peers-vit-b-2-threads-x86-64-2-cores-deno-2.9.6.jsonl";

const rows: readonly PairRow[] = Deno.readTextFileSync(
  new URL(`../../../bench/results/${NAME}`, import.meta.url),
).trim().split("\n").map((line) => JSON.parse(line));

Deno.test("measuredSteps() give the steps that were measured back", () => {
  const [machine] = machinesOf(measuredSteps(rows));
  const works = worksOf(planned(STUDIES[0]!))(machine!);
  for (const { frozen, batchSize, ours } of rows) {
    const { imageSeconds, updateSeconds } = works[frozen]!.work;
    const seconds = ours.gradientMs / 1000;
    ok(Math.abs(batchSize * imageSeconds - seconds) < 1e-9);
    // One rate for all phases: within 15 % of each.
    ok(Math.abs(1000 * updateSeconds / ours.updateMs - 1) < 0.15);
  }
});

Deno.test("flopSeconds() lie between those of the neighbours, level beyond them", () => {
  const points = [
    { part: 0.5, secondsPerFlop: 2 },
    { part: 1, secondsPerFlop: 4 },
  ];
  const secondsAt = flopSeconds({ batchSize: 8, points, numberSeconds: 1 });
  strictEqual(secondsAt(0.25), 2);
  strictEqual(secondsAt(0.5), 2);
  strictEqual(secondsAt(0.75), 3);
  strictEqual(secondsAt(1), 4);
});
