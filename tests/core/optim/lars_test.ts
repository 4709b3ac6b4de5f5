import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { interpretGraph, updateGraph } from "../../../core/mod.ts";
import type { LarsConfig } from "../../../core/optim/lars.ts";
import { right } from "../../right.ts";
import { type LarsState, larsStep } from "./lars_step.ts";
import { numbers } from "../graph/arbitraries.ts";
import {
  goldenTensors,
  largestDifference,
  numbersOf,
} from "../../golden_files.ts";

const OPTIONS = { momentum: 0.9, weightDecay: 0.01, trust: 0.001 };

Deno.test("larsStep() takes the three steps of the reference", () => {
  const golden = goldenTensors("lars.safetensors");
  for (const [name, isMatrix] of [["w", true], ["b", false]] as const) {
    const at = (key: string) => numbersOf(golden, key);
    let state: LarsState = {
      parameter: at(`${name}0`),
      momentum: new Float64Array(at(`${name}0`).length),
    };
    for (const step of [0, 1, 2]) {
      state = larsStep(OPTIONS, state, at(`g${name}${step}`), 0.5, isMatrix);
      const error = largestDifference(
        state.parameter,
        at(`${name}${step + 1}`),
      );
      ok(error < 1e-6, `${name} is off by ${error} after step ${step}`);
    }
  }
});

Deno.test("larsStep() does not scale where the parameter or its gradient is 0", () => {
  const zero = {
    parameter: new Float64Array(2),
    momentum: new Float64Array(2),
  };
  const moved = larsStep(OPTIONS, zero, Float64Array.of(1, -2), 0.5, true);
  strictEqual(String(moved.parameter), "-0.5,1");
  const still = larsStep(
    { ...OPTIONS, weightDecay: 0 },
    { ...zero, parameter: Float64Array.of(3, 4) },
    new Float64Array(2),
    0.5,
    true,
  );
  strictEqual(String(still.parameter), "3,4");
});

const RULE: LarsConfig = { _tag: "Lars", ...OPTIONS };

/** A step of the graph of one parameter `p`. */
const stepOf = (shape: readonly number[]) =>
  right(updateGraph(RULE, [{ name: "p", shape, decayed: true, rate: "rate" }]));

Deno.test("updateGraph() of LARS takes the three steps of the reference", () => {
  const golden = goldenTensors("lars.safetensors");
  for (const [name, shape] of [["w", [4, 6]], ["b", [4]]] as const) {
    const at = (key: string) => numbersOf(golden, key);
    let p: Float64Array = at(`${name}0`);
    let buffer: Float64Array = new Float64Array(p.length);
    for (const step of [0, 1, 2]) {
      const moved = interpretGraph(stepOf(shape), {
        p,
        "momentum_buffer/p": buffer,
        "gradient/p": at(`g${name}${step}`),
        rate: Float64Array.of(0.5),
      });
      [p, buffer] = [moved["p"]!, moved["momentum_buffer/p"]!];
      const error = largestDifference(p, at(`${name}${step + 1}`));
      ok(error < 1e-6, `${name} is off by ${error} after step ${step}`);
    }
  }
});

Deno.test("updateGraph() of LARS is larsStep(), whatever the numbers, also where parameter or gradient is 0", () => {
  const zeros = fc.constant(new Float64Array(6));
  const six = fc.oneof({ arbitrary: numbers(6), weight: 3 }, {
    arbitrary: zeros,
    weight: 1,
  });
  const shapes = fc.constantFrom([2, 3], [6], [3, 2, 1], [1, 6]);
  fc.assert(
    fc.property(
      six,
      six,
      six,
      shapes,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (p, momentum, gradient, shape, rate) => {
        const moved = interpretGraph(stepOf(shape), {
          p,
          "momentum_buffer/p": momentum,
          "gradient/p": gradient,
          rate: Float64Array.of(rate),
        });
        const wanted = larsStep(
          OPTIONS,
          { parameter: p, momentum },
          gradient,
          rate,
          shape.length > 1,
        );
        ok(largestDifference(moved["p"], wanted.parameter) < 1e-9);
        ok(
          largestDifference(moved["momentum_buffer/p"], wanted.momentum) < 1e-9,
        );
      },
    ),
    { numRuns: 300 },
  );
});
