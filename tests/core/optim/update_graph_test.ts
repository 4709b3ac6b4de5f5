import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type AdamWConfig,
  corrections,
  gradientName,
  interpretGraph,
  type OptimizerConfig,
  stateKinds,
  stateName,
  updateGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import type { SgdConfig } from "../../../core/optim/optimizer_config.ts";
import { between, optimizerConfig } from "../../arbitraries.ts";
import { right } from "../../right.ts";
import { numbers } from "../graph/arbitraries.ts";

/** One number that an optimizer moves, and its state. */
interface Moved {
  readonly p: number;
  readonly state: readonly number[];
}

/** AdamW as in the documentation of `torch.optim.AdamW`, one number at a time. */
function adamw(
  { beta1, beta2, epsilon, weightDecay }: AdamWConfig,
  { p, state: [m = 0, v = 0] }: Moved,
  gradient: number,
  rate: number,
  t: number,
): Moved {
  const decayed = p - rate * weightDecay * p;
  const mean = beta1 * m + (1 - beta1) * gradient;
  const square = beta2 * v + (1 - beta2) * gradient * gradient;
  const unbiasedMean = mean / (1 - Math.pow(beta1, t));
  const unbiasedSquare = square / (1 - Math.pow(beta2, t));
  return {
    p: decayed - rate * unbiasedMean / (Math.sqrt(unbiasedSquare) + epsilon),
    state: [mean, square],
  };
}

/** SGD as in the documentation of `torch.optim.SGD` with `nesterov=True`, one number at a time. */
function sgd(
  { momentum, weightDecay }: SgdConfig,
  { p, state: [buffer = 0] }: Moved,
  gradient: number,
  rate: number,
): Moved {
  const direction = gradient + weightDecay * p;
  const moved = momentum * buffer + direction;
  return {
    p: p - rate * (direction + momentum * moved),
    state: [moved],
  };
}

const expected = (
  rule: OptimizerConfig,
  moved: Moved,
  gradient: number,
  rate: number,
  t: number,
): Moved =>
  rule._tag === "AdamW"
    ? adamw(rule, moved, gradient, rate, t)
    : sgd(rule, moved, gradient, rate);

const SHAPE = [2, 3];
const six = numbers(6);

const runs = fc.record({
  rule: optimizerConfig,
  decayed: fc.boolean(),
  start: six,
  steps: fc.array(fc.record({ gradient: six, rate: between(0, 0.1) }), {
    minLength: 1,
    maxLength: 5,
  }),
});

/** Inputs of the first step: no moments yet. */
const initialState = (rule: OptimizerConfig): NamedValues =>
  Object.fromEntries(
    stateKinds(rule).map((kind) => [stateName(kind, "w"), new Float64Array(6)]),
  );

Deno.test("updateGraph() moves every number as PyTorch's documentation says, step after step", () => {
  fc.assert(fc.property(runs, ({ rule, decayed, start, steps }) => {
    const updated = { name: "w", shape: SHAPE, decayed, rate: "rate" };
    const graph = right(updateGraph(rule, [updated]));
    const plainRule = decayed ? rule : { ...rule, weightDecay: 0 };
    let found: NamedValues = { w: start, ...initialState(rule) };
    let wanted = Array.from(start, (p): Moved => ({ p, state: [] }));
    steps.forEach(({ gradient, rate }, i) => {
      const scalars = { rate, ...corrections(rule, i + 1) };
      found = interpretGraph(graph, {
        ...found,
        [gradientName("w")]: gradient,
        ...Object.fromEntries(
          Object.entries(scalars).map((
            [name, value],
          ) => [name, Float64Array.of(value)]),
        ),
      });
      wanted = wanted.map((moved, k) =>
        expected(plainRule, moved, gradient[k]!, rate, i + 1)
      );
    });
    const names = ["w", ...stateKinds(rule).map((k) => stateName(k, "w"))];
    deepStrictEqual(Object.keys(found).toSorted(), names.toSorted());
    wanted.forEach(({ p, state }, k) =>
      [p, ...state].forEach((value, j) => {
        const own = found[names[j]!]![k]!;
        ok(
          Math.abs(own - value) <= 1e-9 * Math.max(1, Math.abs(value)),
          `${names[j]}[${k}]: ${own} vs ${value}`,
        );
      })
    );
  }));
});

