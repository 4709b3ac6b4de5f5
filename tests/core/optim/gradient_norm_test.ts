import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  clipFactor,
  globalNorm,
  gradientName,
  gradientSquares,
  interpretGraph,
  stateKinds,
  stateName,
  updateGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { between, optimizerConfig } from "../../arbitraries.ts";
import {
  asGradients,
  clippedGraphs,
  clippedScalars,
  clippedStart,
  CLIPPING,
  type Named,
} from "../../golden_clipping.ts";
import { largestDifference } from "../../golden_files.ts";
import { right } from "../../right.ts";
import { numbers } from "../graph/arbitraries.ts";

const exact = (named: Named): NamedValues =>
  Object.fromEntries(
    Object.entries(named).map(([name, x]) => [name, Float64Array.from(x)]),
  );

Deno.test("clipFactor() of globalNorm() scales gradients as PyTorch's clip_grad_norm_ does", () => {
  strictEqual(CLIPPING.steps.length, 3);
  for (const { gradients, norm, clipped } of CLIPPING.steps) {
    const { squares } = clippedGraphs(Object.keys(gradients));
    const found = globalNorm(
      interpretGraph(squares, exact(asGradients(gradients))).squares!,
    );
    ok(Math.abs(found - norm) <= 1e-14 * norm, `${found} for ${norm}`);
    const factor = clipFactor(CLIPPING.maxNorm)(found);
    for (const [name, wanted] of Object.entries(clipped)) {
      const scaled = gradients[name]!.map((x) => factor * x);
      ok(largestDifference(scaled, wanted) <= 1e-14);
    }
  }
});

Deno.test("updateGraph() with clip takes PyTorch's clipped steps of AdamW; what is frozen does not count", () => {
  let state = clippedStart;
  CLIPPING.steps.forEach(({ gradients, norm, after }, step) => {
    const names = Object.keys(gradients);
    const { update } = clippedGraphs(names);
    const clip = clipFactor(CLIPPING.maxNorm)(norm);
    const moved = interpretGraph(
      update,
      exact({
        ...state,
        ...asGradients(gradients),
        ...clippedScalars(step + 1, clip),
      }),
    );
    state = {
      ...state,
      ...Object.fromEntries(
        Object.entries(moved).map(([name, x]) => [name, [...x]]),
      ),
    };
    for (const [name, wanted] of Object.entries(after)) {
      const error = largestDifference(state[name], wanted);
      ok(error <= 1e-14, `${name} after step ${step} is off by ${error}`);
    }
  });
});

const GRADIENTS = fc.array(fc.array(between(-1e3, 1e3), { minLength: 1 }), {
  minLength: 1,
  maxLength: 5,
});

Deno.test("globalNorm() is the length of all gradients as one vector, whatever their shapes", () => {
  fc.assert(fc.property(GRADIENTS, (gradients) => {
    const parameters = gradients.map((x, i) => ({
      name: `p${i}`,
      shape: i % 2 === 0 ? [x.length] : [1, x.length, 1],
    }));
    const graph = right(gradientSquares(parameters));
    const inputs = Object.fromEntries(
      gradients.map((x, i) => [gradientName(`p${i}`), Float64Array.from(x)]),
    );
    const { squares } = interpretGraph(graph, inputs);
    strictEqual(squares?.length, gradients.length);
    const wanted = Math.hypot(...gradients.flat());
    ok(Math.abs(globalNorm(squares) - wanted) <= 1e-12 * wanted + 1e-150);
  }));
});

Deno.test("globalNorm() is not finite as soon as one gradient is not", () => {
  for (const bad of [NaN, Infinity]) {
    strictEqual(Number.isFinite(globalNorm([1, bad, 2])), false);
  }
});

Deno.test("clipFactor() leaves no gradient longer than allowed, and shortens none that is short enough", () => {
  const lengths = fc.tuple(between(1e-3, 1e3), between(0, 1e6));
  fc.assert(fc.property(lengths, ([most, norm]) => {
    const factor = clipFactor(most)(norm);
    ok(factor > 0 && factor <= 1);
    ok(factor * norm <= most);
    if (norm + 1e-6 <= most) strictEqual(factor, 1);
    else ok(Math.abs(factor * (norm + 1e-6) - most) <= 1e-12 * most);
  }));
});

Deno.test("updateGraph() with a clip of 1 is the one without, bit for bit, and with another that of the scaled gradient", () => {
  const cases = fc.tuple(optimizerConfig, fc.constantFrom(1, 0.5), numbers(4));
  fc.assert(fc.property(cases, ([rule, clip, gradient]) => {
    const parameter = { name: "w", shape: [4], decayed: true, rate: "rate" };
    const [plain, clipped] = [parameter, { ...parameter, clip: "clip" }]
      .map((updated) => right(updateGraph(rule, [updated])));
    const inputs: NamedValues = {
      w: Float64Array.of(1, -2, 0.5, 0),
      rate: Float64Array.of(0.1),
      correction1: Float64Array.of(0.3),
      correction2: Float64Array.of(0.2),
      ...Object.fromEntries(
        stateKinds(rule).map((kind) => [
          stateName(kind, "w"),
          Float64Array.of(0.1, 0.2, 0.3, 0.4),
        ]),
      ),
    };
    // Halving is exact.
    deepStrictEqual(
      interpretGraph(clipped!, {
        ...inputs,
        clip: Float64Array.of(clip),
        [gradientName("w")]: gradient,
      }),
      interpretGraph(plain!, {
        ...inputs,
        [gradientName("w")]: gradient.map((x) => clip * x),
      }),
    );
  }));
});
