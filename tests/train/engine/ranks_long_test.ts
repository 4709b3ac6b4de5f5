import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { phaseAt, sizeOf } from "../../../core/mod.ts";
import { stepShare } from "../../../train/engine/share.ts";
import { largestDifference } from "../../numbers.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { onDevices } from "../devices.ts";
import { startTiny, tinyRun, trained } from "../tiny_run.ts";
import { configOf, type Ended, runOn } from "./rank_runs.ts";

/** The largest difference of the parameters of two runs. */
const apart = (
  found: Ended,
  { parameters }: Pick<Ended, "parameters">,
): number =>
  Math.max(
    ...[...parameters].map(([name, data]) =>
      largestDifference(found.parameters.get(name), data)
    ),
  );

await onDevices(
  ["cpu", "onnx"],
  "1, 2 and 4 ranks that share four micro-batches take the same steps to the bit, across freezes",
  async (backend) => {
    const config = configOf(1, 4);
    const [one] = await runOn(backend, 1, config);
    ok(one !== undefined);
    ok(new Set(one.reports.map(({ phase }) => phase)).size > 2);
    for (const size of [2, 4]) {
      for (const rank of await runOn(backend, size, config)) {
        deepStrictEqual(rank.parameters, one.parameters);
        deepStrictEqual(
          rank.reports.map(({ loss }) => loss),
          one.reports.map(({ loss }) => loss),
        );
        deepStrictEqual(
          rank.reports.map(({ images }) => images),
          one.reports.map(({ images }) => images),
        );
      }
    }
  },
);

await onDevices(
  ["cpu", "onnx"],
  "2, 3 and 4 ranks that share a micro-batch take the same steps as one, to rounding; on all of them to the bit",
  async (backend) => {
    const config = configOf(4, 1);
    const [one] = await runOn(backend, 1, config);
    ok(one !== undefined);
    for (const size of [2, 3, 4]) {
      const all = await runOn(backend, size, config);
      for (const rank of all) {
        deepStrictEqual(rank.parameters, all[0]?.parameters);
        const difference = apart(rank, one);
        ok(difference < 1e-6, `${size} ranks differ by ${difference}`);
      }
    }
  },
);

await onDevices(
  ["cpu"],
  "ranks send the gradients of what trains and the losses, and less after every freeze",
  async (backend) => {
    const config = configOf(2, 2);
    const run = tinyRun(config);
    const sent: number[] = [];
    let before = 0;
    const all = await runOn(backend, 2, config, (_, { rank, traffic }) => {
      if (rank !== 0) return;
      sent.push(traffic.bytes - before);
      before = traffic.bytes;
    });
    const wanted = all[0]!.reports.map(({ step }) => {
      const phase = phaseAt(run.plan)(step);
      const numbers = run.trainable(phase)
        .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      return 4 * (numbers + 1 + phase.liveStages.length);
    });
    deepStrictEqual(sent, wanted);
    ok(new Set(sent).size > 2);
    deepStrictEqual(sent, sent.toSorted((a, b) => b - a));
  },
);

await onDevices(
  ["cpu"],
  "all ranks stop after the step in which one of them was stopped",
  async (backend) => {
    const run = tinyRun(configOf(4, 1));
    const stop = new AbortController();
    const ends = await Promise.all(
      localRanks(3).map(async (ranks) => {
        const { signal } = ranks.rank === 1 ? stop : new AbortController();
        const going = startTiny(backend, run, undefined, { ranks, signal });
        const tags: string[] = [];
        for await (const taken of going) {
          tags.push(taken._tag === "Left" ? taken.left._tag : "step");
          if (ranks.rank === 1 && tags.length === 2) stop.abort();
        }
        const { step } = trained(await going.snapshot());
        going.dispose();
        return { tags, step };
      }),
    );
    for (const { tags, step } of ends) {
      deepStrictEqual(tags, ["step", "step", "step", "Stopped"]);
      strictEqual(step, 3);
    }
  },
);

Deno.test("stepShare() gives every sample of a step to exactly one rank, in batches of one size, whatever the sizes", () => {
  const small = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(
      ...[fc.integer({ min: 1, max: 40 }), small, small, small] as const,
      fc.boolean(),
      (batchSize, accumIter, size, runs, mixes) => {
        const task = {
          isDivisible: true,
          mixes,
          training: { epochs: 1, batchSize, accumIter },
          stateShapes: () => tinyRun().stateShapes(0),
        };
        const seen: number[] = [];
        for (let rank = 0; rank < size; rank++) {
          const share = stepShare(task, runs, { rank, size });
          if (share._tag === "Left") return;
          const { batches, parts, groups } = share.right;
          strictEqual(share.right.batchSize % parts, 0);
          ok(Number.isInteger(Math.log2(groups)));
          strictEqual(batches.length, share.right.accumIter);
          for (const batch of batches) {
            const samples = batch.flatMap(({ from, count }) =>
              Array.from({ length: count }, (_, i) => from + i)
            );
            strictEqual(samples.length, share.right.batchSize);
            if (mixes) {
              // A sample's partner is the one in opposite order, here as in the whole batch.
              const partners = samples.toReversed();
              samples.forEach((sample, i) => {
                const first = Math.floor(sample / batchSize) * batchSize;
                strictEqual(
                  partners[i],
                  first + batchSize - 1 - (sample - first),
                );
              });
            }
            seen.push(...samples);
          }
        }
        deepStrictEqual(
          seen.toSorted((a, b) => a - b),
          Array.from({ length: batchSize * accumIter }, (_, i) => i),
        );
      },
    ),
  );
});

Deno.test("stepShare() leaves samples together that stay together, on every rank and in every part", () => {
  const small = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(
      ...[small, small, small, small, small] as const,
      (together, groups, accumIter, size, runs) => {
        const task = {
          isDivisible: true,
          together,
          training: { epochs: 1, batchSize: together * groups, accumIter },
          stateShapes: () => tinyRun().stateShapes(0),
        };
        for (let rank = 0; rank < size; rank++) {
          const share = stepShare(task, runs, { rank, size });
          const isShared = accumIter % size === 0 || size <= groups;
          strictEqual(share._tag === "Right", isShared);
          if (share._tag === "Left") return;
          const { batchSize, batches, parts } = share.right;
          strictEqual(batchSize / parts % together, 0);
          for (const { from, count } of batches.flat()) {
            deepStrictEqual([from % together, count % together], [0, 0]);
          }
        }
      },
    ),
  );
});

Deno.test("stepShare() refuses more ranks than samples of a micro-batch", () => {
  const task = {
    isDivisible: true,
    training: { epochs: 1, batchSize: 2, accumIter: 2 },
    stateShapes: () => tinyRun().stateShapes(0),
  };
  const share = stepShare(task, 1, { rank: 0, size: 3 });
  ok(share._tag === "Left" && share.left._tag === "BadConfig");
  strictEqual(share.left.faults[0].path, "ranks");
});

await onDevices(
  ["webgpu"],
  "two ranks on a card, which waits for their sums, take the same steps as one that runs ahead, to rounding",
  async (backend) => {
    const config = configOf(4, 1);
    const alone = startTiny(backend, tinyRun(config));
    const reports = [];
    for await (const taken of alone) reports.push(trained(taken));
    const { parameters } = trained(await alone.snapshot());
    alone.dispose();
    const both = await runOn(backend, 2, config);
    for (const rank of both) {
      deepStrictEqual(rank.parameters, both[0]?.parameters);
      strictEqual(rank.reports.length, reports.length);
      const difference = apart(rank, { parameters });
      ok(difference < 1e-5, `they differ by ${difference}`);
    }
  },
);
