/**
 * Gradients by central differences, to check those that graphs compute.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import {
  gradients,
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  sizeOf,
  traceGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { right } from "../../right.ts";
import type { Tensor } from "./arbitraries.ts";

/** The step of a difference; truncation and rounding are then both near 1e-10. */
const STEP = 1e-5;

/** A hundred times the error of a difference where numbers are about 1. */
const TOLERANCE = 1e-8;

/** Writes a tensor from nodes that hold given tensors. */
export type Build = (g: GraphBuilder, inputs: readonly NodeId[]) => NodeId;

/** Numbers of no particular pattern, one for each position: the weights of a linear functional. */
const functional = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + 0.3) + 0.2);

function differentiated(build: Build, inputs: readonly Tensor[]) {
  return right(traceGraph((g) => {
    const nodes = inputs.map(({ shape, dtype }, i) =>
      g.input(`x${i}`, shape, dtype)
    );
    const y = build(g, nodes);
    const weights = g.constant(functional(sizeOf(g.shape(y))), g.shape(y));
    const loss = g.sumTo(g.multiply(y, weights), []);
    const wanted = nodes.filter((_, i) => inputs[i]?.dtype === "float32");
    const names = inputs.flatMap(({ dtype }, i) =>
      dtype === "float32" ? [`dx${i}`] : []
    );
    const dx = gradients(g, loss, wanted);
    return {
      loss,
      ...Object.fromEntries(names.map((name, i) => [name, dx[i] ?? -1])),
    };
  }));
}

/**
 * Fails unless the gradient of a random linear functional of `build(inputs)` is
 * its finite difference, in every number of every real input.
 */
export function checkGradients(build: Build, inputs: readonly Tensor[]): void {
  const graph = differentiated(build, inputs);
  const { loss, ...others } = graph.outputs;
  const forward = { nodes: graph.nodes, outputs: { loss: loss ?? -1 } };
  const given: NamedValues = Object.fromEntries(
    inputs.map(({ values }, i) => [`x${i}`, values]),
  );
  const lossAt = (name: string, position: number, step: number): number => {
    const moved = given[name]?.slice() ?? new Float64Array();
    moved[position]! += step;
    return interpretGraph(forward, { ...given, [name]: moved }).loss?.[0] ??
      NaN;
  };
  const computed = interpretGraph(graph, given);
  for (const name of Object.keys(others)) {
    computed[name]?.forEach((found, position) => {
      const [x, side] = [name.slice(1), STEP];
      const wanted = (lossAt(x, position, side) - lossAt(x, position, -side)) /
        (2 * side);
      const error = Math.abs(found - wanted);
      const scale = Math.max(1, Math.abs(wanted));
      ok(
        error <= TOLERANCE * scale,
        `${name}[${position}]: ${found}, by differences ${wanted}`,
      );
    });
  }
}
