/**
 * The encoder in jax-js, as its documentation teaches.
 *
 * An array is consumed by the function that it is given to; `.ref` keeps it.
 */
import { nn, numpy as np } from "@jax-js/jax";
import type { ModelSpec } from "../../../core/mod.ts";

/** Arrays by name; a type alias, as jax-js wants its trees. */
export type JaxArrays = { [name: string]: np.Array };

/** The array of a name. */
export function arrayOf(arrays: JaxArrays, name: string): np.Array {
  const array = arrays[name];
  if (array === undefined) throw new Error(`no array ${name}`);
  return array;
}

/** `x·W + b` on the last axis of `[B, N, in]`. */
function linear(p: JaxArrays, name: string, x: np.Array): np.Array {
  const kernel = arrayOf(p, `${name}.weight`);
  return np.dot(x, kernel).add(arrayOf(p, `${name}.bias`));
}

/** Layer normalisation with gain and bias. */
export function layerNorm(
  p: JaxArrays,
  name: string,
  x: np.Array,
  epsilon: number,
): np.Array {
  return nn.standardize(x, -1, { epsilon })
    .mul(arrayOf(p, `${name}.weight`))
    .add(arrayOf(p, `${name}.bias`));
}

function attention(
  p: JaxArrays,
  name: string,
  x: np.Array,
  heads: number,
): np.Array {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  const parts = np.split(linear(p, `${name}.qkv`, x), 3, 2);
  const [q, k, v] = parts.map((part) =>
    part.reshape([batch, tokens, heads, width / heads])
  ) as [np.Array, np.Array, np.Array];
  const mixed = nn.dotProductAttention(q, k, v);
  return linear(p, `${name}.proj`, mixed.reshape([batch, tokens, width]));
}

/** Pre-norm Transformer block. */
export function block(
  p: JaxArrays,
  name: string,
  x: np.Array,
  { numHeads, layerNormEps }: ModelSpec,
): np.Array {
  const first = layerNorm(p, `${name}.norm1`, x.ref, layerNormEps);
  const attended = x.add(attention(p, `${name}.attn`, first, numHeads));
  const second = layerNorm(p, `${name}.norm2`, attended.ref, layerNormEps);
  const hidden = nn.gelu(linear(p, `${name}.mlp.fc1`, second), {
    approximate: false,
  });
  return attended.add(linear(p, `${name}.mlp.fc2`, hidden));
}

/** Class token and embedded patches `[B, L, C·P·P]` at their positions: `[B, 1 + L, D]`. */
export function embed(
  p: JaxArrays,
  patches: np.Array,
  positions: np.Array,
): np.Array {
  const [batch = 0] = patches.shape;
  const embedded = linear(p, "patch_embed.proj", patches).add(positions);
  const token = arrayOf(p, "cls_token");
  const [, , width = 0] = token.shape;
  return np.concatenate([
    np.broadcastTo(token, [batch, 1, width]),
    embedded,
  ], 1);
}
