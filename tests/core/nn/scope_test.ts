import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { inputSignatures, modelScope, traceGraph } from "../../../core/mod.ts";
import { recorded } from "../../../core/nn/scope.ts";
import { linear } from "../../../core/nn/layers.ts";
import { faultsOf, right } from "../../right.ts";

const ZEROS = { _tag: "Zeros" } as const;

Deno.test("recorded() lists what a forward pass declares, in its order and with its owners", () => {
  const { parameters, statistics } = recorded<string>((scope) => {
    const x = scope.g.input("x", [2, 3]);
    const hidden = linear(scope.of("first"), "fc1", x, 4);
    scope.of("between").statistic("mean", [4], ZEROS);
    linear(scope.of("second"), "fc2", hidden, 1, { shape: [1, 4, 1, 1] });
  });
  deepStrictEqual(
    parameters.map(({ name, shape, owner }) => [name, shape, owner]),
    [
      ["fc1.weight", [4, 3], "first"],
      ["fc1.bias", [4], "first"],
      ["fc2.weight", [1, 4, 1, 1], "second"],
      ["fc2.bias", [1], "second"],
    ],
  );
  deepStrictEqual(statistics.map(({ name }) => name), ["mean"]);
});

Deno.test("modelScope() makes an input of a parameter once, however often it is used", () => {
  const graph = right(traceGraph((g) => {
    const { parameter } = modelScope<null>(g).of(null);
    const [a, b] = [0, 1].map(() => parameter("w", [2], ZEROS));
    return { y: g.add(a!, b!) };
  }));
  deepStrictEqual(Object.keys(inputSignatures(graph)), ["w"]);
});

Deno.test("modelScope() refuses a second declaration that differs in shape, start, owner or kind", () => {
  const faultOf = (
    again: (scope: ReturnType<typeof modelScope<string>>) => number,
  ) =>
    faultsOf(traceGraph((g) => {
      const scope = modelScope<string>(g);
      scope.of("a").parameter("w", [2], ZEROS);
      return { y: again(scope) };
    }));
  const ones = { _tag: "Ones" } as const;
  const earlier =
    'one of the parameters of "a" that starts as {"_tag":"Zeros"}, as declared before';
  deepStrictEqual(
    faultOf((scope) => scope.of("a").parameter("w", [3], ZEROS)),
    ['input w: found "float32 [3]", wanted float32 [2] as declared before'],
  );
  for (
    const again of [
      (scope) => scope.of("a").parameter("w", [2], ones),
      (scope) => scope.of("b").parameter("w", [2], ZEROS),
      (scope) => scope.of("a").statistic("w", [2], ZEROS),
    ] as Parameters<typeof faultOf>[0][]
  ) {
    const [fault = "", ...others] = faultOf(again);
    strictEqual(others.length, 0);
    strictEqual(fault.endsWith(`wanted ${earlier}`), true, fault);
  }
});

Deno.test("modelScope() gives gradients of what is trained only, in the order of the parameters", () => {
  const graph = right(traceGraph((g) => {
    const scope = modelScope<number>(g);
    const x = g.input("x", [1, 2]);
    const loss = g.sumTo(
      linear(scope.of(1), "b", linear(scope.of(0), "a", x, 2), 1),
      [],
    );
    return scope.gradients(loss, ({ owner }) => owner === 1);
  }));
  deepStrictEqual(Object.keys(graph.outputs), [
    "gradient/b.weight",
    "gradient/b.bias",
  ]);
});
