import {
  deepStrictEqual,
  notDeepStrictEqual,
  strictEqual,
} from "node:assert/strict";
import fc from "fast-check";
import { batchTensors } from "../../../train/mod.ts";
import { syntheticBatch, TINY_MODEL } from "../tiny_run.ts";

const tensorsOf = (indices: readonly number[], seed: number, epoch: number) =>
  batchTensors(
    TINY_MODEL,
    syntheticBatch(TINY_MODEL, Int32Array.from(indices)),
    {
      seed,
      epoch,
    },
  );

/** One sample's part of a tensor. */
const rowOf = (
  tensors: ReturnType<typeof tensorsOf>,
  name: string,
  sample: number,
) => {
  const { shape = [1], data = [] } = tensors[name] ?? {};
  const size = data.length / (shape[0] ?? 1);
  return [...data.slice(sample * size, (sample + 1) * size)];
};

Deno.test("batchTensors() masks a sample by seed, epoch and index, whatever its batch", () => {
  const index = fc.integer({ min: 0, max: 1e6 });
  fc.assert(
    fc.property(
      fc.uniqueArray(index, { minLength: 2, maxLength: 4 }),
      fc.nat(),
      fc.nat(1000),
      (indices, seed, epoch) => {
        const together = tensorsOf(indices, seed, epoch);
        indices.forEach((one, sample) => {
          const alone = tensorsOf([one], seed, epoch);
          for (const name of Object.keys(alone)) {
            deepStrictEqual(
              rowOf(together, name, sample),
              rowOf(alone, name, 0),
            );
          }
        });
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("batchTensors() hides other patches in another epoch and with another seed", () => {
  const indices = [...Array(8).keys()];
  const mask = (seed: number, epoch: number) =>
    tensorsOf(indices, seed, epoch)["mask"]?.data;
  deepStrictEqual(mask(1, 2), mask(1, 2));
  notDeepStrictEqual(mask(1, 3), mask(1, 2));
  notDeepStrictEqual(mask(2, 2), mask(1, 2));
});

Deno.test("batchTensors() gives the graph's inputs in their shapes", () => {
  const tensors = tensorsOf([3, 1, 2], 0, 0);
  deepStrictEqual(
    Object.entries(tensors).map(([name, { shape }]) => [name, shape]),
    [
      ["images", [3, 1, 16, 16]],
      ["idsKeep", [3, 4]],
      ["idsShuffle", [3, 16]],
      ["idsRestore", [3, 16]],
      ["mask", [3, 16]],
    ],
  );
  const hidden = rowOf(tensors, "mask", 1).reduce((sum, x) => sum + x, 0);
  strictEqual(hidden, 12);
});
