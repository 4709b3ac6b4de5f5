import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  left,
  patchCount,
  type Result,
  right as success,
} from "../../../core/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import {
  allTaps,
  disposeAll,
  encoderFeatures,
  type FeatureSpec,
} from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import { syntheticBatch, TINY_MODEL, trained } from "../tiny_run.ts";
import { fiveImages, tokensOf, uploaded } from "./tapped_tokens.ts";

/** Mean of rows, by hand. */
function meanRow(tokens: Float64Array, from: number, to: number): number[] {
  const width = TINY_MODEL.embedDim;
  return Array.from({ length: width }, (_, d) => {
    let sum = 0;
    for (let row = from; row < to; row++) sum += tokens[row * width + d] ?? NaN;
    return sum / (to - from);
  });
}

const CASES: readonly (readonly [FeatureSpec, number, number])[] = [
  [allTaps(TINY_MODEL), 1, 1 + patchCount(TINY_MODEL)],
  [{ tokens: "patches", stages: [3] }, 1, 1 + patchCount(TINY_MODEL)],
  [{ tokens: "classToken", stages: [1, 3] }, 0, 1],
];

for (const [feature, from, to] of CASES) {
  await onDevices(
    ["reference", "cpu", "wasm", "webgpu", "onnx"],
    `encoderFeatures() pools the ${feature.tokens} of taps ${feature.stages}, also of a smaller last batch`,
    async (backend) => {
      const before = backend.liveTensors();
      const parameters = uploaded(backend);
      const [found] = trained(
        await encoderFeatures(
          backend,
          TINY_MODEL,
          [parameters],
          fiveImages(),
          2,
          feature,
        ),
      );
      disposeAll(parameters.values());
      strictEqual(backend.liveTensors(), before);
      strictEqual(found!.width, 8 * feature.stages.length);
      deepStrictEqual([...found!.labels], [0, 1, 2, 0, 1]);
      const wanted = [0, 1, 2, 3, 4].flatMap((index) => {
        const taps = tokensOf(index);
        return feature.stages.flatMap((stage) =>
          meanRow(taps[stage] ?? new Float64Array(), from, to)
        );
      });
      strictEqual(found!.features.length, wanted.length);
      found!.features.forEach((value, i) =>
        ok(Math.abs(value - (wanted[i] ?? NaN)) < 1e-5, `number ${i}`)
      );
    },
  );
}

await onDevices(
  ["cpu"],
  "encoderFeatures() labels images without a class −1 and passes an unreadable one on",
  async (backend) => {
    const parameters = uploaded(backend);
    const error: DataError = {
      _tag: "BadImage",
      image: "cat.jpg",
      reason: "it is empty",
    };
    const of = (batches: AsyncIterable<Result<DataError, Batch>>) =>
      encoderFeatures(backend, TINY_MODEL, [parameters], batches, 2);
    const unlabelled = async function* () {
      const batch = syntheticBatch(TINY_MODEL, Int32Array.of(0, 1));
      yield await Promise.resolve(success(batch));
    };
    deepStrictEqual([...trained(await of(unlabelled()))[0]!.labels], [-1, -1]);
    const alive = backend.liveTensors();
    const broken = async function* () {
      yield* unlabelled();
      yield left(error);
    };
    deepStrictEqual(
      await of(broken()),
      left({ _tag: "DataFailed", error }),
    );
    strictEqual(backend.liveTensors(), alive);
    disposeAll(parameters.values());
  },
);
