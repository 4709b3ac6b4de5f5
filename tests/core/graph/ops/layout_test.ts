import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import { sizeOf } from "../../../../core/mod.ts";
import { applyOp, checkEntries, entry, innerProduct } from "../apply_op.ts";
import { broadcastPair, OP_USES, tensor } from "../arbitraries.ts";

const replaced = (
  index: readonly number[],
  axis: number,
  value: number,
): readonly number[] => index.map((old, i) => i === axis ? value : old);

Deno.test("reshape keeps the numbers in row-major order", () => {
  fc.assert(fc.property(OP_USES.reshape, (use) => {
    const { shape, values } = applyOp("reshape", use);
    deepStrictEqual(shape, use.attributes.shape);
    deepStrictEqual(values, use.inputs[0]!.values);
  }));
});

Deno.test("transpose puts input axis permutation[i] at output axis i", () => {
  fc.assert(fc.property(OP_USES.transpose, (use) => {
    const { attributes: { permutation }, inputs: [x] } = use;
    const found = applyOp("transpose", use);
    deepStrictEqual(found.shape, permutation.map((axis) => x!.shape[axis]));
    checkEntries(found, (index) => {
      const source = Array<number>(index.length).fill(0);
      permutation.forEach((axis, i) => source[axis] = index[i]!);
      return entry(x!, source);
    });
  }));
});

Deno.test("slice reads from its start on", () => {
  fc.assert(fc.property(OP_USES.slice, (use) => {
    const { attributes: { axis, start, size }, inputs: [x] } = use;
    const found = applyOp("slice", use);
    deepStrictEqual(found.shape, replaced(x!.shape, axis, size));
    checkEntries(
      found,
      (index) => entry(x!, replaced(index, axis, index[axis]! + start)),
    );
  }));
});

Deno.test("pad puts zeros before and after", () => {
  fc.assert(fc.property(OP_USES.pad, (use) => {
    const { attributes: { axis, before, after }, inputs: [x] } = use;
    const extent = x!.shape[axis]!;
    const found = applyOp("pad", use);
    deepStrictEqual(
      found.shape,
      replaced(x!.shape, axis, before + extent + after),
    );
    checkEntries(found, (index) => {
      const from = index[axis]! - before;
      return from >= 0 && from < extent
        ? entry(x!, replaced(index, axis, from))
        : 0;
    });
  }));
});

Deno.test("concat lays its inputs one behind the other", () => {
  fc.assert(fc.property(OP_USES.concat, (use) => {
    const { attributes: { axis }, inputs } = use;
    const sources = inputs.flatMap((x) =>
      Array.from({ length: x.shape[axis]! }, (_, i) => ({ x, i }))
    );
    const found = applyOp("concat", use);
    deepStrictEqual(
      found.shape,
      replaced(inputs[0]!.shape, axis, sources.length),
    );
    checkEntries(found, (index) => {
      const { x, i } = sources[index[axis]!]!;
      return entry(x, replaced(index, axis, i));
    });
  }));
});

Deno.test("broadcastTo repeats extents of 1 and missing leading axes", () => {
  fc.assert(fc.property(OP_USES.broadcastTo, (use) => {
    const found = applyOp("broadcastTo", use);
    deepStrictEqual(found.shape, use.attributes.shape);
    checkEntries(found, (index) => entry(use.inputs[0]!, index));
  }));
});

Deno.test("sumTo is the adjoint of broadcastTo: ⟨sumTo(x), y⟩ = ⟨x, broadcastTo(y)⟩", () => {
  const pairs = broadcastPair.chain(({ to, from }) =>
    fc.tuple(tensor(to), tensor(from))
  );
  fc.assert(fc.property(pairs, ([x, y]) => {
    const sum = applyOp("sumTo", {
      attributes: { shape: y.shape },
      inputs: [x],
    });
    const repeated = applyOp("broadcastTo", {
      attributes: { shape: x.shape },
      inputs: [y],
    });
    deepStrictEqual(sum.shape, y.shape);
    const [a, b] = [innerProduct(sum, y), innerProduct(x, repeated)];
    ok(Math.abs(a - b) <= 1e-12 * sizeOf(x.shape) * 4, `${a} vs ${b}`);
  }));
});
