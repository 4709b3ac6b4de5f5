import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openRun, type RunSettings } from "../../notebook/open_run.ts";
import type { Settings } from "../../notebook/settings.ts";
import { noiseSource } from "../data/sources.ts";

/** Two epochs of two steps on images of noise. */
const SMALL: Settings & RunSettings = {
  ...{ epochs: 2, batchSize: 4, images: noiseSource(10), device: "cpu" },
};

Deno.test("openRun() closes what was open under its name, and nothing else", async () => {
  const first = await openRun("nano", SMALL);
  await first.train(1);
  const other = await openRun("nano", { ...SMALL, name: "other" });
  const again = await openRun("nano", SMALL);
  await rejects(first.train(1), /another was opened under its name/);
  strictEqual((await other.train(1)).reports.length, 1);
  strictEqual((await again.train()).end, "the plan ended");
  await Promise.all([other.close(), again.close()]);
});

Deno.test("openRun() that finds faults leaves the run of its name open", async () => {
  const run = await openRun("nano", SMALL);
  for (
    const [settings, message] of [
      [{ ...SMALL, epochs: 0 }, /training\.epochs: found 0/],
      [{ ...SMALL, batchSize: 64 }, /found 8, .*at least 64/],
      [{ ...SMALL, limit: 0 }, /limit: found 0/],
      [{ ...SMALL, images: "no/such/folder" }, /found nothing there/],
      [JSON.parse('{ "epoch": 3 }'), /the nearest is epochs/],
    ] as const
  ) await rejects(openRun("nano", settings), message);
  strictEqual((await run.train(1)).reports.length, 1);
  await run.close();
});

Deno.test("openRun() holds out a fifth of the images, none of fewer than five, and learns from some of the rest", async () => {
  const parts = async (images: number, limit?: number) => {
    const run = await openRun("nano", {
      ...{ ...SMALL, batchSize: 1, images: noiseSource(images) },
      ...limit === undefined ? {} : { limit },
    });
    await run.close();
    return [run.images.length, run.heldOut.length];
  };
  deepStrictEqual(await parts(20), [16, 4]);
  deepStrictEqual(await parts(20, 5), [5, 4]);
  deepStrictEqual(await parts(3), [3, 3]);
});
