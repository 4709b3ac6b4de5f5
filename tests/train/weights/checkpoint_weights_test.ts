import fc from "fast-check";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  decodeSafetensors,
  describeTrainError,
  encodeSafetensors,
  initialSnapshot,
  openEncoder,
  orThrow,
} from "../../../train/mod.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { inFolder } from "../temporary_folder.ts";
import { TINY_MODEL, tinyRun } from "../tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);

/** Runs a test on a folder of checkpoints after steps 1 and 2. */
const withTwo = (
  test: (folder: string, newer: string, older: string) => Promise<void>,
): Promise<void> =>
  inFolder(async (folder) => {
    const at = async (step: number) =>
      orThrow(await writeCheckpoint(folder, RUN, { ...START, step }));
    await test(folder, await at(2), await at(1));
  });

const refusal = async (path: string): Promise<string> => {
  const opened = await openEncoder(path);
  return opened._tag === "Left" ? describeTrainError(opened.left) : "accepted";
};

Deno.test("openEncoder() passes over a checkpoint of which a bit of weights, description or digests was changed, and names it", () =>
  withTwo(async (folder, newer, older) => {
    const whole = new Map(
      ["model.safetensors", "run.json", "SHA512SUMS"].map((name) => [
        name,
        Deno.readFileSync(join(newer, name)),
      ]),
    );
    const flip = fc.record({
      name: fc.constantFrom(...whole.keys()),
      where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      bit: fc.nat(7),
    });
    await fc.assert(
      fc.asyncProperty(flip, async ({ name, where, bit }) => {
        const bytes = whole.get(name)!;
        const at = Math.floor(where * bytes.length);
        const harmed = bytes.with(at, bytes[at]! ^ (1 << bit));
        await Deno.writeFile(join(newer, name), harmed);
        const opened = orThrow(await openEncoder(folder));
        const asked = await refusal(newer);
        await Deno.writeFile(join(newer, name), bytes);
        strictEqual(opened.path, join(older, "model.safetensors"));
        deepStrictEqual(opened.steps, [1, RUN.plan.totalSteps]);
        strictEqual(opened.skipped.length, 1);
        strictEqual(opened.skipped[0]?.path.startsWith(newer), true);
        match(asked, /step-000000002/);
      }),
      { numRuns: 60 },
    );
    const mended = orThrow(await openEncoder(folder));
    deepStrictEqual(mended.skipped, []);
    deepStrictEqual(mended.steps, [2, RUN.plan.totalSteps]);
  }));

Deno.test("openEncoder() of a checkpoint's file of weights reads it as the checkpoint", () =>
  withTwo(async (_, newer) => {
    const path = join(newer, "model.safetensors");
    const { model, steps } = orThrow(await openEncoder(path));
    deepStrictEqual(model, TINY_MODEL);
    deepStrictEqual(steps, [2, RUN.plan.totalSteps]);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.with(-1, bytes.at(-1)! ^ 0x40));
    match(await refusal(path), /model\.safetensors: its SHA-512 begins/);
  }));

Deno.test("openEncoder() refuses a run without a whole checkpoint, with every reason", () =>
  withTwo(async (folder, newer, older) => {
    await Deno.truncate(join(newer, "model.safetensors"), 9);
    await Deno.remove(join(older, "run.json"));
    match(
      await refusal(folder),
      /none of its checkpoints can be opened:\n.*step-000000002.model\.safetensors: the header claims.*\n.*step-000000001: it has no readable run\.json/,
    );
  }));

Deno.test("openEncoder() passes over a checkpoint without digests whose weights are not finite", () =>
  withTwo(async (folder, newer, older) => {
    const [path, description] = [
      join(newer, "model.safetensors"),
      join(newer, "run.json"),
    ];
    const file = decodeSafetensors(await Deno.readFile(path));
    if (file._tag === "Left") throw new Error(file.left.reason);
    const { metadata, tensors } = file.right;
    const [first] = tensors.values();
    (first?.data as Float32Array)[0] = Infinity;
    await Deno.writeFile(path, encodeSafetensors({ metadata, tensors }));
    const text = await Deno.readTextFile(description);
    await Deno.writeTextFile(description, text.replace(/: 3,/, ": 1,"));
    await Deno.remove(join(newer, "SHA512SUMS"));
    const { path: read, skipped } = orThrow(await openEncoder(folder));
    strictEqual(read, join(older, "model.safetensors"));
    match(skipped[0]?.reason ?? "", /is not finite/);
  }));
