/** Training of a convolutional network under FreezeOut. */
import {
  type ConvNetConfig,
  convNetDropout,
  type ConvNetPlan,
  convNetStepGraph,
  convNetTensors,
  type Declarations,
  initialValues,
  type Phase,
  phaseAt,
  type Result,
  right,
  rootKey,
  split,
} from "../../core/mod.ts";
import { rateName } from "../engine/step/phase.ts";
import { firstSnapshot, type Snapshot } from "../engine/state.ts";
import { optimizerShapes, type Placed, type Task } from "../engine/task.ts";
import type { HostBatch } from "../engine/tensors.ts";
import type { TrainError } from "../train_error.ts";
import { badSample, imageInput, type TrainingBatch } from "./batch_images.ts";
import { dropoutFactors } from "./dropout.ts";
import { checkedLabels } from "./image_batches.ts";

/** Training of a network with its plan. */
export interface ConvNetRun {
  /**
   * Statistics by which ranks normalise, where several share a batch: those of the whole
   * batch (`common`, the default: the run is that of one process), or each those of its own
   * images (`own`: less is sent, and the run depends on the number of ranks; running
   * statistics are the means over ranks).
   */
  readonly rankStatistics?: "common" | "own" | undefined;
  /** Everything that determines it but the images. */
  readonly config: ConvNetConfig;
  /** Its plan, `convNetPlan`. */
  readonly plan: ConvNetPlan;
}

const learning = (
  tensors: Declarations<number>["parameters"],
  { frozenLayers }: Phase,
): Declarations<number>["parameters"] =>
  tensors.filter(({ owner }) => owner >= frozenLayers);

/**
 * Images and classes of a batch as the step graph takes them.
 *
 * @returns Tensors by name, or the first sample that has no class.
 */
export function convNetTargets(
  batch: TrainingBatch,
  classes: number,
): Result<TrainError, HostBatch> {
  const labels = checkedLabels(batch, classes);
  if (labels._tag === "Left") return labels;
  const { indices, shape } = batch;
  const targets = new Float32Array(indices.length * classes);
  labels.right.forEach((label, i) => targets[i * classes + label] = 1);
  return right({
    images: imageInput(shape, batch),
    targets: { shape: [indices.length, classes], data: targets },
  });
}

/** Inputs of the step graph: images, classes, and what is dropped where a network drops anything. */
function convNetInputs(
  { model, training: { seed } }: ConvNetConfig,
  { item, epoch }: Placed<TrainingBatch>,
): Result<TrainError, HostBatch> {
  const targets = convNetTargets(item, model.classes);
  const { rate, units } = convNetDropout(model);
  if (targets._tag === "Left" || units === 0) return targets;
  const data = dropoutFactors(rate, units, item.indices, { seed, epoch });
  const dropout = { shape: [item.indices.length, units], data };
  return right({ ...targets.right, dropout });
}

/** The state before the first step; each tensor draws from a key of its own name. */
export function initialConvNet(run: ConvNetRun): Snapshot {
  const { model, training: { seed } } = run.config;
  const { parameters, statistics } = convNetTensors(model);
  const key = split(rootKey(seed), "parameters");
  const first = [...parameters, ...statistics].map((tensor) =>
    [tensor.name, initialValues(tensor, split(key, tensor.name))] as const
  );
  return firstSnapshot(convNetTask(run), new Map(first));
}

/**
 * Training of a convolutional network as a task of the engine: cross entropy, stochastic
 * gradient descent or AdamW, layers freeze as the plan says. A frozen layer normalises by
 * its running statistics, has no gradient, no optimizer state and no decay, and the
 * backward pass ends behind it. Weight decay applies to every parameter, those of
 * normalisations and biases too, as it does in FreezeOut. A batch is a step and is
 * computed as a whole: normalisations use its statistics. What a VGG drops follows from
 * seed, epoch and sample.
 *
 * @see Brock et al., FreezeOut, 2017: {@link https://arxiv.org/abs/1706.04983}
 *
 * @example The first step of a small network on pictures of clothes
 * ```ts
 * import * as vit from "@vitfreeze/vitfreeze";
 * import { ok } from "node:assert/strict";
 *
 * const source = vit.orThrow(await vit.embeddedFashionMnist());
 * const model = { family: "wideResNet", depth: 10, width: 1, imageSize: 8, inChannels: 1, classes: 10 } as const;
 * const training = { ...vit.FREEZEOUT_RECIPE.training, batchSize: 4 };
 * const config: vit.ConvNetConfig = { ...vit.FREEZEOUT_RECIPE, model, training };
 * const plan = vit.orThrow(vit.convNetPlan(config, source.length));
 * const batches = vit.orThrow(vit.convNetBatches(source, config));
 * const { backend } = vit.orThrow(await vit.selectBackend("cpu"));
 * const start = vit.initialConvNet({ config, plan });
 *
 * const run = vit.train(vit.convNetTask({ config, plan }), { backend, batches, start });
 * for await (const step of run) {
 *   ok(vit.orThrow(step).loss > 0);
 *   break;
 * }
 * run.dispose();
 * ```
 */
export function convNetTask(run: ConvNetRun): Task<TrainingBatch> {
  const { config, plan, rankStatistics = "common" } = run;
  const { model, optimizer, clipGrad, training } = config;
  const graphOf = ({ frozenLayers }: Phase, batch: number, ranks?: number) =>
    convNetStepGraph({
      ...{ ...model, batch, firstTrained: frozenLayers },
      ...ranks === undefined ? {} : {
        ranks: rankStatistics === "common" ? ranks : 1,
        samples: training.batchSize,
      },
    });
  const { parameters, statistics } = convNetTensors(model);
  const layerOf = new Map(
    [...parameters, ...statistics].map(({ name, owner }) => [name, owner]),
  );
  const task: Task<TrainingBatch> = {
    task: "convnet",
    config,
    plan,
    training: { ...training, accumIter: 1 },
    optimizer,
    clipGrad,
    averageDecay: null,
    isDivisible: false,
    takesLevels: true,
    stateShapes: (step) => {
      const phase = phaseAt(plan)(Math.max(0, step - 1));
      return {
        parameters,
        optimizer: optimizerShapes(optimizer, learning(parameters, phase)),
        statistics,
        averages: [],
      };
    },
    stepGraph: (phase, batch) => graphOf(phase, batch),
    trainable: (phase) =>
      learning(parameters, phase).map(({ name, shape, owner: layer }) => {
        const rate = { name: rateName(layer), layer, scale: 1 };
        return { name, shape, decayed: true, rate };
      }),
    stageLosses: () => ({}),
    inputs: (placed) => convNetInputs(config, placed),
    partOf: (name) => {
      const layer = layerOf.get(name);
      return layer === undefined
        ? ""
        : `${plan.layers[layer]?.name}, layer ${layer}`;
    },
    badSample,
  };
  return {
    ...task,
    overRanks: (ranks) => ({
      ...task,
      stepGraph: (phase, batch) => graphOf(phase, batch, ranks),
    }),
  };
}
