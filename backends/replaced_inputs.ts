/**
 * Outputs that take the place of inputs.
 *
 * @module
 */
import { type Graph, inputSignatures } from "../core/mod.ts";
import type { CompileOptions, Program } from "./backend.ts";

/** Names of inputs by the names of the outputs that replace them. */
export type Replaced = NonNullable<CompileOptions["replaces"]>;

const signatureText = (
  signature: { dtype: string; shape: readonly number[] } | undefined,
): string =>
  signature === undefined
    ? "nothing"
    : `${signature.dtype} [${signature.shape.join(", ")}]`;

/**
 * Insists that outputs fit into the place of the inputs that they replace, one each.
 *
 * @throws If they do not: a mistake of the program, not of its input.
 */
export function checkReplaced(graph: Graph, replaces: Replaced): void {
  const inputs = inputSignatures(graph);
  const taken = new Set<string>();
  for (const [output, input] of Object.entries(replaces)) {
    const found = signatureText(graph.nodes[graph.outputs[output] ?? -1]);
    const wanted = signatureText(inputs[input]);
    if (found !== wanted || wanted === "nothing" || taken.has(input)) {
      throw new RangeError(
        `Cannot replace input ${input} (${wanted}) by output ${output} (${found})${
          taken.has(input) ? ": it is replaced already" : ""
        }`,
      );
    }
    taken.add(input);
  }
}

/**
 * A program that disposes the inputs that its outputs replace, whenever a run has
 * succeeded.
 *
 * @param program A program that leaves its inputs alone.
 * @param replaces Which inputs are replaced.
 */
export function disposingReplaced(
  program: Program,
  replaces: Replaced,
): Program {
  const names = Object.values(replaces);
  if (names.length === 0) return program;
  return {
    ...program,
    run: async (inputs) => {
      const outputs = await program.run(inputs);
      if (outputs._tag === "Right") {
        for (const name of names) inputs.get(name)?.dispose();
      }
      return outputs;
    },
  };
}
