import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  biasIntoGemm,
  int8Products,
} from "../../../../backends/onnx/fuse/fusions.ts";
import { rewrite } from "../../../../backends/onnx/fuse/fused_graph.ts";
import {
  type Int8Form,
  int8Matrix,
} from "../../../../backends/onnx/fuse/int8_matrix.ts";
import {
  type GraphBuilder,
  type NodeId,
  traceGraph,
} from "../../../../core/mod.ts";
import { right } from "../../../right.ts";

Deno.test("int8Matrix() is off by at most half a unit of each column, and transposed, in both forms", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Int8Form>("signed", "unsigned"),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.float({ noNaN: true, min: -4, max: 4 })),
      (form, columns, rows, numbers) => {
        const weight = Float32Array.from(
          { length: rows * columns },
          () => numbers.next().value ?? 0,
        );
        const matrix = int8Matrix(weight, columns, rows, form);
        weight.forEach((w, i) => {
          const [n, k] = [Math.floor(i / rows), i % rows];
          const [q, scale] = [
            matrix.values[k * columns + n]! - matrix.zero,
            matrix.scales[n]!,
          ];
          ok(Math.abs(q) <= 127);
          ok(
            Math.abs(w - q * scale) <= 0.5001 * scale,
            `${w} by ${q}·${scale}`,
          );
        });
      },
    ),
  );
});

Deno.test("int8Matrix() of zeros is zero", () => {
  const { values, scales } = int8Matrix(new Float32Array(6), 2, 3);
  deepStrictEqual([...values], [0, 0, 0, 0, 0, 0]);
  ok(scales.every((scale) => scale > 0));
});

const WEIGHTS = new Map([["w", int8Matrix(new Float32Array(15), 5, 3)]]);

const opsOf = (
  build: (g: GraphBuilder) => Readonly<Record<string, NodeId>>,
): readonly string[] =>
  rewrite(right(traceGraph(build)), [biasIntoGemm, int8Products(WEIGHTS)])
    .nodes.map(({ op }) => op);

const product = (g: GraphBuilder, weight = "w"): NodeId =>
  g.matmul(g.input("a", [4, 3]), g.input(weight, [5, 3]), { transposeB: true });

Deno.test("int8Products() takes over products of rows with known matrices, with and without a bias", () => {
  deepStrictEqual(opsOf((g) => ({ y: product(g) })), ["input", "int8Gemm"]);
  deepStrictEqual(
    opsOf((g) => ({ y: g.add(product(g), g.input("c", [5])) })),
    ["input", "input", "int8Gemm"],
  );
});

Deno.test("int8Products() leaves other matrices, other ways round and other sums", () => {
  const others: readonly ((g: GraphBuilder) => NodeId)[] = [
    (g) => product(g, "v"),
    (g) => g.matmul(g.input("a", [4, 5]), g.input("w", [5, 3])),
    (g) => g.add(product(g), g.input("c", [4, 5])),
    (g) =>
      g.matmul(g.input("w", [5, 3]), g.input("a", [4, 3]), {
        transposeB: true,
      }),
  ];
  for (const build of others) {
    strictEqual(opsOf((g) => ({ y: build(g) })).includes("int8Gemm"), false);
  }
});
