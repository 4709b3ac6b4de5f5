/**
 * Segments of a graph, run one after another by the reference interpreter.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import {
  inputSignatures,
  interpretGraph,
  type Segment,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";

/** Those numbers that have one of the names. */
export const named = (
  values: NamedValues,
  names: readonly string[],
): NamedValues =>
  Object.fromEntries(
    names.map((name) => [name, values[name] ?? new Float64Array()]),
  );

/** The values that are held after a segment. */
export const heldAfter = (
  { carries, releases }: Segment,
  held: NamedValues,
  results: NamedValues,
): NamedValues =>
  Object.fromEntries(
    Object.entries({ ...held, ...named(results, carries) })
      .filter(([name]) => !releases.includes(name)),
  );

/** The inputs of a segment, those of the whole and what is held; it asks for no others. */
export function inputsOf(
  { graph, takes }: Segment,
  given: NamedValues,
  held: NamedValues,
): NamedValues {
  const inputs = { ...given, ...named(held, takes) };
  const wanted = Object.keys(inputSignatures(graph));
  deepStrictEqual(wanted.filter((name) => inputs[name] === undefined), []);
  return inputs;
}

/** All outputs; nothing may be held at the end. */
export function runSegments(
  segments: readonly Segment[],
  given: NamedValues,
): NamedValues {
  let held: NamedValues = {};
  let outputs: NamedValues = {};
  for (const segment of segments) {
    const inputs = inputsOf(segment, given, held);
    const results = interpretGraph(segment.graph, inputs);
    outputs = { ...outputs, ...named(results, segment.outputs) };
    held = heldAfter(segment, held, results);
  }
  deepStrictEqual(held, {});
  return outputs;
}
