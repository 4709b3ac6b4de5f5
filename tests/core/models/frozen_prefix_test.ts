/**
 * What is frozen costs nothing but its forward pass: in the graph of a phase no
 * node looks back into the frozen prefix.
 */
import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type FreezePlan,
  gradientName,
  type Graph,
  graphFlops,
  isTrainable,
  type LocalMimNodes,
  type NodeId,
  type Owner,
  parameterSpecs,
  type Phase,
  stepGraph,
} from "../../../core/mod.ts";
import { weightlessFrom } from "../../../core/schedule/curriculum.ts";
import { freezePlan } from "../../arbitraries.ts";
import { right } from "../../right.ts";

/** A phase of a plan in which the backward pass may stop at the frozen prefix. */
interface Situation {
  readonly plan: FreezePlan;
  readonly phase: Phase;
}

const situations: fc.Arbitrary<Situation> = freezePlan.filter(({ config }) =>
  config.freeze.freezePatchEmbed && config.freeze.classToken === "withLayer0"
).chain((plan) =>
  fc.constantFrom(...plan.phases).map((phase) => ({ plan, phase }))
);

const frozenSituations = situations.filter(({ phase }) =>
  phase.frozenLayers >= 2
);

/** Watches the output of the last frozen block. */
const prefixEnd = (frozenLayers: number) =>
(
  { blocks }: LocalMimNodes,
): Readonly<Record<string, NodeId>> => ({
  prefixEnd: blocks[frozenLayers - 2] ?? -1,
});

const graphOf = (
  { plan, phase }: Situation,
  trains: (owner: Owner) => boolean,
): Graph =>
  right(stepGraph({
    model: plan.config.model,
    batch: 1,
    samples: 1,
    liveStages: phase.liveStages,
    isTrainable: trains,
  }, phase.frozenLayers >= 2 ? prefixEnd(phase.frozenLayers) : undefined));

/** A number for each node of both graphs; nodes that compute the same have the same. */
function meanings(...graphs: readonly Graph[]): readonly (readonly number[])[] {
  const known = new Map<string, number>();
  return graphs.map(({ nodes }) => {
    const own: number[] = [];
    for (const { op, attributes, inputs } of nodes) {
      const text = JSON.stringify([op, attributes, inputs.map((i) => own[i])]);
      const meaning = known.get(text) ?? known.size;
      known.set(text, meaning);
      own.push(meaning);
    }
    return own;
  });
}

/** A node and everything that it is computed from. */
function ancestors({ nodes }: Graph, id: NodeId): ReadonlySet<NodeId> {
  const found = new Set([id]);
  for (let i = id; i >= 0; i--) {
    if (found.has(i)) nodes[i]?.inputs.forEach((input) => found.add(input));
  }
  return found;
}

/** Nodes of the backward pass that read what lies before the end of the frozen prefix. */
function looksBack(
  situation: Situation,
  trains: (owner: Owner) => boolean,
): readonly NodeId[] {
  const graph = graphOf(situation, trains);
  const forward = graphOf(situation, () => false);
  const [own = [], forwardOnly = []] = meanings(graph, forward);
  const isForward = new Set(forwardOnly);
  const end = graph.outputs.prefixEnd ?? -1;
  const prefix = ancestors(graph, end);
  return graph.nodes.flatMap(({ inputs }, id) =>
    !isForward.has(own[id]!) &&
      inputs.some((input) => input !== end && prefix.has(input))
      ? [id]
      : []
  );
}

Deno.test("no gradient in a phase's graph reads an activation or a parameter of the frozen prefix", () => {
  fc.assert(
    fc.property(frozenSituations, (situation) => {
      const { plan, phase } = situation;
      deepStrictEqual(looksBack(situation, isTrainable(plan, phase)), []);
    }),
    { numRuns: 40 },
  );
});

Deno.test("gradients do read the frozen prefix if the class token trains on", () => {
  fc.assert(
    fc.property(frozenSituations, (situation) => {
      const { plan, phase } = situation;
      const trains = isTrainable(plan, phase);
      const found = looksBack(
        situation,
        (owner) => owner._tag === "ClassToken" || trains(owner),
      );
      ok(found.length >= 8, "a block alone has more nodes on the way back");
    }),
    { numRuns: 10 },
  );
});

Deno.test("gradients do read the frozen prefix if one of its blocks trains on", () => {
  fc.assert(
    fc.property(frozenSituations, (situation) => {
      const { plan, phase } = situation;
      const trains = isTrainable(plan, phase);
      const last = phase.frozenLayers - 2;
      const found = looksBack(
        situation,
        (owner) =>
          trains(owner) || owner._tag === "Block" && owner.index === last,
      );
      ok(found.length > 0);
    }),
    { numRuns: 10 },
  );
});

/** Whether a parameter belongs to one of the first layers, or to a stage without weight, told by its name alone. */
function isFrozenName(name: string, { plan, phase }: Situation): boolean {
  const [, part = "", number = ""] =
    /^(cls_token|patch_embed|blocks|norm|decoder)(?:\.(\d+))?/.exec(name) ?? [];
  const isOfStage = part === "norm" || part === "decoder";
  const { curriculum = [] } = plan.config;
  const end = isOfStage && weightlessFrom(curriculum, Number(number));
  if (curriculum.length > 0 && typeof end === "number") {
    if (phase.from >= end * plan.totalSteps) return true;
  }
  const layer = part === "blocks"
    ? Number(number) + 1
    : isOfStage
    ? plan.config.model.stages[Number(number)]!.tap + 1
    : 0;
  return layer < phase.frozenLayers;
}

Deno.test("a phase's graph gives a gradient for every parameter behind the frozen prefix and for no other", () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const { plan, phase } = situation;
      const graph = graphOf(situation, isTrainable(plan, phase));
      const wanted = parameterSpecs(plan.config.model)
        .filter(({ name }) => !isFrozenName(name, situation))
        .map(({ name }) => gradientName(name));
      deepStrictEqual(
        Object.keys(graph.outputs).filter((name) =>
          name.startsWith("gradient/")
        ),
        wanted,
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("a phase's graph costs less than that of the phase before", () => {
  fc.assert(
    fc.property(freezePlan, (plan) => {
      const flops = plan.phases.map((phase) =>
        graphFlops(graphOf({ plan, phase }, isTrainable(plan, phase)))
      );
      flops.slice(1).forEach((now, i) => ok(now < flops[i]!));
    }),
    { numRuns: 20 },
  );
});
