/**
 * The encoder step as graphs: what every library with automatic differentiation
 * can be asked to do.
 *
 * The loss is `Σ_k mean((LN_k(x_k) − target_k)²)` over the live stages `k`, where
 * `x_k` is the output of the block that stage `k` taps, all patches seen; the
 * optimizer is Adam.
 *
 * @module
 */
import {
  type AdamWConfig,
  encode,
  type Faults,
  gradientName,
  gradients,
  type Graph,
  type GraphBuilder,
  isTrainable,
  layerNorm,
  modelScope,
  type ModelSpec,
  type NodeId,
  type ParameterSpec,
  type Result,
  right,
  sizeOf,
  traceGraph,
  updateGraph,
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
  g: GraphBuilder,
  model: ModelSpec,
  batchSize: number,
  liveStages: readonly number[],
): NodeId {
  const scope = modelScope(g, model);
  const { inChannels: C, imageSize: side } = model;
  const images = g.input("images", [batchSize, C, side, side]);
  const { blocks } = encode(scope, model, images, null);
  const [first = -1, ...others] = liveStages.map((k) => {
    const tapped = blocks[model.stages[k]?.tap ?? -1] ?? -1;
    const target = g.input(targetName(k), g.shape(tapped));
    return meanSquare(g, layerNorm(scope, `norm.${k}`, tapped), target);
  });
  return others.reduce((sum, part) => g.add(sum, part), first);
}

/**
 * Graphs of the encoder step in a phase.
 *
 * @param phased What trains.
 */
export function encoderGraphs(
  phased: OurPhase,
): Result<Faults, EncoderGraphs> {
  const { config: { model, training }, phase } = phased;
  const trained = trainedEncoder(phased);
  const gradient = traceGraph((g) => {
    const loss = lossOf(g, model, training.batchSize, phase.liveStages);
    const { parameter } = modelScope(g, model);
    const derivatives = gradients(
      g,
      loss,
      trained.map(({ name }) => parameter(name)),
    );
    return {
      loss,
      ...Object.fromEntries(
        trained.map((
          { name },
          i,
        ) => [gradientName(name), derivatives[i] ?? -1]),
      ),
    };
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
