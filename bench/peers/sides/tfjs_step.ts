/** Gradient and Adam of the encoder in TensorFlow.js. */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { gridSize, sinCosPositions } from "../../../core/mod.ts";
import { ENCODER_ADAM, ENCODER_RATE } from "../encoder_graphs.ts";
import type { EncoderPlan, HostArray } from "./encoder_plan.ts";
import type { SideStep } from "./serve_rounds.ts";
import { block, embed, layerNorm, type TfParameters } from "./tfjs_encoder.ts";

const upload = ({ data, shape }: HostArray): tf.Tensor =>
  tf.tensor(data, shape);

/** Inputs that stay the same from step to step. */
interface Given {
  readonly plan: EncoderPlan;
  readonly parameters: TfParameters;
  readonly patches: tf.Tensor;
  readonly positions: tf.Tensor;
  readonly targets: readonly tf.Tensor[];
}

function uploadAll(plan: EncoderPlan): Given {
  const { model: { embedDim: D }, model, taps, trained } = plan;
  const table = Float32Array.from(sinCosPositions(D, gridSize(model)).slice(D));
  const parameters = [...plan.parameters].map(([name, array]) =>
    [name, tf.variable(upload(array), trained.includes(name), name)] as const
  );
  return {
    plan,
    parameters: new Map(parameters),
    patches: upload(plan.patches),
    positions: upload({ shape: [table.length / D, D], data: table }),
    targets: taps.map(({ target }) => upload(target)),
  };
}

/** Computation without trainable parameters: it runs outside the differentiation. */
function frozenPrefix({ plan, parameters, patches, positions }: Given) {
  if (plan.embeddingTrains) return patches;
  return tf.tidy(() => {
    let x = embed(parameters, patches, positions);
    for (let i = 0; i < plan.firstBlock; i++) {
      x = block(parameters, `blocks.${i}`, x, plan.model);
    }
    return x;
  });
}

/** Losses of the live taps, from the output of the frozen prefix. */
function lossOf(
  { plan, parameters, positions, targets }: Given,
  entering: tf.Tensor,
): tf.Scalar {
  const { taps, firstBlock, embeddingTrains, model } = plan;
  const losses: tf.Tensor[] = [];
  let x = embeddingTrains ? embed(parameters, entering, positions) : entering;
  for (let i = firstBlock; i < model.depth; i++) {
    x = block(parameters, `blocks.${i}`, x, model);
    taps.forEach(({ block: tap, norm }, k) => {
      const target = targets[k];
      if (tap !== i || target === undefined) return;
      const found = layerNorm(parameters, norm, x, model.layerNormEps);
      losses.push(tf.mean(tf.square(tf.sub(found, target))));
    });
  }
  return tf.addN(losses) as tf.Scalar;
}

/** Loss and gradients by name. */
function gradientsOf(given: Given, variables: tf.Variable[]) {
  const entering = frozenPrefix(given);
  const gradients = tf.variableGrads(() => lossOf(given, entering), variables);
  if (entering !== given.patches) entering.dispose();
  return gradients;
}

/**
 * Opens the encoder step in TensorFlow.js on WebAssembly.
 *
 * @param plan Plan of the computed step.
 * @returns A function that takes a step.
 * @throws If TensorFlow.js cannot start here.
 */
export async function openTfjsStep(
  plan: EncoderPlan,
): Promise<() => Promise<SideStep>> {
  tf.enableProdMode(); // or it advertises its native package on the console
  if (!await tf.setBackend("wasm")) throw new Error("its wasm did not start");
  const given = uploadAll(plan);
  const { beta1, beta2, epsilon } = ENCODER_ADAM;
  const adam = tf.train.adam(ENCODER_RATE, beta1, beta2, epsilon);
  const variables = [...given.parameters.values()]
    .filter((parameter) => parameter instanceof tf.Variable)
    .filter(({ trainable }) => trainable);
  return async () => {
    const started = performance.now();
    const { value, grads } = gradientsOf(given, variables);
    const [loss = NaN] = await value.data();
    const differentiated = performance.now();
    adam.applyGradients(
      Object.entries(grads).map(([name, tensor]) => ({ name, tensor })),
    );
    tf.dispose([value, grads]);
    const ended = performance.now();
    return {
      forwardMs: null,
      backwardMs: null,
      gradientMs: differentiated - started,
      updateMs: ended - differentiated,
      totalMs: ended - started,
      loss,
    };
  };
}
