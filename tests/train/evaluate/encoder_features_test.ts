import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  encode,
  featureWidth,
  initialParameters,
  interpretGraph,
  left,
  modelScope,
  type Owner,
  parameterSpecs,
  patchCount,
  type Result,
  right as success,
  rootKey,
  tapNorm,
  traceGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import type { Backend, DeviceTensors } from "../../../backends/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import {
  allTaps,
  disposeAll,
  encoderFeatures,
  type FeatureSpec,
  uploadAll,
} from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { syntheticBatch, TINY_MODEL, trained } from "../tiny_run.ts";

const PARAMETERS = initialParameters(TINY_MODEL, rootKey(3));

const uploaded = (backend: Backend): DeviceTensors =>
  uploadAll(
    backend,
    Object.fromEntries(
      parameterSpecs(TINY_MODEL).map(({ name, shape }) => [
        name,
        { shape, data: PARAMETERS.get(name) ?? new Float32Array() },
      ]),
    ),
  );

/** Five labelled images, two at a time: the last batch has one. */
async function* fiveImages(): AsyncGenerator<Result<DataError, Batch>> {
  for (const indices of [[0, 1], [2, 3], [4]]) {
    const batch = syntheticBatch(TINY_MODEL, Int32Array.from(indices));
    const labels = Int32Array.from(indices, (index) => index % 3);
    yield await Promise.resolve(success({ ...batch, labels }));
  }
}

/** Each tap after its norm, `[1 + L, D]`, of one image by the interpreter. */
function tokensOf(index: number): readonly Float64Array[] {
  const graph = right(traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const images = g.input("images", [1, 1, 16, 16]);
    const { blocks } = encode(scope, TINY_MODEL, images, null, 4);
    return Object.fromEntries(
      blocks.map((tapped, k) => [
        `${k}`,
        tapNorm(scope, TINY_MODEL, k, tapped),
      ]),
    );
  }));
  const { images } = syntheticBatch(TINY_MODEL, Int32Array.of(index));
  const inputs: NamedValues = Object.fromEntries(
    [...PARAMETERS, ["images", images] as const].map(
      ([name, data]) => [name, Float64Array.from(data)],
    ),
  );
  return Object.values(interpretGraph(graph, inputs)) as Float64Array[];
}

/** Mean of rows, by hand. */
function meanRow(tokens: Float64Array, rows: readonly number[]): number[] {
  const width = TINY_MODEL.embedDim;
  return Array.from(
    { length: width },
    (_, d) =>
      rows.reduce((sum, row) => sum + (tokens[row * width + d] ?? NaN), 0) /
      rows.length,
  );
}

const ALL = Array.from({ length: patchCount(TINY_MODEL) }, (_, i) => 1 + i);

/** Rows of the patches in a rectangle of the grid of 4 × 4; the class token is row 0. */
const rectangle = (rows: readonly number[], columns: readonly number[]) =>
  rows.flatMap((y) => columns.map((x) => 1 + 4 * y + x));

const rectangles = (spans: readonly (readonly number[])[]) =>
  spans.flatMap((rows) => spans.map((columns) => rectangle(rows, columns)));

/** Features, and the rows that each of their means is of. */
const CASES:
  readonly (readonly [FeatureSpec, readonly (readonly number[])[]])[] = [
    [allTaps(TINY_MODEL), [ALL]],
    [{ tokens: "patches", stages: [3] }, [ALL]],
    [{ tokens: "classToken", stages: [1, 3] }, [[0]]],
    [
      { tokens: "patches", stages: [3], regions: 2 },
      rectangles([[0, 1], [2, 3]]),
    ],
    // Where regions do not divide the grid they overlap, as in adaptive pooling.
    [
      { tokens: "patches", stages: [1, 3], regions: 3 },
      rectangles([[0, 1], [1, 2], [2, 3]]),
    ],
  ];

for (const [feature, groups] of CASES) {
  await onDevices(
    ["reference", "cpu", "wasm", "webgpu", "onnx"],
    `encoderFeatures() pools the ${feature.tokens} of taps ${feature.stages} in ${
      feature.regions ?? 1
    } regions a side, also of a smaller last batch`,
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
      strictEqual(found!.width, 8 * feature.stages.length * groups.length);
      strictEqual(found!.width, featureWidth(TINY_MODEL, feature));
      deepStrictEqual([...found!.labels], [0, 1, 2, 0, 1]);
      const wanted = [0, 1, 2, 3, 4].flatMap((index) => {
        const taps = tokensOf(index);
        return feature.stages.flatMap((stage) =>
          groups.flatMap((rows) =>
            meanRow(taps[stage] ?? new Float64Array(), rows)
          )
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
