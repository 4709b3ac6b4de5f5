/** Guards of replaced inputs: their check, and their meaning for numbers in main memory. */
import type { Graph } from "../core/mod.ts";
import type { Guard } from "./backend.ts";
import type { Replaced } from "./program_inputs.ts";

/** Numbers by the names of tensors. */
type Named = Readonly<Record<string, Float64Array>>;

/** The signature of every allowance. */
export const ALLOWANCE = { shape: [], dtype: "float32" } as const;

/**
 * Checks that a guard names outputs of a graph, and an allowance that it has not.
 *
 * @throws If it does not: a mistake of the program, not of its input.
 */
export function checkGuard(
  { nodes, outputs }: Graph,
  { finite, allowance }: Guard,
): void {
  const unknown = finite.find((name) => !Object.hasOwn(outputs, name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot guard by ${unknown}: it is no output`);
  }
  const isTaken = Object.hasOwn(outputs, allowance) ||
    nodes.some((node) =>
      node.op === "input" && node.attributes.name === allowance
    );
  if (isTaken) {
    throw new RangeError(
      `Cannot keep an allowance as ${allowance}: the graph has that name`,
    );
  }
}

/**
 * The outputs of a guarded run, with the allowance that is left.
 *
 * @param replaces Names of inputs by the names of the outputs that replace them.
 * @param inputs Numbers before the run, with the allowance.
 * @param outputs Numbers that the graph gives.
 */
export function guardedOutputs(
  { finite, allowance }: Guard,
  replaces: Replaced,
  inputs: Named,
  outputs: Named,
): Named {
  // What float32 cannot hold is not finite on any device.
  const isFinite = finite.every((name) =>
    outputs[name]?.every((x) => Number.isFinite(Math.fround(x))) ?? false
  );
  const [before = NaN] = inputs[allowance] ?? [];
  const left = isFinite ? before : Math.max(before - 1, -1);
  const hasEffect = isFinite && before >= 0;
  const kept = hasEffect ? [] : Object.entries(replaces);
  return {
    ...outputs,
    ...Object.fromEntries(
      kept.map(([output, input]) => [
        output,
        inputs[input] ?? new Float64Array(),
      ]),
    ),
    [allowance]: Float64Array.of(left),
  };
}