Deno.test("updateGraph() gives each parameter its own rate", () => {
  fc.assert(fc.property(optimizerConfig, (rule) => {
    const names = ["still", "moving"];
    const graph = right(updateGraph(
      rule,
      names.map((name) => ({
        name,
        shape: [1],
        decayed: true,
        rate: name[0]!,
      })),
    ));
    const inputs: NamedValues = {
      ...Object.fromEntries(
        names.flatMap((name) => [
          [name, Float64Array.of(1)],
          [gradientName(name), Float64Array.of(1)],
          ...stateKinds(rule).map((
            kind,
          ) => [stateName(kind, name), Float64Array.of(0)]),
        ]),
      ),
      ...Object.fromEntries(
        Object.entries({ s: 0, m: 0.1, ...corrections(rule, 1) })
          .map(([name, value]) => [name, Float64Array.of(value)]),
      ),
    };
    const { still, moving } = interpretGraph(graph, inputs);
    deepStrictEqual(still, Float64Array.of(1));
    ok(moving![0]! < 1);
  }));
});

Deno.test("updateGraph() has nothing of a parameter that does not move", () => {
  fc.assert(fc.property(optimizerConfig, (rule) => {
    const graph = right(updateGraph(rule, []));
    deepStrictEqual(graph, { nodes: [], outputs: {} });
  }));
});

Deno.test("corrections() are those of a mean that started at 0: a constant gradient is its own mean", () => {
  const rule: AdamWConfig = {
    _tag: "AdamW",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
  };
  let mean = 0;
  for (let t = 1; t <= 20; t++) {
    mean = rule.beta1 * mean + (1 - rule.beta1) * 3;
    const { correction1 = NaN } = corrections(rule, t);
    ok(Math.abs(mean / correction1 - 3) < 1e-12);
  }
});

Deno.test("corrections() are none for SGD", () => {
  deepStrictEqual(
    corrections({ _tag: "Sgd", momentum: 0.9, weightDecay: 0 }, 1),
    {},
  );
});

Deno.test("updateGraph() keeps no state below the normal numbers, however long a gradient stays 0", () => {
  const name = "w";
  for (
    const rule of [
      {
        _tag: "AdamW",
        beta1: 0.9,
        beta2: 0.95,
        epsilon: 1e-8,
        weightDecay: 0.05,
      },
      { _tag: "Sgd", momentum: 0.9, weightDecay: 0 },
    ] satisfies readonly OptimizerConfig[]
  ) {
    const graph = right(
      updateGraph(rule, [{ name, shape: [2], decayed: true, rate: "rate" }]),
    );
    const kinds = stateKinds(rule);
    let state: NamedValues = {
      [name]: Float64Array.of(1, 1),
      ...Object.fromEntries(
        kinds.map((kind) => [stateName(kind, name), Float64Array.of(1, -0)]),
      ),
    };
    for (let step = 0; step < 2000; step++) {
      const inputs = {
        ...state,
        [gradientName(name)]: Float64Array.of(0, 0),
        rate: Float64Array.of(1e-3),
        ...Object.fromEntries(
          Object.entries(corrections(rule, step + 1))
            .map(([key, value]) => [key, Float64Array.of(value)]),
        ),
      };
      state = interpretGraph(graph, inputs);
      kinds.forEach((kind) =>
        state[stateName(kind, name)]!.forEach((v) =>
          ok(v === 0 || Math.abs(v) > 2 ** -126, `${kind} ${v}`)
        )
      );
    }
    kinds.forEach((kind) => ok(state[stateName(kind, name)]![0] === 0, kind));
  }
});
