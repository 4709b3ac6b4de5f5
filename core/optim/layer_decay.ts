/** Layer-wise rate decay for fine-tuning. */
import type { Shape } from "../graph/node.ts";

/** Rate factor and decay of a parameter in fine-tuning. */
export interface LayerDecayed {
  /** Its name. */
  readonly name: string;
  /** Factor on the learning rate, in `(0, 1]`. */
  readonly rateScale: number;
  /** True if weight decay applies. */
  readonly decayed: boolean;
}

/** Depth of a parameter: 0 for what feeds the blocks, `b + 1` for block `b`, then the head. */
function depthOf(name: string, depth: number): number {
  if (/^(cls_token|pos_embed|patch_embed\.)/.test(name)) return 0;
  const [, block] = /^blocks\.(\d+)\./.exec(name) ?? [];
  return block === undefined ? depth + 1 : Number(block) + 1;
}

/**
 * Rate factors that fall towards the image: `decay^(depth + 1 − id)` with `id` 0
 * for class token, positions and patch embedding, `b + 1` for block `b`, and
 * `depth + 1` for the norm and head behind them. Vectors, class token and
 * positions have no weight decay.
 *
 * @param decay Factor from a layer to the one before it, in `(0, 1]`.
 * @returns One entry for each parameter, in order.
 * @see Clark et al., ELECTRA, 2020, appendix A; Bao et al., BEiT, 2022, appendix.
 */
export function layerDecay(
  parameters: readonly { readonly name: string; readonly shape: Shape }[],
  depth: number,
  decay: number,
): readonly LayerDecayed[] {
  return parameters.map(({ name, shape }) => ({
    name,
    rateScale: decay ** (depth + 1 - depthOf(name, depth)),
    decayed: shape.length > 1 && name !== "cls_token" && name !== "pos_embed",
  }));
}
