/** The encoder in TensorFlow.js, with its own ops. */
import * as tf from "@tensorflow/tfjs";
import type { ModelSpec } from "../../../core/mod.ts";

/** Parameters by name. */
export type TfParameters = ReadonlyMap<string, tf.Tensor>;

/** The parameter of a name. */
export function parameterOf(p: TfParameters, name: string): tf.Tensor {
  const parameter = p.get(name);
  if (parameter === undefined) throw new Error(`no parameter ${name}`);
  return parameter;
}

/** `x·W + b` on the last axis of `[B, N, in]`: as one product of matrices, the fastest that the library has. */
function linear(p: TfParameters, name: string, x: tf.Tensor): tf.Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  const kernel = parameterOf(p, `${name}.weight`);
  const rows = tf.reshape(x, [batch * tokens, width]);
  const product = tf.add(
    tf.matMul(rows, kernel),
    parameterOf(p, `${name}.bias`),
  );
  return tf.reshape(product, [batch, tokens, kernel.shape[1] ?? 0]);
}

/** Layer normalisation with gain and bias. */
export function layerNorm(
  p: TfParameters,
  name: string,
  x: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(
    tf.mul(unit, parameterOf(p, `${name}.weight`)),
    parameterOf(p, `${name}.bias`),
  );
}

/** Exact GELU. */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

function attention(
  p: TfParameters,
  name: string,
  x: tf.Tensor,
  heads: number,
): tf.Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  const headWidth = width / heads;
  const [q, k, v] = tf.split(linear(p, `${name}.qkv`, x), 3, 2).map((part) =>
    tf.transpose(tf.reshape(part, [batch, tokens, heads, headWidth]), [
      0,
      2,
      1,
      3,
    ])
  ) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scores = tf.matMul(tf.mul(q, headWidth ** -0.5), k, false, true);
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
  return linear(p, `${name}.proj`, tf.reshape(mixed, [batch, tokens, width]));
}

/** Pre-norm Transformer block. */
export function block(
  p: TfParameters,
  name: string,
  x: tf.Tensor,
  { numHeads, layerNormEps: epsilon }: ModelSpec,
): tf.Tensor {
  const first = layerNorm(p, `${name}.norm1`, x, epsilon);
  const attended = tf.add(x, attention(p, `${name}.attn`, first, numHeads));
  const second = layerNorm(p, `${name}.norm2`, attended, epsilon);
  const hidden = gelu(linear(p, `${name}.mlp.fc1`, second));
  return tf.add(attended, linear(p, `${name}.mlp.fc2`, hidden));
}

/** Class token and embedded patches `[B, L, C·P·P]` at their positions: `[B, 1 + L, D]`. */
export function embed(
  p: TfParameters,
  patches: tf.Tensor,
  positions: tf.Tensor,
): tf.Tensor {
  const [batch = 0] = patches.shape;
  const embedded = tf.add(linear(p, "patch_embed.proj", patches), positions);
  const token = tf.tile(parameterOf(p, "cls_token"), [batch, 1, 1]);
  return tf.concat([token, embedded], 1);
}
