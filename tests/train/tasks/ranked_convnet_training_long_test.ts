import { deepStrictEqual, ok } from "node:assert/strict";
import type { Backend } from "../../../backends/mod.ts";
import { orThrow, type Snapshot, type StepReport } from "../../../train/mod.ts";
import { largestDifference } from "../../numbers.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { onDevices } from "../devices.ts";
import { type ConvNetInputs, inputsOn, started } from "./tiny_convnet.ts";

interface Ended extends Pick<Snapshot, "parameters" | "statistics"> {
  readonly reports: readonly StepReport[];
}

/** Trains through all phases on some ranks within this process. */
function trainedOn(
  backend: Backend,
  size: number,
  rankStatistics: ConvNetInputs["rankStatistics"],
): Promise<readonly Ended[]> {
  return Promise.all(
    localRanks(size).map(async (ranks) => {
      const inputs = { ...inputsOn(backend), rankStatistics };
      const training = started(size === 1 ? inputs : { ...inputs, ranks });
      const reports: StepReport[] = [];
      for await (const report of training) reports.push(orThrow(report));
      const { parameters, statistics } = orThrow(await training.snapshot());
      training.dispose();
      return { parameters, statistics, reports };
    }),
  );
}

/** The largest difference of two sets of tensors, as a part of the largest number. */
function difference(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
): number {
  return Math.max(
    ...[...a].map(([name, x]) => {
      const most = Math.max(...x.map(Math.abs), 1e-3);
      return largestDifference(b.get(name), x) / most;
    }),
  );
}

await onDevices(
  ["cpu", "onnx"],
  "a residual network on 2, 3 and 4 ranks normalises by the whole batch and takes the steps of one process, across freezes",
  async (backend) => {
    const [one] = await trainedOn(backend, 1, "common");
    ok(one !== undefined);
    for (const size of [2, 3, 4]) {
      const all = await trainedOn(backend, size, "common");
      for (const rank of all) {
        deepStrictEqual(rank.parameters, all[0]?.parameters);
        deepStrictEqual(rank.statistics, all[0]?.statistics);
        const weights = difference(rank.parameters, one.parameters);
        ok(weights < 2e-3, `${size} ranks: weights differ by ${weights}`);
        const running = difference(rank.statistics, one.statistics);
        ok(running < 2e-3, `${size} ranks: statistics differ by ${running}`);
      }
    }
  },
);

await onDevices(
  ["cpu"],
  "ranks that normalise by their own images end alike, but not as one process does",
  async (backend) => {
    const [one] = await trainedOn(backend, 1, "own");
    const [first, second] = await trainedOn(backend, 2, "own");
    ok(one !== undefined && first !== undefined && second !== undefined);
    deepStrictEqual(first.parameters, second.parameters);
    deepStrictEqual(first.statistics, second.statistics);
    ok(difference(first.parameters, one.parameters) > 1e-2);
  },
);
