/** Sums over the ranks of a training. */
import { free, type OpDefinition } from "../op_definition.ts";
import { inferUnary } from "./elementwise.ts";

/**
 * Each rank has a loss, and all are minimised together: so the gradient of what a rank
 * puts into a sum is what the losses of all ranks make of the sum, added up.
 */
export const rankSum: OpDefinition<"rankSum"> = {
  infer: inferUnary,
  evaluate: (_, [x = new Float64Array()]) => x,
  vjp: (g, _, dy) => [() => g.apply("rankSum", {}, [dy])],
  flops: free,
};
