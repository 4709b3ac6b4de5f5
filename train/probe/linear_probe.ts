/**
 * Linear probing of features.
 *
 * @module
 */
import type {
  Backend,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import {
  left,
  PROBE_NAMES,
  probeLength,
  probeRate,
  probeShapes,
  probeStepGraph,
  type Result,
  right,
} from "../../core/mod.ts";
import { uploadAll } from "../batch_tensors.ts";
import { type HealthCheck, stepHealth } from "../gradient_health.ts";
import { compileGraph, orBackendFailed } from "../run_graph.ts";
import {
  type NextItem,
  type Stepped,
  type SteppedTraining,
  steppedTraining,
  type Stepper,
  type TensorSnapshot,
} from "../stepped_training.ts";
import type { TrainError } from "../train_error.ts";
import { disposeAll } from "../train_state.ts";
import {
  epochBatches,
  type ProbeBatch,
  type ProbedSamples,
} from "./probe_batches.ts";

/** What a linear probe needs. */
export interface ProbeInputs extends ProbedSamples {
  /** Where it computes. */
  readonly backend: Backend;
  /** Where it starts: `initialProbe`, or a later snapshot. */
  readonly start: TensorSnapshot;
}

/** What happened in a step. */
export interface ProbeReport {
  /** Its number, from 0. */
  readonly step: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** Learning rate. */
  readonly rate: number;
  /** Mean cross entropy of its samples, before they changed the weights. */
  readonly loss: number;
  /** Length of the gradients of weights and biases together. */
  readonly gradientNorm: number;
}

/** Rate and epoch of a step. */
type Moment = (step: number) => Pick<ProbeReport, "epoch" | "rate">;

/** Everything of a step but its programs. */
interface StepContext {
  readonly inputs: ProbeInputs;
  readonly program: Program;
  readonly moment: Moment;
}

/** What of a step is looked at, in the order in which it gives the sums of squares. */
const CHECK: HealthCheck = {
  squares: null,
  watched: [
    ...[PROBE_NAMES.weight, PROBE_NAMES.bias].map((name) =>
      ({ kind: "gradient", name, part: "linear layer" }) as const
    ),
    ...[PROBE_NAMES.mean, PROBE_NAMES.variance].map((name) =>
      ({ kind: "statistics", name, part: "batch normalisation" }) as const
    ),
  ],
};

/**
 * Takes a step on one batch; a loss, a gradient or statistics that are not finite leave
 * the tensors as they are.
 */
async function takeStep(
  { inputs: { config, backend }, program, moment }: StepContext,
  tensors: DeviceTensors,
  step: number,
  { features, targets }: ProbeBatch,
): Promise<Result<TrainError, Stepped<ProbeReport>>> {
  const { batchSize, width, classes } = config;
  const { epoch, rate } = moment(step);
  const given = uploadAll(backend, {
    features: { shape: [batchSize, width], data: features },
    targets: { shape: [batchSize, classes], data: targets },
    rate: { shape: [], data: Float32Array.of(rate) },
  });
  const outputs = await program.run(new Map([...tensors, ...given]));
  disposeAll(given.values());
  if (outputs._tag === "Left") return orBackendFailed(outputs);
  const health = await stepHealth(backend, CHECK, outputs.right, step);
  if (health._tag === "Left") {
    disposeAll(outputs.right.values());
    return health;
  }
  const isKept = ([name]: readonly [string, unknown]): boolean =>
    tensors.has(name);
  const next = new Map([...outputs.right].filter(isKept));
  const others = [...outputs.right].filter((entry) => !isKept(entry));
  disposeAll([...tensors.values(), ...others.map(([, tensor]) => tensor)]);
  return right({
    tensors: next,
    report: { step, epoch, rate, ...health.right },
  });
}

async function openProbe(
  inputs: ProbeInputs,
  moment: Moment,
): Promise<Result<TrainError, Stepper<ProbeBatch, ProbeReport>>> {
  const { config, backend } = inputs;
  const graph = probeStepGraph(config, config.optimizer, config.batchSize);
  const compiled = await compileGraph(backend, graph);
  if (compiled._tag === "Left") return compiled;
  const context: StepContext = { inputs, program: compiled.right, moment };
  return right({
    take: async (tensors, step, next: NextItem<ProbeBatch>) => {
      const batch = await next();
      return batch._tag === "Left"
        ? batch
        : await takeStep(context, tensors, step, batch.right);
    },
    dispose: () => compiled.right.dispose(),
  });
}

/**
 * Trains a linear classifier on features of a frozen encoder: batch normalisation
 * without gain and bias, a linear layer, LARS, a cosine with warm-up. Order and
 * first values follow from the seed; nothing is remembered between steps but the
 * tensors, so it can stop and go on anywhere.
 *
 * @param inputs Configuration, engine, features and starting point.
 * @returns The training, or what is wrong with the configuration.
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, appendix A.1.
 *
 * @example Two classes that lie apart
 * ```ts
 * import { selectBackend } from "@vitfreeze/vitfreeze/backends";
 * import { initialProbe, linearProbe, orThrow, PROBE_RECIPE, probeAccuracy } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const features = { features: Float32Array.of(1, 0, 2, 0, 0, 1, 0, 2), width: 2, labels: Int32Array.of(0, 0, 1, 1) };
 * const config = { ...PROBE_RECIPE, width: 2, classes: 2, epochs: 20, warmupEpochs: 2, batchSize: 4, baseRate: 100 };
 * const { backend } = orThrow(await selectBackend("cpu"));
 * const probe = orThrow(linearProbe({
 *   config,
 *   backend,
 *   samples: 4,
 *   features: () => Promise.resolve({ _tag: "Right", right: features }),
 *   start: initialProbe(config),
 * }));
 * for await (const report of probe) orThrow(report);
 *
 * const trained = orThrow(await probe.snapshot());
 * const { top1 } = orThrow(await probeAccuracy(backend, config, trained.tensors, features));
 * probe.dispose();
 * strictEqual(top1, 1);
 * ```
 */
export function linearProbe(
  inputs: ProbeInputs,
): Result<TrainError, SteppedTraining<ProbeReport>> {
  const { config, backend, start } = inputs;
  const length = probeLength(config, inputs.samples);
  if (length._tag === "Left") {
    return left({ _tag: "BadConfig", faults: length.left });
  }
  const { totalSteps, stepsPerEpoch } = length.right;
  const rate = probeRate(config, stepsPerEpoch);
  const moment: Moment = (step) => ({
    epoch: Math.floor(step / stepsPerEpoch),
    rate: rate(step),
  });
  return right(steppedTraining({
    backend,
    shapes: probeShapes(config),
    start,
    totalSteps,
    stepsPerEpoch,
    itemsPerStep: 1,
    items: (epoch, fromBatch) => epochBatches(inputs, epoch, fromBatch),
    open: () => openProbe(inputs, moment),
  }));
}
