import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import { graphFlops, traceGraph } from "../../../../core/mod.ts";
import { goldenJson, largestDifference } from "../../../golden_files.ts";
import { right } from "../../../right.ts";
import { applyOp, checkEntries, entry, innerProduct } from "../apply_op.ts";
import { OP_USES, type Tensor, tensor } from "../arbitraries.ts";

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Recorded
  extends Readonly<Record<"x" | "w" | "y" | "dy" | "dx" | "dw", Stored>> {
  readonly stride: number;
  readonly padding: number;
}

const { convolutions } = goldenJson("convolution/convolution.json") as {
  readonly convolutions: readonly Recorded[];
};

const tensorOf = ({ shape, values }: Stored): Tensor => ({
  shape,
  dtype: "float32",
  values: Float64Array.from(values),
});

Deno.test("conv2d sums products of kernels with what they meet of an image", () => {
  fc.assert(fc.property(OP_USES.conv2d, (use) => {
    const { attributes: { stride, padding }, inputs: [x, w] } = use;
    const [, , H = 0, W = 0] = x!.shape;
    const [, C = 0, h = 0, l = 0] = w!.shape;
    checkEntries(applyOp("conv2d", use), ([b = 0, o = 0, p = 0, q = 0]) => {
      let sum = 0;
      for (let k = 0; k < C * h * l; k++) {
        const [c, i, j] = [Math.floor(k / h / l), Math.floor(k / l) % h, k % l];
        const [y, z] = [p * stride + i - padding, q * stride + j - padding];
        if (y < 0 || y >= H || z < 0 || z >= W) continue;
        sum += entry(x!, [b, c, y, z]) * entry(w!, [o, c, i, j]);
      }
      return sum;
    });
  }));
});

Deno.test("conv2dInputGrad and conv2dWeightGrad are adjoint to conv2d: one trilinear form", () => {
  const use = OP_USES.conv2d.chain((forward) => {
    const result = applyOp("conv2d", forward);
    return tensor(result.shape).map((dy) => ({ forward, result, dy }));
  });
  fc.assert(fc.property(use, ({ forward, result, dy }) => {
    const { attributes, inputs: [x, w] } = forward;
    const dx = applyOp("conv2dInputGrad", {
      attributes: { ...attributes, image: x!.shape.slice(2) },
      inputs: [dy, w!],
    });
    const dw = applyOp("conv2dWeightGrad", {
      attributes: { ...attributes, kernel: w!.shape.slice(2) },
      inputs: [dy, x!],
    });
    const form = innerProduct(dy, result);
    for (const other of [innerProduct(dx, x!), innerProduct(dw, w!)]) {
      ok(Math.abs(form - other) <= 1e-12 * Math.max(1, Math.abs(form)));
    }
  }));
});

Deno.test("conv2d and its gradients are PyTorch's numbers", () => {
  for (const { stride, padding, ...stored } of convolutions) {
    const [x, w, dy] = [stored.x, stored.w, stored.dy].map(tensorOf) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const moves = { stride, padding };
    const image = { ...moves, image: x.shape.slice(2) };
    const kernel = { ...moves, kernel: w.shape.slice(2) };
    for (
      const [found, wanted] of [
        [applyOp("conv2d", { attributes: moves, inputs: [x, w] }), stored.y],
        [
          applyOp("conv2dInputGrad", { attributes: image, inputs: [dy, w] }),
          stored.dx,
        ],
        [
          applyOp("conv2dWeightGrad", { attributes: kernel, inputs: [dy, x] }),
          stored.dw,
        ],
      ] as const
    ) {
      deepStrictEqual(found.shape, wanted.shape);
      ok(largestDifference(found.values, wanted.values) < 1e-10);
    }
  }
});

Deno.test("conv2d and its gradients each cost 2·B·O·C·h·w for each position of the kernel", () => {
  const moves = { stride: 2, padding: 1 };
  const [image, kernel] = [[8, 6], [3, 2]];
  const graph = right(traceGraph((g) => {
    const x = g.input("x", [2, 3, ...image]);
    const w = g.input("w", [5, 3, ...kernel]);
    const y = g.apply("conv2d", moves, [x, w]);
    return {
      dx: g.apply("conv2dInputGrad", { ...moves, image }, [y, w]),
      dw: g.apply("conv2dWeightGrad", { ...moves, kernel }, [y, x]),
    };
  }));
  const once = 2 * 2 * 5 * 3 * (3 * 2) * (4 * 4);
  deepStrictEqual(graphFlops(graph), 3 * once);
});
