import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { metricsLine } from "../../../../train/mod.ts";
import {
  type MetricsTail,
  metricsTail,
} from "../../../../train/run/follow/metrics_tail.ts";
import { parseMetricsLine } from "../../../../train/run/metrics.ts";
import { inFolder } from "../../temporary_folder.ts";
import { trained } from "../../tiny_run.ts";
import { reportOf, runOf } from "./made_runs.ts";

const RUN = runOf(2);
const LINES = Array.from(
  { length: 12 },
  (_, step) => metricsLine(reportOf(RUN, step)),
);
const textOf = (lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("");
const TEXT = textOf(LINES);

const stepsOf = async (tail: MetricsTail): Promise<readonly number[]> =>
  trained(await tail.next()).lines.map(({ step }) => step);

Deno.test("metricsTail() gives each line once and whole, however the writer cuts them", () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat({ max: TEXT.length })),
      (cuts) =>
        inFolder(async (folder) => {
          const path = join(folder, "metrics.jsonl");
          const tail = metricsTail(path);
          const ends = [...cuts.toSorted((a, b) => a - b), TEXT.length];
          const found: unknown[] = [];
          for (const [i, end] of ends.entries()) {
            const part = TEXT.slice(ends[i - 1] ?? 0, end);
            await Deno.writeTextFile(path, part, { append: true });
            const { lines, broken } = trained(await tail.next());
            deepStrictEqual(broken, []);
            found.push(...lines);
          }
          deepStrictEqual(found, LINES);
        }),
    ),
    { numRuns: 30 },
  ));

Deno.test("metricsTail() begins anew when the record is replaced, cut back or gone", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    const tail = metricsTail(path);
    strictEqual(trained(await tail.next()).writtenAt, null, "no record yet");
    await Deno.writeTextFile(path, TEXT);
    strictEqual((await stepsOf(tail)).length, 12);
    deepStrictEqual(await stepsOf(tail), []);
    const other = join(folder, "other");
    await Deno.writeTextFile(other, textOf(LINES.slice(0, 5)));
    await Deno.rename(other, path);
    const replaced = trained(await tail.next());
    ok(replaced.isAnew);
    strictEqual(replaced.lines.length, 5);
    await Deno.truncate(path, TEXT.indexOf("\n") + 1);
    deepStrictEqual(await stepsOf(tail), [0]);
    await Deno.remove(path);
    ok(trained(await tail.next()).isAnew);
    await Deno.writeTextFile(path, TEXT);
    strictEqual((await stepsOf(tail)).length, 12);
  }));

Deno.test("metricsTail() begins anew when the record was cut and has grown past where it was", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    const tail = metricsTail(path);
    await Deno.writeTextFile(path, textOf(LINES.slice(0, 5)));
    strictEqual((await stepsOf(tail)).length, 5);
    // Steps that are taken again take another time.
    const again = LINES.slice(3).map((line) => ({
      ...line,
      milliseconds: { ...line.milliseconds, total: 99.5 },
    }));
    await Deno.truncate(path, textOf(LINES.slice(0, 3)).length);
    await Deno.writeTextFile(path, textOf(again), { append: true });
    const piece = trained(await tail.next());
    ok(piece.isAnew);
    deepStrictEqual(piece.lines, [...LINES.slice(0, 3), ...again]);
    deepStrictEqual(await stepsOf(tail), []);
  }));

Deno.test("metricsTail() names whole lines that are no steps and goes on behind them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    const [first = "", second = ""] = TEXT.split("\n");
    await Deno.writeTextFile(path, `${first}\n{"step":\n${second}\n\n`);
    const piece = trained(await metricsTail(path).next());
    deepStrictEqual(piece.lines, LINES.slice(0, 2));
    deepStrictEqual(piece.broken, [2, 4]);
  }));

Deno.test("metricsTail() reads a long record in pieces", () =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    const copies = Math.ceil(9e6 / TEXT.length);
    await Deno.writeTextFile(path, TEXT.repeat(copies));
    const tail = metricsTail(path);
    const counts: number[] = [];
    for (let hasMore = true; hasMore;) {
      const piece = trained(await tail.next());
      counts.push(piece.lines.length);
      hasMore = piece.hasMore;
    }
    ok(counts.length >= 3);
    strictEqual(counts.reduce((a, b) => a + b), 12 * copies);
  }));

Deno.test("metricsTail() says why a record cannot be read", () =>
  inFolder(async (folder) => {
    const piece = await metricsTail(folder).next();
    strictEqual(piece._tag === "Left" && piece.left._tag, "FileFailed");
  }));

Deno.test("parseMetricsLine() takes lines only that describe a step; null stands for NaN", () => {
  const [line] = LINES;
  deepStrictEqual(parseMetricsLine(JSON.stringify(line)), line);
  const text = JSON.stringify({ ...line, loss: NaN });
  strictEqual(parseMetricsLine(text)?.loss, NaN);
  for (const key of ["step", "phase", "rates", "milliseconds"]) {
    const without = JSON.stringify({ ...line, [key]: "?" });
    strictEqual(parseMetricsLine(without), null, key);
  }
  fc.assert(
    fc.property(fc.json(), (json) => strictEqual(parseMetricsLine(json), null)),
  );
});
