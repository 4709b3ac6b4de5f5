import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  describeTrainError,
  type MetricsLine,
  metricsLine,
} from "../../../train/mod.ts";
import { parseMetricsLine } from "../../../train/run/metrics.ts";
import {
  readMetrics,
  readRecord,
  type RecordReach,
  recordWriter,
} from "../../../train/run/metrics_record.ts";
import { recordEnd } from "../../../train/run/metrics_record.ts";
import { reportOf, runOf } from "./follow/made_runs.ts";
import { inFolder } from "../temporary_folder.ts";
import { trained } from "../tiny_run.ts";

const RUN = runOf(400);

const lineOf = (step: number): string =>
  `${JSON.stringify(metricsLine(reportOf(RUN, step)))}\n`;

const linesTo = (end: number): string =>
  Array.from({ length: end }, (_, step) => lineOf(step)).join("");

/** Reads a record; gives how far it goes and which steps were visited. */
async function read(
  path: string,
  limit = Infinity,
): Promise<readonly [RecordReach, readonly number[]]> {
  const steps: number[] = [];
  const visit = ({ step }: MetricsLine) => void steps.push(step);
  return [trained(await readRecord(path, limit, visit)), steps];
}

Deno.test("readRecord() visits the steps below its limit, also where lines lie across its pieces, and says how far the record goes", () =>
  inFolder(async (path) => {
    const file = join(path, "metrics.jsonl");
    const text = linesTo(8000);
    ok(text.length > 3 * 2 ** 19, "several pieces");
    await Deno.writeTextFile(file, text);
    for (const limit of [0, 1, 777, 8000, 9000]) {
      const [reach, steps] = await read(file, limit);
      const below = Math.min(limit, 8000);
      deepStrictEqual(steps, Array.from({ length: below }, (_, i) => i));
      const bytes = linesTo(below).length;
      deepStrictEqual(reach, { first: 0, end: 8000, bytes, fault: null });
    }
  }));

Deno.test("readRecord() of a record longer than the longest string, all zeros behind three lines, ends at the fourth", () =>
  inFolder(async (path) => {
    const file = join(path, "metrics.jsonl");
    await Deno.writeTextFile(file, linesTo(3));
    await Deno.truncate(file, 2 ** 30);
    const [{ end, fault, bytes }, steps] = await read(file);
    deepStrictEqual(steps, [0, 1, 2]);
    deepStrictEqual([end, bytes], [3, linesTo(3).length]);
    strictEqual(fault, "line 4 is not the record of a step");
    strictEqual(await recordEnd(file), 3);
  }));

Deno.test("recordEnd() knows the step behind the last line, whatever lies before", () =>
  inFolder(async (path) => {
    const file = join(path, "metrics.jsonl");
    strictEqual(await recordEnd(file), null, "no file");
    await Deno.writeTextFile(file, "");
    strictEqual(await recordEnd(file), null, "an empty file");
    await Deno.writeTextFile(file, linesTo(1500));
    strictEqual(await recordEnd(file), 1500);
    await Deno.writeTextFile(file, `what?\n${linesTo(3)}`);
    strictEqual(await recordEnd(file), 3);
    await Deno.writeTextFile(file, `${linesTo(3)}what?\n`);
    strictEqual(await recordEnd(file), 3);
  }));

const HARMS: readonly (readonly [
  what: string,
  harm: (path: string) => Promise<void>,
  wanted: RegExp,
])[] = [
  ["removed", (path) => Deno.remove(path), /it was removed while the run/],
  [
    "cut to nothing",
    (path) => Deno.truncate(path, 0),
    /it was cut from \d+ to 0 bytes while the run went on/,
  ],
  [
    "cut in the middle",
    (path) => Deno.truncate(path, 400),
    /it was cut from \d+ to 400 bytes/,
  ],
  [
    "written to",
    (path) => Deno.writeTextFile(path, lineOf(5), { append: true }),
    /it was written to by another/,
  ],
  [
    "replaced by a file of the same size",
    async (path) => {
      await Deno.copyFile(path, `${path}.other`);
      await Deno.rename(`${path}.other`, path);
    },
    /it was replaced by another file/,
  ],
  [
    "replaced by a folder",
    async (path) => {
      await Deno.remove(path);
      await Deno.mkdir(path);
    },
    /it was replaced by a directory/,
  ],
];

for (const [what, harm, wanted] of HARMS) {
  Deno.test(`recordWriter() adds nothing to a record that was ${what} while the run went on, and says so`, () =>
    inFolder(async (path) => {
      const file = join(path, "metrics.jsonl");
      await Deno.writeTextFile(file, "");
      const write = trained(await recordWriter(file));
      for (const step of [0, 1]) trained(await write(reportOf(RUN, step)));
      deepStrictEqual(trained(await readMetrics(file)).length, 2);
      await harm(file);
      const before = await Deno.readTextFile(file).catch(() => null);
      const written = await write(reportOf(RUN, 2));
      match(
        written._tag === "Left" ? describeTrainError(written.left) : "",
        wanted,
      );
      const after = await Deno.readTextFile(file).catch(() => null);
      strictEqual(after, before);
    }));
}

Deno.test("parseMetricsLine() takes no line in which any field that it reads is missing or of another kind", () => {
  const line = JSON.parse(lineOf(3));
  ok(parseMetricsLine(JSON.stringify(line)) !== null);
  const optional = ["gradientNorm", "deepestLoss"];
  for (const key of Object.keys(line).filter((k) => k !== "gradientNorm")) {
    const { [key]: _, ...without } = line;
    const read = parseMetricsLine(JSON.stringify(without));
    strictEqual(read === null, !optional.includes(key), key);
    for (const value of ["1", true, [[]], { a: "b" }]) {
      const text = JSON.stringify({ ...line, [key]: value });
      strictEqual(parseMetricsLine(text), null, `${key}: ${value}`);
    }
  }
  const huge = JSON.stringify(line).replace(/"loss":[^,]*/, '"loss":1e999');
  strictEqual(parseMetricsLine(huge), null);
});

Deno.test("parseMetricsLine() reads null as NaN where a number may be none", () => {
  const line = JSON.parse(lineOf(3));
  const stages = Object.keys(line.stageLosses);
  const none = {
    ...line,
    loss: null,
    gradientNorm: null,
    stageLosses: Object.fromEntries(stages.map((stage) => [stage, null])),
    deepestLoss: null,
  };
  const read = parseMetricsLine(JSON.stringify(none));
  deepStrictEqual(
    [
      ...[read?.loss, read?.deepestLoss, read?.gradientNorm],
      ...Object.values(read?.stageLosses ?? {}),
    ],
    [NaN, NaN, NaN, ...stages.map(() => NaN)],
  );
});

Deno.test("parseMetricsLine() finds the deepest loss of a record that does not name it", () => {
  const { deepestLoss, ...line } = JSON.parse(lineOf(3));
  ok(Number.isFinite(deepestLoss));
  const read = (changed: object) =>
    parseMetricsLine(JSON.stringify({ ...line, ...changed }))?.deepestLoss;
  strictEqual(read({}), deepestLoss);
  strictEqual(read({ loss: 3, stageLosses: { 2: 2, 10: 1, 9: 4 } }), 1);
  strictEqual(read({ loss: 3, stageLosses: {} }), 3);
});
