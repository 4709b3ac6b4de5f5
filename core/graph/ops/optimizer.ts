/** The fused step of an optimizer. */
import { left, right } from "../../result.ts";
import { free, noGradient, type OpDefinition } from "../op_definition.ts";
import { sameShape } from "../shape.ts";

/** AdamW with decoupled weight decay: Loshchilov and Hutter 2019, algorithm 2. */
export const adamwUpdate: OpDefinition<"adamwUpdate"> = {
  infer: (_, inputs) => {
    const [p] = inputs;
    const fits = p !== undefined && inputs.length === 6 &&
      inputs.every(({ shape, dtype }, i) =>
        dtype === "float32" && sameShape(shape, i < 3 ? p.shape : [])
      );
    return fits
      ? right({ shape: p.shape, dtype: "float32" })
      : left("p, m, v of one shape and three float32 scalars");
  },
  evaluate: (
    { attributes: { weightDecay, epsilon } },
    [p = new Float64Array(), m, v, rates, corrections1, corrections2],
  ) => {
    const [rate = NaN] = rates ?? [];
    const [correction1 = NaN] = corrections1 ?? [];
    const [correction2 = NaN] = corrections2 ?? [];
    return p.map((value, i) => {
      const direction = (m?.[i] ?? NaN) / correction1;
      const spread = Math.sqrt((v?.[i] ?? NaN) / correction2) + epsilon;
      return value * (1 - rate * weightDecay) - rate * direction / spread;
    });
  },
  vjp: noGradient,
  flops: free,
};
