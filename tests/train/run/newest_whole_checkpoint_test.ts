import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { describeTrainError, initialSnapshot } from "../../../train/mod.ts";
import { newestWholeCheckpoint } from "../../../train/run/newest_whole_checkpoint.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { inFolder } from "../temporary_folder.ts";
import { TINY_CONFIG, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);
const FILES = [
  "model.safetensors",
  "optimizer.safetensors",
  "run.json",
  "SHA512SUMS",
];

/** Runs a test on the folder of two checkpoints, at steps 1 and 2. */
const withTwo = (
  test: (folder: string, newer: string, older: string) => Promise<void>,
): Promise<void> =>
  inFolder(async (folder) => {
    const [older = "", newer = ""] = [
      trained(await writeCheckpoint(folder, RUN, { ...START, step: 1 })),
      trained(await writeCheckpoint(folder, RUN, { ...START, step: 2 })),
    ];
    await test(folder, newer, older);
  });

const find = (from: string) => newestWholeCheckpoint(from, RUN, false);

Deno.test("newestWholeCheckpoint() takes the newest if it is whole", () =>
  withTwo(async (folder, newer) => {
    const { path, skipped, start, change } = trained(await find(folder));
    deepStrictEqual([path, skipped, change], [newer, [], null]);
    deepStrictEqual(start, { ...START, step: 2 });
  }));

Deno.test("newestWholeCheckpoint() passes over one in which any byte of any file was changed, cut off or added", () =>
  withTwo(async (folder, newer, older) => {
    const whole = new Map(
      await Promise.all(
        FILES.map(async (name) =>
          [name, await Deno.readFile(join(newer, name))] as const
        ),
      ),
    );
    const harm = fc.record({
      name: fc.constantFrom(...FILES),
      where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      how: fc.constantFrom("flip", "cut", "add"),
    });
    await fc.assert(
      fc.asyncProperty(harm, async ({ name, where, how }) => {
        const bytes = whole.get(name) ?? new Uint8Array();
        const at = Math.floor(where * bytes.length);
        const harmed = how === "flip"
          ? bytes.with(at, (bytes[at] ?? 0) ^ 1)
          : how === "cut"
          ? bytes.subarray(0, at)
          : new Uint8Array([...bytes, 0]);
        await Deno.writeFile(join(newer, name), harmed);
        const { path, skipped } = trained(await find(folder));
        await Deno.writeFile(join(newer, name), bytes);
        strictEqual(path, older, `${name} ${how} at ${at}`);
        strictEqual(skipped.length, 1);
        ok(skipped[0]?.path.startsWith(newer));
        ok((skipped[0]?.reason ?? "") !== "");
      }),
      { numRuns: 60 },
    );
    strictEqual(trained(await find(folder)).path, newer, "mended");
  }));

Deno.test("newestWholeCheckpoint() says in which way one is broken", async (t) => {
  const harms: readonly (readonly [
    string,
    string,
    (path: string) => Promise<void>,
    RegExp,
  ])[] = [
    [
      "cut off",
      "model.safetensors",
      (path) => Deno.truncate(path, 5000),
      /header claims/,
    ],
    [
      "a wrong number",
      "optimizer.safetensors",
      async (path) => {
        const bytes = await Deno.readFile(path);
        await Deno.writeFile(path, bytes.with(-2, bytes.at(-2)! ^ 1));
      },
      /its SHA-512 begins [0-9a-f]{12}, wanted [0-9a-f]{12}: it is not as it was/,
    ],
    [
      "a missing file",
      "model.safetensors",
      (path) => Deno.remove(path),
      /missing or cannot be read/,
    ],
    [
      "a missing record",
      "run.json",
      (path) => Deno.remove(path),
      /no readable run\.json/,
    ],
    [
      "missing digests",
      "SHA512SUMS",
      (path) => Deno.remove(path),
      /no readable SHA512SUMS/,
    ],
    [
      "digests cut off",
      "SHA512SUMS",
      (path) => Deno.truncate(path, 99),
      /SHA512SUMS is cut off/,
    ],
  ];
  for (const [what, name, harm, wanted] of harms) {
    await t.step(what, () =>
      withTwo(async (folder, newer, older) => {
        await harm(join(newer, name));
        const { path, skipped } = trained(await find(folder));
        strictEqual(path, older);
        match(skipped[0]?.reason ?? "", wanted);
      }));
  }
});

Deno.test("newestWholeCheckpoint() refuses a broken one that was asked for, and a folder of broken ones, with every reason", () =>
  withTwo(async (folder, newer, older) => {
    await Deno.truncate(join(newer, "model.safetensors"), 9);
    const asked = await find(newer);
    match(
      asked._tag === "Left" ? describeTrainError(asked.left) : "",
      /step-000000002.model\.safetensors: the header claims/,
    );
    await Deno.remove(join(older, "run.json"));
    const none = await find(folder);
    const text = none._tag === "Left" ? describeTrainError(none.left) : "";
    match(text, /none of its checkpoints can be gone on from:\n/);
    match(
      text,
      /step-000000002.model\.safetensors: .*\n.*step-000000001: it has no readable run\.json/,
    );
  }));

Deno.test("newestWholeCheckpoint() does not pass over one that is whole and of another run", () =>
  withTwo(async (folder) => {
    const training = { ...TINY_CONFIG.training, seed: 8 };
    const other = await newestWholeCheckpoint(
      folder,
      tinyRun({ training }),
      true,
    );
    match(
      other._tag === "Left" ? describeTrainError(other.left) : "",
      /training\.seed: checkpoint 7, this run 8/,
    );
  }));

Deno.test("newestWholeCheckpoint() reads checkpoints of version 1, which have no digests", () =>
  withTwo(async (folder, newer) => {
    const file = join(newer, "run.json");
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(
      file,
      text.replace(/"version": 3,\s*"task": "pretrain"/, '"version": 1'),
    );
    await Deno.remove(join(newer, "SHA512SUMS"));
    strictEqual(trained(await find(folder)).path, newer);
  }));

const check = async (folder: string): Promise<string> => {
  const { stdout } = await new Deno.Command("sha512sum", {
    args: ["--check", "SHA512SUMS"],
    cwd: folder,
  }).output();
  return new TextDecoder().decode(stdout);
};

const hasSha512sum = await new Deno.Command("sha512sum", {
  args: ["--version"],
}).output().then(({ success }) => success, () => false);

Deno.test({
  name: `sha512sum --check finds a checkpoint as it was written${
    hasSha512sum ? "" : " [skipped: there is no sha512sum]"
  }`,
  ignore: !hasSha512sum,
  fn: () =>
    withTwo(async (_, newer) => {
      strictEqual(
        await check(newer),
        "model.safetensors: OK\noptimizer.safetensors: OK\nrun.json: OK\n",
      );
    }),
});
