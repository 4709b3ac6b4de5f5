/**
 * The encoder step as graphs: what every library with automatic differentiation
 * can be asked to do.
 *
 * The loss is `Σ_k mean((LN_k(x_k) − target_k)²)` over the live stages `k`, where
 * `x_k` is the output of the block that stage `k` taps, all patches seen; the
 * optimizer is Adam.
 */
import {
  type AdamWConfig,
  encode,
  type Faults,
  type Graph,
  type GraphBuilder,
  isTrainable,
  modelScope,
  type ModelSpec,
  type NodeId,
  type Owner,
  type ParameterSpec,
  type Result,
  right,
  sizeOf,
  tapNorm,
  traceGraph,
  updateGraph,
  type VitScope,
} from "../../core/mod.ts";
import type { OurPhase } from "./our_phase.ts";
import { encoderParameters, targetName } from "./start_file.ts";

/** Adam as every side uses it: the method's moments, no weight decay. */
export const ENCODER_ADAM: AdamWConfig = {
  _tag: "AdamW",
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
};

/** Learning rate of every parameter. */
export const ENCODER_RATE = 1e-4;

/** Name of the input with the learning rate. */
export const RATE_INPUT = "rate";

/** Graphs of the encoder step. */
export interface EncoderGraphs {
  /** Parameters that move. */
  readonly trained: readonly ParameterSpec[];
  /** Outputs `loss` and `gradient/NAME`. */
  readonly gradient: Graph;
  /** Adam. */
  readonly update: Graph;
}

/** The parameters of an encoder step that train in a phase. */
export function trainedEncoder(
  { config: { model }, plan, phase }: OurPhase,
): readonly ParameterSpec[] {
  const trains = isTrainable(plan, phase);
  return encoderParameters(model).filter(({ owner }) => trains(owner));
}

/** `mean((x − target)²)`. */
function meanSquare(g: GraphBuilder, x: NodeId, target: NodeId): NodeId {
  const squares = g.apply("square", {}, [g.subtract(x, target)]);
  return g.scale(g.sumTo(squares, []), 1 / sizeOf(g.shape(x)));
}

function lossOf(
  scope: VitScope,
  model: ModelSpec,
  batchSize: number,
  liveStages: readonly number[],
): NodeId {
  const { g } = scope;
  const { inChannels: C, imageSize: side } = model;
  const images = g.input("images", [batchSize, C, side, side]);
  const { blocks } = encode(scope, model, images, null);
  const [first = -1, ...others] = liveStages.map((k) => {
    const tapped = blocks[model.stages[k]?.tap ?? -1] ?? -1;
    const target = g.input(targetName(k), g.shape(tapped));
    return meanSquare(g, tapNorm(scope, model, k, tapped), target);
  });
  return others.reduce((sum, part) => g.add(sum, part), first);
}

/**
 * Graphs of the encoder step in a phase.
 *
 * @param phased Trained layers.
 */
export function encoderGraphs(
  phased: OurPhase,
): Result<Faults, EncoderGraphs> {
  const { config: { model, training }, phase } = phased;
  const trained = trainedEncoder(phased);
  const gradient = traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const loss = lossOf(scope, model, training.batchSize, phase.liveStages);
    const names = new Set(trained.map(({ name }) => name));
    return { loss, ...scope.gradients(loss, ({ name }) => names.has(name)) };
  });
  if (gradient._tag === "Left") return gradient;
  const update = updateGraph(
    ENCODER_ADAM,
    trained.map(({ name, shape }) => ({
      name,
      shape,
      decayed: false,
      rate: RATE_INPUT,
    })),
  );
  return update._tag === "Left"
    ? update
    : right({ trained, gradient: gradient.right, update: update.right });
}
