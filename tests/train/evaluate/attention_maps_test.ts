import { ok, strictEqual } from "node:assert/strict";
import {
  encode,
  initialParameters,
  interpretGraph,
  modelScope,
  type ModelSpec,
  type Owner,
  parameterSpecs,
  patchCount,
  rootKey,
  traceGraph,
} from "../../../core/mod.ts";
import {
  attentionMaps,
  disposeAll,
  meanOfHeads,
  orThrow,
  uploadEncoder,
} from "../../../train/mod.ts";
import { largestDifference } from "../../numbers.ts";
import { right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { syntheticBatch, TINY_MODEL } from "../tiny_run.ts";

const PARAMETERS = initialParameters(TINY_MODEL, rootKey(5));

const values = (name: string): Float32Array =>
  PARAMETERS.get(name) ?? new Float32Array();

/** Tokens before a block, `[1 + L, D]`, by the interpreter. */
function tokensBefore(
  model: ModelSpec,
  images: Float32Array,
  block: number,
): Float64Array {
  const graph = right(traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const { imageSize: S, inChannels: C } = model;
    const input = g.input("images", [1, C, S, S]);
    const { blocks } = encode(scope, model, input, null, block);
    return { tokens: blocks.at(-1) ?? -1 };
  }));
  const inputs = Object.fromEntries([
    ...parameterSpecs(model).map(({ name }) =>
      [name, Float64Array.from(values(name))] as const
    ),
    ["images", Float64Array.from(images)] as const,
  ]);
  return interpretGraph(graph, inputs)["tokens"] as Float64Array;
}

/** Attention of every token on every token by loops: norm, q·k/√d, softmax. `[H][N][N]`. */
function attentionByHand(
  model: ModelSpec,
  tokens: Float64Array,
  block: number,
): readonly (readonly (readonly number[])[])[] {
  const { embedDim: D, numHeads: H, layerNormEps } = model;
  const N = tokens.length / D;
  const name = `blocks.${block}`;
  const [gain, bias] = [
    values(`${name}.norm1.weight`),
    values(`${name}.norm1.bias`),
  ];
  const [weight, offset] = [
    values(`${name}.attn.qkv.weight`),
    values(`${name}.attn.qkv.bias`),
  ];
  const normed = Array.from({ length: N }, (_, n) => {
    const row = [...tokens.subarray(n * D, (n + 1) * D)];
    const mean = row.reduce((sum, x) => sum + x, 0) / D;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / D;
    return row.map((x, d) =>
      (x - mean) / Math.sqrt(variance + layerNormEps) * (gain[d] ?? NaN) +
      (bias[d] ?? NaN)
    );
  });
  const projected = (row: readonly number[], out: number): number =>
    row.reduce((sum, x, d) => sum + x * (weight[out * D + d] ?? NaN), 0) +
    (offset[out] ?? NaN);
  const width = D / H;
  return Array.from({ length: H }, (_, head) =>
    normed.map((query) => {
      const scores = normed.map((key) => {
        let sum = 0;
        for (let d = head * width; d < (head + 1) * width; d++) {
          sum += projected(query, d) * projected(key, D + d);
        }
        return Math.exp(sum / Math.sqrt(width));
      });
      const total = scores.reduce((sum, x) => sum + x, 0);
      return scores.map((score) => score / total);
    }));
}

const LAST = TINY_MODEL.depth - 1;
const L = patchCount(TINY_MODEL);
const BATCH = syntheticBatch(TINY_MODEL, Int32Array.of(0, 1));
const SIZE = BATCH.images.length / 2;

/** `[H][N][N]` of both images. */
const BY_HAND = [0, 1].map((i) => {
  const image = BATCH.images.subarray(i * SIZE, (i + 1) * SIZE);
  return attentionByHand(
    TINY_MODEL,
    tokensBefore(TINY_MODEL, image, LAST),
    LAST,
  );
});

await onDevices(
  ["reference", "onnx", "wasm", "webgpu"],
  "attentionMaps() are what the last block's queries and keys give by hand",
  async (backend) => {
    const parameters = uploadEncoder(backend, TINY_MODEL, PARAMETERS);
    for (const tokens of ["patches", "classToken"] as const) {
      const found = orThrow(
        await attentionMaps(
          ...[backend, TINY_MODEL, parameters, BATCH.images, tokens] as const,
        ),
      );
      strictEqual(found.grid ** 2, L);
      const wanted = BY_HAND.flatMap((heads) =>
        heads.flatMap((rows) => {
          const asking = tokens === "classToken"
            ? rows.slice(0, 1)
            : rows.slice(1);
          return Array.from({ length: L }, (_, patch) =>
            asking.reduce((sum, row) =>
              sum + (row[1 + patch] ?? NaN), 0) /
            asking.length);
        })
      );
      const error = largestDifference(found.weights, wanted);
      ok(error < 2e-5, `${tokens}: ${error}`);
    }
    disposeAll(parameters.values());
  },
);

Deno.test("meanOfHeads() is the mean over heads, image by image", () => {
  const weights = Float32Array.of(
    1,
    2,
    3,
    4,
    3,
    4,
    5,
    6,
    0,
    0,
    0,
    0,
    8,
    0,
    0,
    8,
  );
  const mean = meanOfHeads({ count: 2, heads: 2, grid: 2, weights });
  strictEqual([...mean].join(), "2,3,4,5,4,0,0,4");
});
