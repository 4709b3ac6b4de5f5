/** Sources of numbers: inputs and constants. */
import { left, right } from "../../result.ts";
import { free, noGradient, type OpDefinition } from "../op_definition.ts";

/** Its signature is given, not inferred: see `GraphBuilder.input`. */
export const input: OpDefinition<"input"> = {
  infer: () => left("a declared shape"),
  evaluate: ({ shape }) =>
    new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(NaN),
  vjp: noGradient,
  flops: free,
};

/** Its signature is given, not inferred: see `GraphBuilder.constant`. */
export const constant: OpDefinition<"constant"> = {
  infer: ({ values }) => right({ shape: [values.length], dtype: "float32" }),
  evaluate: ({ attributes: { values } }) => Float64Array.from(values),
  vjp: noGradient,
  flops: free,
};
