/** Gradient and Adam of the encoder in jax-js. */
import {
  defaultDevice,
  init,
  jit,
  numpy as np,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { gridSize, sinCosPositions } from "../../../core/mod.ts";
import { ENCODER_ADAM, ENCODER_RATE } from "../encoder_graphs.ts";
import type { EncoderPlan, HostArray } from "./encoder_plan.ts";
import {
  arrayOf,
  block,
  embed,
  type JaxArrays,
  layerNorm,
} from "./jax_encoder.ts";
import type { SideStep } from "./serve_rounds.ts";

const { beta1, beta2, epsilon } = ENCODER_ADAM;

/** The processor's device of jax-js, as ours is. */
const DEVICE = "wasm";

const upload = ({ data, shape }: HostArray): np.Array =>
  np.array(data).reshape(shape);

/** Position of every patch, `[L, D]`. */
function positionsOf({ model }: EncoderPlan): np.Array {
  const { embedDim: D } = model;
  const table = Float32Array.from(sinCosPositions(D, gridSize(model)).slice(D));
  return upload({ shape: [table.length / D, D], data: table });
}

/** Parameters that the step needs: those that train, and those of the frozen prefix. */
function splitParameters(
  { parameters, trained }: EncoderPlan,
): { readonly moving: JaxArrays; readonly still: JaxArrays } {
  const [moving, still]: [JaxArrays, JaxArrays] = [{}, {}];
  for (const [name, array] of parameters) {
    if (trained.includes(name)) moving[name] = upload(array);
    else if (!name.startsWith("norm.")) still[name] = upload(array);
  }
  return { moving, still };
}

/** Runs blocks `from … to − 1`, showing each output to `see`. */
function runBlocks(
  { model }: EncoderPlan,
  p: JaxArrays,
  tokens: np.Array,
  [from, to]: readonly [number, number],
  see: (x: np.Array, index: number) => void = () => {},
): np.Array {
  let x = tokens;
  for (let i = from; i < to; i++) {
    x = block(p, `blocks.${i}`, x, model);
    see(x, i);
  }
  return x;
}

/** Computation without trainable parameters. */
function frozenPrefix(plan: EncoderPlan) {
  return (still: JaxArrays, patches: np.Array, positions: np.Array) =>
    runBlocks(plan, still, embed(still, patches, positions), [
      0,
      plan.firstBlock,
    ]);
}

/** Losses of the live taps, from tokens that enter the first block that trains. */
function lossOf(
  plan: EncoderPlan,
  p: JaxArrays,
  tokens: np.Array,
  targets: readonly np.Array[],
): np.Array {
  const { taps, firstBlock, model } = plan;
  const losses: np.Array[] = [];
  const see = (x: np.Array, index: number): void => {
    taps.forEach(({ block: tap, norm }, k) => {
      const target = targets[k];
      if (tap !== index || target === undefined) return;
      const found = layerNorm(p, norm, x.ref, model.layerNormEps);
      losses.push(np.mean(np.square(found.sub(target))));
    });
  };
  runBlocks(plan, p, tokens, [firstBlock, model.depth], see).dispose();
  return losses.reduce((a, b) => a.add(b));
}

/** Loss and gradients, compiled; the frozen prefix runs outside the differentiation. */
function compiledGradient(plan: EncoderPlan) {
  const prefix = jit(frozenPrefix(plan));
  const whole = jit(valueAndGrad(
    (
      p: JaxArrays,
      patches: np.Array,
      positions: np.Array,
      targets: np.Array[],
    ) => lossOf(plan, p, embed(p, patches, positions), targets),
  ));
  const rest = jit(valueAndGrad(
    (p: JaxArrays, tokens: np.Array, targets: np.Array[]) =>
      lossOf(plan, p, tokens, targets),
  ));
  return (
    moving: JaxArrays,
    still: JaxArrays,
    patches: np.Array,
    positions: np.Array,
    targets: np.Array[],
  ) =>
    plan.embeddingTrains
      ? whole(moving, patches, positions, targets)
      : rest(moving, prefix(still, patches, positions), targets);
}

/** Adam for all parameters, compiled. */
const adam = jit((
  p: JaxArrays,
  means: JaxArrays,
  squares: JaxArrays,
  gradients: JaxArrays,
  correction1: np.Array,
  correction2: np.Array,
): [JaxArrays, JaxArrays, JaxArrays] => {
  const [moved, m, v]: [JaxArrays, JaxArrays, JaxArrays] = [{}, {}, {}];
  for (const [name, gradient] of Object.entries(gradients)) {
    const mean = arrayOf(means, name).mul(beta1)
      .add(gradient.ref.mul(1 - beta1));
    const square = arrayOf(squares, name).mul(beta2)
      .add(np.square(gradient).mul(1 - beta2));
    const direction = mean.ref.div(correction1.ref).div(
      np.sqrt(square.ref.div(correction2.ref)).add(epsilon),
    );
    moved[name] = arrayOf(p, name).sub(direction.mul(ENCODER_RATE));
    [m[name], v[name]] = [mean, square];
  }
  correction1.dispose();
  correction2.dispose();
  return [moved, m, v];
});

const zerosLike = (arrays: JaxArrays): JaxArrays =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { shape }]) => [name, np.zeros(shape)]),
  );

/**
 * Waits for arrays one after another. `blockUntilReady` of all at once prepares
 * the pending work of each array again: five times slower with hundreds of them.
 */
async function ready(arrays: JaxArrays): Promise<void> {
  for (const array of Object.values(arrays)) await array.blockUntilReady();
}

/**
 * Opens the encoder step in jax-js.
 *
 * @param plan Plan of the computed step.
 * @returns A function that takes a step.
 * @throws If jax-js cannot start here.
 */
export async function openJaxStep(
  plan: EncoderPlan,
): Promise<() => Promise<SideStep>> {
  await init(DEVICE);
  defaultDevice(DEVICE);
  const { moving, still } = splitParameters(plan);
  const gradient = compiledGradient(plan);
  const [patches, positions] = [upload(plan.patches), positionsOf(plan)];
  const targets = plan.taps.map(({ target }) => upload(target));
  let state = [moving, zerosLike(moving), zerosLike(moving)] as const;
  let t = 0;
  return async () => {
    const started = performance.now();
    const [loss, gradients] = gradient(
      tree.ref(state[0]),
      tree.ref(still),
      patches.ref,
      positions.ref,
      tree.ref(targets),
    );
    const [value = NaN] = await loss.data();
    await ready(gradients);
    const differentiated = performance.now();
    t += 1;
    const corrections = [beta1, beta2].map((beta) => np.array(1 - beta ** t));
    state = adam(...state, gradients, corrections[0]!, corrections[1]!);
    for (const arrays of state) await ready(arrays);
    const ended = performance.now();
    return {
      forwardMs: null,
      backwardMs: null,
      gradientMs: differentiated - started,
      updateMs: ended - differentiated,
      totalMs: ended - started,
      loss: value,
    };
  };
}
