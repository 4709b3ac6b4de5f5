import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { latestCheckpoint, resumeRunFolder } from "../../../train/mod.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { reportOf, runOf } from "./follow/made_runs.ts";
import { inFolder } from "../temporary_folder.ts";
import { newRunFolder, trained } from "../tiny_run.ts";

const RUN = runOf(3);

/** A run with nine steps on record and checkpoints after the third and the sixth. */
async function makeStopped(path: string): Promise<void> {
  using folder = trained(await newRunFolder(path, RUN, 9));
  for (let step = 0; step < 9; step++) {
    if (step === 3 || step === 6) {
      trained(await folder.checkpoint({ ...folder.start, step }));
    }
    trained(await folder.record(reportOf(RUN, step)));
  }
}

const textOf = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

const zeros = (line: string): string => "\0".repeat(line.length);

/** The lines with one of them changed. */
const changed =
  (number: number, change: (line: string) => string) =>
  (lines: readonly string[]): string =>
    textOf(lines.with(number - 1, change(lines[number - 1] ?? "")));

interface Damage {
  readonly what: string;
  /** The text of a record after the damage, of its lines before; `null` if it is gone. */
  readonly to: (lines: readonly string[]) => string | null;
  /** The step at which the run goes on. */
  readonly start: number;
  /** The first step that is on record then. */
  readonly first: number;
  readonly note: RegExp;
  readonly isKeptAside?: boolean;
}

const DAMAGES: readonly Damage[] = [
  {
    what: "a page of zeros behind the last checkpoint, whole lines after it",
    to: changed(8, zeros),
    ...{ start: 6, first: 0, note: /jsonl: line 8 is not .* it is cut there/ },
  },
  {
    what: "zeros instead of its end",
    to: (lines) => textOf(lines).slice(0, -99) + "\0".repeat(99),
    ...{ start: 6, first: 0, note: /line 9 is not the record of a step/ },
  },
  {
    what: "a line torn between two checkpoints",
    to: changed(5, (line) => line.slice(0, 40)),
    ...{ start: 3, first: 0, note: /line 5 is not .* steps from 3 on are/ },
  },
  {
    what: "a field misspelled by one bit",
    to: changed(8, (line) => line.replace("stageLosses", "stagfLosses")),
    ...{ start: 6, first: 0, note: /line 8 is not the record of a step/ },
  },
  {
    what: "a step twice",
    to: (lines) => textOf([...lines.slice(0, 8), ...lines.slice(7)]),
    ...{ start: 6, first: 0, note: /line 9 is of step 7, wanted 8/ },
  },
  {
    what: "a line torn before all checkpoints",
    to: changed(2, (line) => line.slice(0, 40)),
    ...{ start: 6, first: 6, isKeptAside: true },
    note: /line 2 is not .*: the steps before 6 are not on record; .*\.damaged/,
  },
  {
    what: "a record cut to its first two steps",
    to: (lines) => textOf(lines.slice(0, 2)),
    ...{ start: 6, first: 6, isKeptAside: true },
    note: /it has no steps from before 6: .* kept in .*\.damaged/,
  },
  {
    what: "an empty record",
    to: () => "",
    ...{ start: 6, first: 6, note: /it is empty: the steps before 6 are not/ },
  },
  {
    what: "no record",
    to: () => null,
    ...{
      start: 6,
      first: 6,
      note: /it is missing: the steps before 6 are not/,
    },
  },
];

for (const { what, to, start, first, note, isKeptAside } of DAMAGES) {
  Deno.test(`resumeRunFolder() goes on at step ${start} over ${what}, says so, and again without a word`, () =>
    inFolder(async (path) => {
      await makeStopped(path);
      const record = join(path, "metrics.jsonl");
      const lines = (await Deno.readTextFile(record)).trimEnd().split("\n");
      const damaged = to(lines);
      if (damaged === null) await Deno.remove(record);
      else await Deno.writeTextFile(record, damaged);
      {
        using folder = trained(await resumeRunFolder(path, path, RUN, 9));
        strictEqual(folder.start.step, start);
        match(folder.recordNote ?? "", note);
        trained(await folder.record(reportOf(RUN, start)));
        const begun = { ...folder.start, step: start + 1 };
        trained(await folder.checkpoint(begun));
      }
      const steps = trained(await readMetrics(record)).map(({ step }) => step);
      deepStrictEqual(
        steps,
        Array.from({ length: start + 1 - first }, (_, i) => first + i),
      );
      if (isKeptAside) {
        strictEqual(await Deno.readTextFile(`${record}.damaged`), damaged);
      }
      match(trained(await latestCheckpoint(path)), new RegExp(`${start + 1}$`));
      using again = trained(await resumeRunFolder(path, path, RUN, 9));
      deepStrictEqual([again.start.step, again.recordNote], [start + 1, null]);
    }));

  Deno.test(`resumeRunFolder() into another folder leaves as it is ${what}`, () =>
    inFolder(async (parent) => {
      const path = join(parent, "old");
      await makeStopped(path);
      const record = join(path, "metrics.jsonl");
      const lines = (await Deno.readTextFile(record)).trimEnd().split("\n");
      const damaged = to(lines);
      if (damaged === null) await Deno.remove(record);
      else await Deno.writeTextFile(record, damaged);
      const other = join(parent, "new");
      using folder = trained(await resumeRunFolder(path, other, RUN, 9));
      strictEqual(folder.start.step, start);
      ok(folder.recordNote !== null);
      trained(await folder.record(reportOf(RUN, start)));
      const copied = trained(await readMetrics(join(other, "metrics.jsonl")));
      strictEqual(copied[0]?.step, first);
      const now = await Deno.readTextFile(record).catch(() => null);
      strictEqual(now, damaged);
    }));
}

Deno.test("resumeRunFolder() of a run that was stopped in the middle of a line says nothing of it", () =>
  inFolder(async (path) => {
    await makeStopped(path);
    const record = join(path, "metrics.jsonl");
    const { size } = await Deno.stat(record);
    await Deno.truncate(record, size - 9);
    using folder = trained(await resumeRunFolder(path, path, RUN, 9));
    deepStrictEqual([folder.start.step, folder.recordNote], [6, null]);
    deepStrictEqual(
      folder.history.map(({ step }) => step),
      [0, 1, 2, 3, 4, 5],
    );
  }));

Deno.test("resumeRunFolder() tells a witness each step before the start once, also where it has to read again", () =>
  inFolder(async (path) => {
    await makeStopped(path);
    const newest = join(path, "checkpoints/step-000000006/model.safetensors");
    await Deno.truncate(newest, 99);
    let told: number[] = [];
    const witness = () => {
      told = [];
      return ({ step }: { readonly step: number }) => void told.push(step);
    };
    using folder = trained(
      await resumeRunFolder(path, path, RUN, 9, { witness }),
    );
    strictEqual(folder.start.step, 3);
    deepStrictEqual(told, [0, 1, 2]);
    deepStrictEqual(folder.history.map(({ step }) => step), told);
    strictEqual(folder.totals.seconds, 3 * 0.1);
  }));

Deno.test("resumeRunFolder() goes by what checkpoints say of themselves, not by the names of their folders", () =>
  inFolder(async (path) => {
    await makeStopped(path);
    const at = (step: number): string =>
      join(path, "checkpoints", `step-00000000${step}`);
    await Deno.rename(at(3), at(8));
    using folder = trained(await resumeRunFolder(path, path, RUN, 9));
    deepStrictEqual([folder.start.step, folder.checkpointOfStart], [6, at(6)]);
  }));
