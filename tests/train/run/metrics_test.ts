import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  describeTrainError,
  metricsLine,
  type StepReport,
} from "../../../train/mod.ts";
import {
  readMetrics,
  recordWriter,
} from "../../../train/run/metrics_record.ts";
import { inFolder } from "../temporary_folder.ts";
import { trained } from "../tiny_run.ts";

const report = (step: number): StepReport => ({
  step,
  epoch: 0,
  phase: 1,
  frozenLayers: 2,
  liveStages: [2, 3],
  rates: [0, 0, 0.1 / 3],
  unfrozenRate: 0.1,
  loss: 1 / 3 + step,
  stageLosses: { 2: 1 / 7, 3: 0.1 + 0.2 },
  deepestLoss: 0.1 + 0.2,
  images: 4,
  milliseconds: {
    data: 1.23456,
    gradient: 2,
    update: 3,
    compile: 0,
    total: 6.23456,
  },
});

/** Runs a test on a record of four steps. */
const withRecord = (test: (path: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    await Deno.writeTextFile(path, "");
    const append = trained(await recordWriter(path));
    for (const step of [0, 1, 2, 3]) trained(await append(report(step)));
    await test(path);
  });

Deno.test("readMetrics() gives back every number exactly; times to a microsecond", () =>
  withRecord(async (path) => {
    const lines = trained(await readMetrics(path));
    deepStrictEqual(
      lines,
      [0, 1, 2, 3].map((step) => metricsLine(report(step))),
    );
    strictEqual(lines[0]?.loss, 1 / 3);
    strictEqual(lines[0]?.milliseconds.data, 1.235);
  }));

Deno.test("readMetrics() passes over a last line that was cut off", () =>
  withRecord(async (path) => {
    const text = await Deno.readTextFile(path);
    const third = text.split("\n").slice(0, 3).join("\n").length + 1;
    for (let length = third; length < text.length; length += 17) {
      await Deno.writeTextFile(path, text.slice(0, length));
      strictEqual(trained(await readMetrics(path)).length, 3, `${length}`);
    }
  }));

for (const broken of ['{"step": 1', "null", '{"loss": 1}', ""]) {
  Deno.test(`readMetrics() names an inner line that says ${JSON.stringify(broken)}`, () =>
    withRecord(async (path) => {
      const lines = (await Deno.readTextFile(path)).split("\n");
      await Deno.writeTextFile(path, lines.with(1, broken).join("\n"));
      const read = await readMetrics(path);
      match(
        read._tag === "Left" ? describeTrainError(read.left) : "",
        /metrics\.jsonl: line 2 is not the record of a step/,
      );
    }));
}

Deno.test("readMetrics() of no file is an error", () =>
  inFolder(async (folder) => {
    const read = await readMetrics(join(folder, "metrics.jsonl"));
    strictEqual(read._tag === "Left" && read.left._tag, "FileFailed");
  }));
