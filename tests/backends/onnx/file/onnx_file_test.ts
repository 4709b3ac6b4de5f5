import * as ort from "onnxruntime-node";
import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { onnxFiles } from "../../../../backends/mod.ts";
import type { OnnxFileSpec } from "../../../../backends/onnx/file/onnx_file.ts";
import { symbolicBatch } from "../../../../backends/onnx/file/symbolic_batch.ts";
import { lowerGraph } from "../../../../backends/onnx/lower/lower_graph.ts";
import {
  type Faults,
  type Graph,
  type NodeId,
  type Result,
  traceGraph,
} from "../../../../core/mod.ts";
import { faultsOf, right } from "../../../right.ts";

/** Tokens after a learned first one, turned and scaled: reshapes and repeats that grow with the batch. */
const graphAt = (batch: number): Result<Faults, Graph> =>
  traceGraph((g) => {
    const x = g.input("x", [batch, 2, 3]);
    const first = g.broadcastTo(g.input("first", [1, 1, 3]), [batch, 1, 3]);
    const tokens = g.concat([first, x], 1);
    const half = (a: NodeId, b: NodeId, by: "transposeA" | "transposeB") =>
      g.matmul(g.scale(a, 0.25), b, { [by]: true });
    const columns = g.transpose(tokens, [0, 2, 1]);
    const products = g.add(
      half(tokens, tokens, "transposeB"),
      half(columns, columns, "transposeA"),
    );
    const rows = g.reshape(products, [batch * 3, 3]);
    return {
      y: g.reshape(g.matmul(rows, g.input("w", [3, 3])), [batch, 3, 3]),
    };
  });

const joined = async (parts: readonly Uint8Array[]) =>
  new Uint8Array(
    await new Blob(parts.map((x) => new Uint8Array(x))).arrayBuffer(),
  );

/** The one file of a graph whose numbers fit into it. */
const onnxFile = (spec: OnnxFileSpec) => {
  const { model, numbers } = right(onnxFiles(spec, "numbers"));
  strictEqual(numbers, null);
  return joined(model);
};

const FIRST = Float32Array.of(1, -1, 2);
const IDENTITY = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);

const PARAMETERS = new Map([
  ["first", { shape: [1, 1, 3], data: FIRST }],
  ["w", { shape: [3, 3], data: IDENTITY }],
]);

/** What the graph says of one sample. */
function wantedOf(x: Float32Array): number[] {
  const rows = [FIRST, x.subarray(0, 3), x.subarray(3, 6)];
  const dot = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  return rows.flatMap((a) => rows.map((b) => 0.5 * dot(a, b)));
}

Deno.test("onnxFiles() computes the graph for any number of samples, under the graph's names", async () => {
  const bytes = await onnxFile({
    ...{ graphAt, parameters: PARAMETERS, batch: "any", input: "x" },
  });
  const session = await ort.InferenceSession.create(bytes);
  deepStrictEqual([session.inputNames, session.outputNames], [["x"], ["y"]]);
  const samples = fc.array(
    fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 6, maxLength: 6 }),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(samples, async (xs) => {
      const data = Float32Array.from(xs.flat());
      const { y } = await session.run({
        x: new ort.Tensor("float32", data, [xs.length, 2, 3]),
      });
      deepStrictEqual([...y!.dims], [xs.length, 3, 3]);
      deepStrictEqual(
        [...y!.data as Float32Array],
        xs.flatMap((x) => wantedOf(Float32Array.from(x))),
      );
    }),
    { numRuns: 20 },
  );
  await session.release();
});

Deno.test("onnxFiles() with numbers in a second file compute the same", async () => {
  const spec = {
    graphAt,
    parameters: PARAMETERS,
    batch: 1,
    input: "x",
  } as const;
  const { model, numbers } = right(onnxFiles(spec, "numbers", 10));
  const folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/model.onnx`, await joined(model));
  await Deno.writeFile(`${folder}/numbers`, await joined(numbers ?? []));
  strictEqual((await Deno.stat(`${folder}/numbers`)).size, 4 * (3 + 9));
  const session = await ort.InferenceSession.create(`${folder}/model.onnx`);
  const x = Float32Array.of(3, 1, 4, 1, 5, 9);
  const { y } = await session.run({
    x: new ort.Tensor("float32", x, [1, 2, 3]),
  });
  deepStrictEqual([...y!.data as Float32Array], wantedOf(x));
  await session.release();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("onnxFiles() of a fixed number of samples takes that number only", async () => {
  const bytes = await onnxFile({
    ...{ graphAt, parameters: PARAMETERS, batch: 2, input: "x" },
  });
  const session = await ort.InferenceSession.create(bytes);
  const run = (count: number) =>
    session.run({
      x: new ort.Tensor("float32", new Float32Array(count * 6), [count, 2, 3]),
    });
  deepStrictEqual([...(await run(2)).y!.dims], [2, 3, 3]);
  strictEqual(await run(3).then(() => "ran", () => "refused"), "refused");
  await session.release();
});

Deno.test("onnxFiles() refuses parameters of other extents", () => {
  const parameters = new Map(PARAMETERS).set("w", {
    shape: [9],
    data: IDENTITY,
  });
  deepStrictEqual(
    faultsOf(
      onnxFiles({ graphAt, parameters, batch: "any", input: "x" }, "numbers"),
    ),
    ["w: found [9], wanted extents [3, 3]"],
  );
});

Deno.test("onnxFiles() refuses a batch that cannot be left open, and says why", () => {
  const uneven = (batch: number) =>
    traceGraph((g) => ({ y: g.scale(g.input("x", [batch]), 1 / batch) }));
  const [fault = ""] = faultsOf(
    onnxFiles({
      ...{ graphAt: uneven, parameters: new Map(), batch: "any", input: "x" },
    }, "numbers"),
  );
  ok(
    /^batch: found "any", wanted a number of samples: constant_\d+ does not grow evenly/
      .test(fault),
    fault,
  );
});

Deno.test("symbolicBatch() refuses models with other calls", () => {
  const found = symbolicBatch((batch) => {
    const graph = traceGraph((g) => {
      const x = g.input("x", [batch, 2]);
      return { y: batch > 20000 ? g.add(x, x) : g.multiply(x, x) };
    });
    return lowerGraph("plain", right(graph)).model;
  }, "x");
  deepStrictEqual(found, {
    _tag: "Left",
    left: "another batch has other calls",
  });
});
