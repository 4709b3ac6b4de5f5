import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import { applyOp, checkEntries, entry, innerProduct } from "../apply_op.ts";
import { indices, OP_USES, type OpUse, tensor } from "../arbitraries.ts";

for (const op of ["gatherRows", "permuteRows"] as const) {
  Deno.test(`${op} picks row index[b, m] of sample b`, () => {
    const uses: fc.Arbitrary<OpUse<typeof op>> = OP_USES[op];
    fc.assert(fc.property(uses, (use) => {
      const [x, index] = use.inputs;
      const found = applyOp(op, use);
      deepStrictEqual(found.shape, [...index!.shape, ...x!.shape.slice(2)]);
      checkEntries(
        found,
        ([b = 0, m = 0, ...rest]) =>
          entry(x!, [b, entry(index!, [b, m]), ...rest]),
      );
    }));
  });
}

Deno.test("permuteRows by the inverse permutation gives the rows back", () => {
  fc.assert(fc.property(OP_USES.permuteRows, ({ attributes, inputs }) => {
    const [x, index, inverse] = inputs;
    const there = applyOp("permuteRows", { attributes, inputs });
    const back = applyOp("permuteRows", {
      attributes,
      inputs: [there, inverse!, index!],
    });
    deepStrictEqual(back, x);
  }));
});

Deno.test("scatterRows is the adjoint of gatherRows: ⟨scatter(y), x⟩ = ⟨y, gather(x)⟩", () => {
  const uses = fc.tuple(tensor([2, 3, 2]), tensor([2, 4, 2]), indices(2, 4, 3));
  fc.assert(fc.property(uses, ([x, y, index]) => {
    const picked = applyOp("gatherRows", {
      attributes: {},
      inputs: [x, index],
    });
    const added = applyOp("scatterRows", {
      attributes: { rows: 3 },
      inputs: [y, index],
    });
    deepStrictEqual(added.shape, x.shape);
    const [a, b] = [innerProduct(added, x), innerProduct(y, picked)];
    ok(Math.abs(a - b) <= 1e-12, `${a} vs ${b}`);
  }));
});
