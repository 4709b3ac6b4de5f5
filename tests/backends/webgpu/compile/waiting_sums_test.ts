/** Products in parts: their planes wait, and are added up where they are read or together. */
import { ok } from "node:assert/strict";
import { compileGraph } from "../../../../backends/webgpu/compile/compile_graph.ts";
import { interpretGraph } from "../../../../core/mod.ts";
import { LEAST_LIMITS, runCalls, testDevice } from "../run_calls.ts";
import {
  type Build,
  callNames,
  checkBindings,
  compare,
  exactOf,
  graphOf,
  numbersFor,
} from "./compiled.ts";

const device = await testDevice();

/** Registers a test of a graph whose products all are computed in parts. */
function partsTest(
  name: string,
  build: Build,
  check: (names: readonly string[]) => boolean,
): void {
  Deno.test({
    name: device === null ? `${name} [skipped: no adapter]` : name,
    ignore: device === null,
    fn: async () => {
      const graph = graphOf(build);
      const list = compileGraph(graph, {
        limits: LEAST_LIMITS,
        choose: () => ({ split: 3 }),
      });
      checkBindings(list);
      ok(check(callNames(list)), callNames(list).join("; "));
      const numbers = numbersFor(graph, {});
      const given = new Map<number, ArrayLike<number>>();
      list.values.forEach(({ place }, id) => {
        if (place._tag === "Input") given.set(id, numbers[place.name]!.data);
        if (place._tag === "Constant") given.set(id, place.values);
      });
      const found = await runCalls(
        device!,
        list.values,
        list.calls,
        given,
        Object.values(list.outputs),
      );
      const wanted = interpretGraph(graph, exactOf(numbers));
      Object.keys(list.outputs).forEach((output, i) =>
        compare(output, found[i]!, wanted[output]!, 1e-5)
      );
    },
  });
}

const isAddedUp = (names: readonly string[]) =>
  names.some((name) => /^(add up|sum) /.test(name));

const EPSILON = { epsilon: 1e-3 };

for (const width of [12, 7]) {
  const dyOf: (g: Parameters<Build>[0]) => number = (g) =>
    g.matmul(g.input("a", [6, 40]), g.input("b", [40, width]));

  partsTest(
    `a norm's gradient is added up where it is read, ${width}`,
    (g) => {
      const [dy, x] = [dyOf(g), g.input("x", [6, width])];
      return {
        dx: g.apply("layerNormGrad", EPSILON, [
          dy,
          x,
          g.input("gain", [width]),
        ]),
        gain: g.apply("layerNormScaleGrad", EPSILON, [dy, x]),
        bias: g.sumTo(dy, [width]),
      };
    },
    (names) =>
      names.findIndex((name) => name.startsWith("layerNormGrad")) === 1,
  );

  partsTest(
    `a norm's gradient that is read twice is added up before, ${width}`,
    (g) => {
      const [dy, x] = [dyOf(g), g.input("x", [6, width])];
      return {
        dx: g.apply("layerNormGrad", EPSILON, [
          dy,
          x,
          g.input("gain", [width]),
        ]),
        gain: g.apply("layerNormScaleGrad", EPSILON, [dy, x]),
        dy,
      };
    },
    isAddedUp,
  );

  partsTest(`a product in parts with a bias and GELU, ${width}`, (g) => {
    const y = g.add(dyOf(g), g.input("bias", [width]));
    return { y, z: g.apply("gelu", {}, [y]) };
  }, isAddedUp);

  partsTest(`a product in parts that goes on transposed, ${width}`, (g) => {
    const y = g.transpose(dyOf(g), [1, 0]);
    return { y, z: g.matmul(y, g.input("c", [6, 5])) };
  }, isAddedUp);

  partsTest(`weights and biases in parts, ${width}`, (g) => {
    const [dy, x] = [g.input("dy", [40, width]), g.input("x", [40, 10])];
    const weight = g.matmul(dy, x, { transposeA: true });
    const other = g.matmul(x, x, { transposeA: true });
    const squares = [weight, other].map((id) =>
      g.reshape(g.sumTo(g.apply("square", {}, [id]), []), [1])
    );
    const bias = g.sumTo(dy, [width]);
    return { weight, bias, other, squares: g.concat(squares, 0) };
  }, isAddedUp);

  partsTest(
    `a residual in parts is added up by the norm that reads it, and kept, ${width}`,
    (g) => {
      const [bias, before] = [
        g.input("bias", [width]),
        g.input("r", [6, width]),
      ];
      const x = g.add(before, g.add(dyOf(g), bias));
      const [gain, offset] = [g.input("gain", [width]), g.input("o", [width])];
      const normed = g.apply("layerNorm", EPSILON, [x, gain, offset]);
      return {
        normed,
        after: g.add(x, g.matmul(normed, g.input("c", [width, width]))),
      };
    },
    (names) => isAddedUp(names.slice(0, 2)) === (width === 7),
  );

  partsTest(`a product in parts is an operand of the next, ${width}`, (g) => {
    const y = g.matmul(dyOf(g), g.input("c", [width, 9]));
    return { y: g.scale(y, 0.2) };
  }, isAddedUp);
}
