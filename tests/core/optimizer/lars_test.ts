import { ok, strictEqual } from "node:assert/strict";
import { type LarsState, larsStep } from "../../../core/mod.ts";
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
