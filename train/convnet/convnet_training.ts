/**
 * Training of a convolutional network under FreezeOut.
 *
 * @module
 */
import type { BatchSource } from "../tasks/image_batch.ts";
import type { Backend } from "../../backends/backend.ts";
import {
  convNetTensors,
  initialValues,
  left,
  type Result,
  right,
  rootKey,
  sizeOf,
  split,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";

import { presentPrograms } from "../present_programs.ts";
import {
  type SteppedTraining,
  steppedTraining,
  type Stepper,
  type TensorSnapshot,
} from "../stepped_training.ts";
import { fromSource, type TrainError } from "../train_error.ts";
import type { TrainingIdentity } from "../run/training_file.ts";
import {
  compileConvNet,
  type ConvNetIdentity,
  type ConvNetPrograms,
  convNetShapes,
  disposeConvNet,
} from "./convnet_programs.ts";
import { type ConvNetReport, convNetStep } from "./convnet_step.ts";

/** What such training needs. */
export interface ConvNetInputs extends ConvNetIdentity {
  /** Where it computes. */
  readonly backend: Backend;
  /** Where labelled images come from. */
  readonly batches: BatchSource;
  /** Where it starts: `initialConvNet`, or a later snapshot. */
  readonly start: TensorSnapshot;
}

/**
 * The moment before the first step; each tensor draws from a key of its own name.
 *
 * @param run Configuration and plan.
 */
export function initialConvNet(run: ConvNetIdentity): TensorSnapshot {
  const { model, training: { seed } } = run.config;
  const { parameters, statistics } = convNetTensors(model);
  const key = split(rootKey(seed), "parameters");
  const first = new Map(
    [...parameters, ...statistics].map((tensor) => [
      tensor.name,
      initialValues(tensor, split(key, tensor.name)),
    ]),
  );
  const shapes = Object.entries(convNetShapes(run, 0));
  return {
    step: 0,
    tensors: new Map(
      shapes.map(([name, shape]) => [
        name,
        first.get(name) ?? new Float32Array(sizeOf(shape)),
      ]),
    ),
  };
}

/**
 * What `trainingParts` and `readTraining` must know of such training.
 *
 * @param run Configuration and plan.
 */
export function convNetIdentity(run: ConvNetIdentity): TrainingIdentity {
  const { config, plan: { totalSteps } } = run;
  return { config, totalSteps, shapesAt: (step) => convNetShapes(run, step) };
}

/** Takes steps, with the programs of their phase. */
function stepperOf(
  inputs: ConvNetInputs,
  stepsPerEpoch: number,
): Stepper<Batch, ConvNetReport> {
  const { backend, plan } = inputs;
  const programs = presentPrograms<ConvNetPrograms>(plan, {
    compile: (phase) => compileConvNet(backend, inputs, phase),
    dispose: disposeConvNet,
  });
  return {
    take: async (tensors, step, next) => {
      const found = await programs.at(step);
      if (found._tag === "Left") return found;
      const batch = await next();
      if (batch._tag === "Left") return batch;
      const context = { ...inputs, programs: found.right };
      const epoch = Math.floor(step / stepsPerEpoch);
      return await convNetStep(context, tensors, step, epoch, batch.right);
    },
    dispose: programs.dispose,
  };
}

async function* batchesOf(
  { batches }: ConvNetInputs,
  epoch: number,
  fromBatch: number,
): AsyncGenerator<Result<TrainError, Batch>> {
  for await (const batch of batches(epoch, fromBatch)) {
    if (batch._tag === "Left") {
      return yield left(fromSource(batch.left));
    }
    yield batch;
  }
}

/**
 * Trains a convolutional network: cross entropy, stochastic gradient descent or AdamW,
 * layers freeze as the plan says. A frozen layer normalises by its running statistics,
 * has no gradient, no moments and no decay, and the backward pass ends behind it.
 *
 * What a step does follows from its number, the seed and the tensors alone, so training
 * can stop and go on anywhere.
 *
 * @param inputs Configuration, plan, engine, images and starting point.
 * @returns The training; nothing is computed before it is iterated.
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
 * const run = vit.convNetTraining({ config, plan, backend, batches, start });
 * for await (const step of run) {
 *   ok(vit.orThrow(step).loss > 0);
 *   break;
 * }
 * run.dispose();
 * ```
 */
export function convNetTraining(
  inputs: ConvNetInputs,
): SteppedTraining<ConvNetReport> {
  const { config, plan, backend, start } = inputs;
  const stepsPerEpoch = plan.totalSteps / config.training.epochs;
  return steppedTraining<Batch, ConvNetReport>({
    backend,
    shapes: convNetShapes(inputs, start.step),
    start,
    totalSteps: plan.totalSteps,
    stepsPerEpoch,
    itemsPerStep: 1,
    items: (epoch, fromBatch) => batchesOf(inputs, epoch, fromBatch),
    open: () => Promise.resolve(right(stepperOf(inputs, stepsPerEpoch))),
  });
}
