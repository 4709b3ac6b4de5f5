/**
 * The training that a configuration is of.
 *
 * @module
 */
import {
  decodePretrainConfig,
  type Faults,
  type FreezePlan,
  gridSize,
  left,
  type ModelSpec,
  parameterSpecs,
  planOf,
  type PretrainConfig,
  type Result,
  right,
  sinCosPositions,
  stateKinds,
  stateName,
} from "../../core/mod.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import { movedParameters } from "../tasks/pretrain.ts";

/** Pre-training with its plan. */
export interface RunIdentity extends TrainingIdentity {
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
}

/** Position tables, which are fixed but part of timm's and LocalMIM's checkpoints. */
function positionTables(
  model: ModelSpec,
): NonNullable<TrainingIdentity["constants"]> {
  const table = (width: number) => ({
    shape: [1, 1 + gridSize(model) ** 2, width],
    data: Float32Array.from(sinCosPositions(width, gridSize(model))),
  });
  const decoderTable = table(model.decoderEmbedDim);
  return new Map([
    ["pos_embed", table(model.embedDim)],
    ...model.stages.map((_, k) =>
      [`decoder.${k}.pos_embed`, decoderTable] as const
    ),
  ]);
}

/**
 * Pre-training as its files know it.
 *
 * @param config Everything that determines it.
 * @param plan Its plan.
 */
export function pretrainIdentity(
  config: PretrainConfig,
  plan: FreezePlan,
): RunIdentity {
  return {
    task: "pretrain",
    config,
    plan,
    training: config.training,
    stateShapes: (step) => ({
      parameters: parameterSpecs(config.model),
      optimizer: movedParameters(config, plan, step).flatMap((
        { name, shape },
      ) =>
        stateKinds(config.optimizer).map((kind) => ({
          name: stateName(kind, name),
          shape,
        }))
      ),
      statistics: [],
      averages: [],
    }),
    constants: positionTables(config.model),
  };
}

/**
 * The training that files say they are of: its plan follows from configuration and
 * length.
 *
 * @param task Kind of training.
 * @param config Its configuration in JSON form.
 * @param totalSteps Optimizer steps of the whole training.
 * @returns The training, or what is wrong with the configuration.
 */
export function identityOf(
  task: string,
  config: unknown,
  totalSteps: number,
): Result<Faults, TrainingIdentity> {
  if (task !== "pretrain") {
    return left([{
      _tag: "Inconsistent",
      path: "task",
      found: task,
      wanted: "pretrain",
    }]);
  }
  const decoded = decodePretrainConfig(config);
  if (decoded._tag === "Left") return decoded;
  const { epochs, batchSize, accumIter } = decoded.right.training;
  const samples = totalSteps / epochs * batchSize * accumIter;
  const plan = planOf(decoded.right, samples);
  return plan._tag === "Left"
    ? plan
    : right(pretrainIdentity(decoded.right, plan.right));
}
