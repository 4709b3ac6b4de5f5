/** Linear probing of features. */
import {
  type FreezePlan,
  initialValues,
  PROBE_NAMES,
  type ProbeConfig,
  probeStepGraph,
  right,
  rootKey,
  sizeOf,
  split,
} from "../../core/mod.ts";
import { rateName } from "../engine/step/phase.ts";
import { firstSnapshot, type Snapshot } from "../engine/state.ts";
import {
  optimizerShapes,
  type StateShapes,
  type Task,
} from "../engine/task.ts";
import type { ProbeBatch } from "./probe_batches.ts";

/** A linear probe with its plan. */
export interface ProbeRun {
  /** Everything that determines it but the features. */
  readonly config: ProbeConfig;
  /** Its plan, `probePlan`. */
  readonly plan: FreezePlan<unknown>;
}

const { weight, bias, mean, variance } = PROBE_NAMES;

/** Tensors of a probe: a linear layer, and the statistics of the normalisation before it. */
function shapesOf({ width, classes, optimizer }: ProbeConfig): StateShapes {
  const parameters = [
    { name: weight, shape: [classes, width] },
    { name: bias, shape: [classes] },
  ];
  return {
    parameters,
    optimizer: optimizerShapes(optimizer, parameters),
    statistics: [mean, variance].map((name) => ({ name, shape: [width] })),
    averages: [],
  };
}

/**
 * The state before the first step: weights from `Normal(0, 0.01)`, biases and means
 * 0, variances 1.
 *
 * @param config The probe; its seed gives the weights.
 */
export function initialProbe(config: ProbeConfig): Snapshot {
  const shapes = shapesOf(config);
  const init = { _tag: "Normal", deviation: 0.01 } as const;
  const shape = [config.classes, config.width];
  const key = split(rootKey(config.seed), "probe");
  const variances = new Float32Array(sizeOf([config.width])).fill(1);
  return firstSnapshot(
    { stateShapes: () => shapes },
    new Map([
      [weight, initialValues({ shape, init }, key)],
      [variance, variances],
    ]),
  );
}

/**
 * Linear probing as a task of the engine: a linear classifier on features of a frozen
 * encoder, with batch normalisation without gain and bias before it, LARS, and a cosine
 * with warm-up. Nothing freezes; normalisation uses the statistics of whole batches.
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, appendix A.1.
 *
 * @example Two classes that lie apart
 * ```ts
 * import { initialProbe, orThrow, PROBE_RECIPE, probeAccuracy, probeBatches, probePlan, probeTask, selectBackend, train } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const features = { features: Float32Array.of(1, 0, 2, 0, 0, 1, 0, 2), width: 2, labels: Int32Array.of(0, 0, 1, 1) };
 * const config = { ...PROBE_RECIPE, width: 2, classes: 2, epochs: 20, warmupEpochs: 2, batchSize: 4, baseRate: 100 };
 * const plan = orThrow(probePlan(config, 4));
 * const batches = probeBatches({ config, samples: 4, features: () => Promise.resolve({ _tag: "Right", right: features }) });
 * const { backend } = orThrow(await selectBackend("cpu"));
 * const probe = train(probeTask({ config, plan }), { backend, batches, start: initialProbe(config) });
 * for await (const report of probe) orThrow(report);
 *
 * const trained = orThrow(await probe.snapshot());
 * const { top1 } = orThrow(await probeAccuracy(backend, config, trained, features));
 * probe.dispose();
 * strictEqual(top1, 1);
 * ```
 */
export function probeTask({ config, plan }: ProbeRun): Task<ProbeBatch> {
  const { optimizer, epochs, batchSize, width, classes } = config;
  const shapes = shapesOf(config);
  const rate = { name: rateName(0), layer: 0, scale: 1 };
  return {
    task: "probe",
    config,
    plan,
    training: { epochs, batchSize, accumIter: 1 },
    optimizer,
    averageDecay: null,
    isDivisible: false,
    stateShapes: () => shapes,
    stepGraph: (_phase, samples) => probeStepGraph(config, samples),
    trainable: () =>
      shapes.parameters.map((parameter) => ({
        ...parameter,
        rate,
        decayed: true,
      })),
    stageLosses: () => ({}),
    inputs: ({ item: { features, targets } }) =>
      right({
        features: { shape: [batchSize, width], data: features },
        targets: { shape: [batchSize, classes], data: targets },
      }),
    partOf: (name) =>
      name === weight || name === bias ? "linear layer" : "batch normalisation",
    badSample: ({ features, indices }) => {
      const bad = features.findIndex((x) => !Number.isFinite(x));
      return bad < 0 ? null : String(indices[Math.floor(bad / width)]);
    },
  };
}
