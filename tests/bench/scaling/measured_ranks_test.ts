import { match, ok, strictEqual } from "node:assert/strict";
import {
  compared,
  comparedTable,
  decodeMeasuredRanks,
  type MeasuredRanks,
} from "../../../bench/scaling/measured_ranks.ts";
import { describeFaults } from "../../../core/mod.ts";

const ALONE: MeasuredRanks = {
  model: "vit-b",
  frozenLayers: 7,
  ranks: 1,
  secondsPerStep: 1.2,
  gradientSeconds: 1,
  updateSeconds: 0.2,
  sumMilliseconds: 0,
  bytes: 0,
};

const TWO: MeasuredRanks = {
  ...ALONE,
  ranks: 2,
  sumMilliseconds: 100,
  bytes: 178_075_864,
};

Deno.test("compared() of one rank is its computing", () => {
  const { seconds, exposedSeconds, bytes, difference } = compared(ALONE);
  strictEqual(seconds, 1.2);
  strictEqual(exposedSeconds, 0);
  strictEqual(bytes, 0);
  ok(Math.abs(difference) < 1e-12);
});

Deno.test("compared() waits for the last sums only, and counts the bytes of the plan", () => {
  const { exposedSeconds, bytes } = compared(TWO);
  strictEqual(bytes, TWO.bytes);
  // A tenth of the bytes is in the last sum; the sums before it end within the pass.
  ok(Math.abs(exposedSeconds - 0.0106) < 0.001, String(exposedSeconds));
});

Deno.test("compared() with several passes hides sums behind the last one alone", () => {
  const slow = { ...TWO, sumMilliseconds: 400 };
  ok(
    compared({ ...slow, passes: 8 }).exposedSeconds >
      compared(slow).exposedSeconds,
  );
});

Deno.test("compared() takes a network that was measured by itself", () => {
  const network = { bitsPerSecond: 1e9, latencySeconds: 0 };
  const { seconds } = compared(TWO, network);
  ok(seconds > 8 * TWO.bytes / 1e9);
});

Deno.test("comparedTable() prints the difference in percent", () => {
  const table = comparedTable([ALONE, TWO].map((row) => compared(row)));
  match(table, /^vit-b +7 +1 +1200\.0 +1200\.0 +0\.0 % /m);
  match(
    table,
    /^vit-b +7 +2 +1200\.0 +1210\.\d +0\.9 % +100\.0 +10\.\d +178\.08 +178\.08$/m,
  );
});

Deno.test("decodeMeasuredRanks() names every fault", () => {
  const { bytes: _, ...rest } = ALONE;
  const read = decodeMeasuredRanks([{ ...rest, ranks: 0 }]);
  ok(read._tag === "Left");
  const text = describeFaults(read.left);
  match(text, /\[0\]\.ranks: found 0/);
  match(text, /\[0\]\.bytes: found nothing/);
  strictEqual(
    decodeMeasuredRanks([ALONE, { ...TWO, passes: 4 }])._tag,
    "Right",
  );
});
