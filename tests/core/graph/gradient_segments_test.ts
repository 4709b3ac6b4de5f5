import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  bytesOf,
  gradientGroups,
  gradientSegments,
  type Graph,
  graphFlops,
  interpretGraph,
  MODEL_PRESETS,
  type ModelName,
  type Segment,
  stepGraph,
  traceGraph,
} from "../../../core/mod.ts";
import { stepShapes } from "../../../core/models/local_mim.ts";
import { right } from "../../right.ts";
import { TINY_MODEL } from "../../tiny_model.ts";
import { randomInputs } from "../models/random_inputs.ts";
import { runSegments } from "./run_segments.ts";

/** The step of a model whose first layers are frozen. */
const stepOf = (
  name: ModelName,
  frozen: number,
) => {
  const model = MODEL_PRESETS[name];
  const liveStages = model.stages.flatMap(({ tap }, k) =>
    tap >= frozen ? [k] : []
  );
  return {
    ...{ model, liveStages, batch: 2, samples: 2 },
    isTrainable: (owner: { readonly _tag: string; readonly index?: number }) =>
      owner._tag === "Stage" ||
      (owner._tag === "Block" ? (owner.index ?? 0) >= frozen : frozen === 0),
  };
};

const gradientsOf = ({ outputs }: Graph): readonly string[] =>
  Object.keys(outputs).filter((name) => name.startsWith("gradient/"));

/** Bytes of the gradients that a segment gives. */
const gradientBytes = ({ graph }: Segment): number =>
  gradientsOf(graph).reduce((sum, name) => {
    const node = graph.nodes[graph.outputs[name] ?? -1];
    return sum + (node === undefined ? 0 : bytesOf(node));
  }, 0);

const CASES: readonly (readonly [ModelName, number, number])[] = [
  ["vit-b", 0, 4],
  ["vit-b", 7, 4],
  ["vit-b", 11, 4],
  ["vit-s", 0, 4],
  ["vit-s", 7, 4],
  ["vit-s", 11, 4],
  ["micro", 7, 2],
  ["nano", 0, 1],
];

for (const [name, frozen, count] of CASES) {
  const label = `${name} with ${frozen} frozen blocks`;

  Deno.test(`gradientSegments() of ${label} are ${count} and compute what the whole does`, () => {
    const graph = right(stepShapes(stepOf(name, frozen)));
    const segments = gradientSegments(graph, gradientsOf(graph));
    strictEqual(segments.length, count);
    strictEqual(
      segments.reduce((sum, segment) => sum + graphFlops(segment.graph), 0),
      graphFlops(graph),
    );
    deepStrictEqual(
      segments.flatMap(({ outputs }) => outputs).toSorted(),
      Object.keys(graph.outputs).toSorted(),
    );
    ok(segments.every((segment) => gradientBytes(segment) >= 1e6 || count < 2));
  });
}

Deno.test("gradientSegments() of whole Vision Transformers have a tenth of the gradients last", () => {
  for (const name of ["micro", "vit-ti", "vit-s", "vit-b"] as const) {
    const graph = right(stepShapes(stepOf(name, 0)));
    const bytes = gradientSegments(graph, gradientsOf(graph))
      .map(gradientBytes);
    const total = bytes.reduce((sum, own) => sum + own, 0);
    const parts = bytes.map((own) => own / total);
    [0.4, 0.3, 0.2, 0.1].forEach((wanted, k) =>
      ok(Math.abs((parts[k] ?? NaN) - wanted) < 0.02, `${name}: ${parts}`)
    );
  }
});

Deno.test("gradientSegments() give the numbers of the whole step", () => {
  const graph = right(stepGraph({
    ...{ model: TINY_MODEL, batch: 2, samples: 2 },
    ...{ liveStages: TINY_MODEL.stages.map((_, k) => k) },
    isTrainable: () => true,
  }));
  const segments = gradientSegments(graph, gradientsOf(graph), {
    leastBytes: 4,
  });
  strictEqual(segments.length, 4);
  ok(segments[0]?.outputs.includes("loss"));
  const given = randomInputs(TINY_MODEL, 2, 1);
  deepStrictEqual(runSegments(segments, given), interpretGraph(graph, given));
});

/** A graph with gradients of some sizes, which are computed in their order. */
const graphOf = (sizes: readonly number[]): Graph =>
  right(traceGraph((g) => {
    const x = g.input("x", []);
    return Object.fromEntries([
      ["loss", x],
      ...sizes.map((size, i) => [
        `gradient/${i}`,
        g.broadcastTo(g.scale(x, i + 2), [size]),
      ]),
    ]);
  }));

Deno.test("gradientGroups() keep the order of the backward pass and every limit", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 20 }),
    (sizes, most, least) => {
      const names = sizes.map((_, i) => `gradient/${i}`);
      const limits = { most, leastBytes: 4 * least };
      const groups = gradientGroups(
        graphOf(sizes),
        names.toReversed(),
        limits,
      );
      deepStrictEqual(groups.flat(), ["loss", ...names]);
      ok(groups.length >= 1 && groups.length <= most);
      for (const group of groups.length > 1 ? groups : []) {
        const size = group.filter((name) => name !== "loss").reduce(
          (sum, name) => sum + (sizes[names.indexOf(name)] ?? 0),
          0,
        );
        ok(size >= least);
      }
    },
  ));
});

Deno.test("gradientGroups() without gradients are all outputs", () => {
  deepStrictEqual(gradientGroups(graphOf([]), []), [["loss"]]);
});
