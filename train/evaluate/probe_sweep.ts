/** The learning rate of a linear probe, chosen on samples that are held out. */
import type {
  Backend,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import {
  left,
  PROBE_NAMES,
  type ProbeConfig,
  type ProbePlan,
  probePlan,
  probeShapes,
  probeSweepGraph,
  ratesAt,
  type Result,
  right,
  rootKey,
  split,
  sweptName,
} from "../../core/mod.ts";
import { splitLabels } from "../../data/classes/split_by_class.ts";
import { compileGraph } from "../engine/programs.ts";
import {
  disposeAll,
  download,
  type HostBatch,
  type HostTensors,
  orBackendFailed,
  uploadAll,
} from "../engine/tensors.ts";
import { initialProbe } from "../tasks/probe.ts";
import {
  type LabelledFeatures,
  type ProbeBatch,
  probeBatches,
  selectPoints,
} from "../tasks/probe_batches.ts";
import { topAccuracy } from "./accuracy.ts";
import { fromSource, type TrainError } from "../train_error.ts";
import { type WorkOptions, yieldToOthers } from "../work_options.ts";
import { probeScores } from "./probe_accuracy.ts";

/** Base rates that are tried by default: two to each factor of ten. */
export const SWEPT_RATES: readonly number[] = [
  ...[0.03, 0.1, 0.3, 1, 3],
  ...[10, 30, 100, 300, 1000],
];

/** Part of each class that is held out. */
const HELD_OUT = 0.2;

/** Held-out samples that tell rates apart well enough. */
const MOST_HELD_OUT = 10_000;

/** Fewest training samples, if there are as many. */
const LEAST_LEARNED = 8192;

/** Result of a rate. */
export interface SweptRate {
  /** Base rate. */
  readonly baseRate: number;
  /** Top-1 accuracy on the samples held out, in `[0, 1]`. */
  readonly top1: number;
  /** Mean cross entropy there; `NaN` where scores are not finite. */
  readonly loss: number;
  /** True if that loss is no lower than that of a uniform guess, `ln(classes)`. */
  readonly diverged: boolean;
}

/** Rates beside each other. */
export interface ProbeSweep {
  /** Samples held out. */
  readonly heldOut: number;
  /** Result of each rate; none where no class has a sample to hold out. */
  readonly rates: readonly SweptRate[];
}

/** Inputs of a comparison of rates. */
export interface SweepInputs {
  /** The probe; its own base rate has no influence. */
  readonly config: ProbeConfig;
  /** The engine. */
  readonly backend: Backend;
  /** All training samples. */
  readonly features: LabelledFeatures;
  /** Base rates, at least one; `SWEPT_RATES` by default. */
  readonly rates?: readonly number[];
}

interface Parts {
  readonly learned: LabelledFeatures;
  readonly heldOut: LabelledFeatures;
}

/**
 * Holds a fifth of each class out. Of many samples a tenth is trained on, so that
 * all ten rates together cost what the probe itself costs.
 */
function partsOf({ config, features }: SweepInputs): Parts {
  const { labels } = features;
  const key = split(rootKey(config.seed), "sweep");
  const held = Math.min(Math.round(HELD_OUT * labels.length), MOST_HELD_OUT);
  const { share, rest } = splitLabels(labels, held, key);
  const learned = selectPoints(features, rest);
  const most = Math.max(LEAST_LEARNED, Math.ceil(labels.length / 10));
  const few = rest.length <= most ? learned : selectPoints(
    learned,
    splitLabels(learned.labels, most, key).share,
  );
  return { learned: few, heldOut: selectPoints(features, share) };
}

/** The probe on fewer samples: as many steps an epoch, with the step rates of the whole. */
function sweptConfig(
  config: ProbeConfig,
  samples: number,
  learned: number,
  baseRate: number,
): ProbeConfig {
  const scaled = Math.round(config.batchSize * learned / samples);
  const batchSize = Math.min(learned, Math.max(2, scaled));
  return {
    ...config,
    batchSize,
    baseRate: baseRate * config.batchSize / batchSize,
  };
}

/** Something for each tensor of each head. */
function ofHeads<A>(
  heads: number,
  entries: Iterable<readonly [name: string, value: A]>,
): Map<string, A> {
  const all = [...entries];
  return new Map(
    Array.from(
      { length: heads },
      (_, head) =>
        all.map(([name, value]) => [sweptName(head, name), value] as const),
    )
      .flat(),
  );
}

/** All heads on a device, and the program of their common step. */
interface Sweep {
  readonly backend: Backend;
  readonly program: Program;
  readonly config: ProbeConfig;
  readonly plans: readonly ProbePlan[];
}

/** Takes a step of all heads. Nothing is checked: one that diverges leaves the others alone. */
async function sweptStep(
  { backend, program, config, plans }: Sweep,
  tensors: DeviceTensors,
  step: number,
  { features, targets }: ProbeBatch,
): Promise<Result<TrainError, DeviceTensors>> {
  const { batchSize, width, classes } = config;
  const rates = plans.map((plan, k) => {
    const data = Float32Array.of(ratesAt(plan)(step).unfrozen);
    return [`rate/${k}`, { shape: [], data }] as const;
  });
  const given = uploadAll(backend, {
    features: { shape: [batchSize, width], data: features },
    targets: { shape: [batchSize, classes], data: targets },
    ...Object.fromEntries(rates),
  });
  const run = await program.run(new Map([...tensors, ...given]));
  disposeAll(given.values());
  if (run._tag === "Right") disposeAll(tensors.values());
  return orBackendFailed(run);
}

/** Takes all steps; gives the heads' tensors by `sweptName`. */
async function takeSteps(
  sweep: Sweep,
  first: HostBatch,
  learned: LabelledFeatures,
  { signal, onProgress }: WorkOptions,
): Promise<Result<TrainError, HostTensors>> {
  const { backend, config } = sweep;
  const samples = learned.labels.length;
  const features = () => Promise.resolve(right(learned));
  const batches = probeBatches({ config, samples, features });
  let [tensors, step] = [uploadAll(backend, first), 0];
  try {
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      for await (const batch of batches(epoch, 0)) {
        if (batch._tag === "Left") return left(fromSource(batch.left));
        const goOn = await yieldToOthers(signal);
        if (goOn._tag === "Left") return goOn;
        const next = await sweptStep(sweep, tensors, step, batch.right);
        if (next._tag === "Left") return next;
        tensors = next.right;
        step++;
        onProgress?.(step);
      }
    }
    return await download(backend, tensors);
  } finally {
    disposeAll(tensors.values());
  }
}

/** Trains all heads on the same samples; gives their tensors by `sweptName`. */
async function trainedHeads(
  backend: Backend,
  configs: readonly [ProbeConfig, ...ProbeConfig[]],
  learned: LabelledFeatures,
  options: WorkOptions,
): Promise<Result<TrainError, HostTensors>> {
  const [config] = configs;
  const plans = configs.map((one) => probePlan(one, learned.labels.length));
  const bad = plans.find((plan) => plan._tag === "Left");
  if (bad?._tag === "Left") {
    return left({ _tag: "BadConfig", faults: bad.left });
  }
  const { optimizer, batchSize } = config;
  const heads = configs.length;
  const graph = probeSweepGraph(config, optimizer, batchSize, heads);
  const compiled = await compileGraph(backend, graph);
  if (compiled._tag === "Left") return compiled;
  const { parameters, statistics, optimizer: state } = initialProbe(config);
  const shapes = probeShapes(config);
  const first = [...parameters, ...statistics, ...state].map(([name, data]) =>
    [name, { shape: shapes[name] ?? [data.length], data }] as const
  );
  const sweep = {
    ...{ backend, config, program: compiled.right },
    plans: plans.flatMap((plan) => plan._tag === "Right" ? [plan.right] : []),
  };
  const ofAll = Object.fromEntries(ofHeads(heads, first));
  const found = await takeSteps(sweep, ofAll, learned, options);
  compiled.right.dispose();
  return found;
}

/** Mean cross entropy of scores `[count, classes]`. */
function crossEntropy(
  scores: Float32Array,
  labels: Int32Array,
  classes: number,
): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((all, score) => all + Math.exp(score - most), 0);
    sum += Math.log(total) + most - (row[label] ?? NaN);
  });
  return sum / labels.length;
}

/** Result of one head. */
async function evaluated(
  { backend, config }: SweepInputs,
  tensors: HostTensors,
  head: number,
  heldOut: LabelledFeatures,
  baseRate: number,
): Promise<Result<TrainError, SweptRate>> {
  const own = (names: readonly string[]): HostTensors =>
    new Map(names.map((name) => [
      name,
      tensors.get(sweptName(head, name)) ?? new Float32Array(),
    ]));
  const probe = {
    parameters: own([PROBE_NAMES.weight, PROBE_NAMES.bias]),
    statistics: own([PROBE_NAMES.mean, PROBE_NAMES.variance]),
  };
  const scores = await probeScores(backend, config, probe, heldOut);
  if (scores._tag === "Left") return scores;
  const { classes } = config;
  const loss = crossEntropy(scores.right, heldOut.labels, classes);
  const top1 = topAccuracy(scores.right, heldOut.labels, classes, 1);
  return right({ baseRate, top1, loss, diverged: !(loss < Math.log(classes)) });
}

/**
 * Tries base rates: a fifth of each class is held out, all rates train on the same
 * batches of the others in one pass, each with its own linear layer, and are evaluated by
 * what was held out. They take as many steps as the probe itself will.
 *
 * @param options Progress in steps, and a signal that stops it.
 * @returns Result of each rate, in order; or the first error.
 */
export async function sweepProbe(
  inputs: SweepInputs,
  options: WorkOptions = {},
): Promise<Result<TrainError, ProbeSweep>> {
  const { config, backend, features, rates = SWEPT_RATES } = inputs;
  const { learned, heldOut } = partsOf(inputs);
  const [samples, few] = [features.labels.length, learned.labels.length];
  const [first, ...others] = rates.map((rate) =>
    sweptConfig(config, samples, few, rate)
  );
  if (first === undefined || heldOut.labels.length === 0 || few < 2) {
    return right({ heldOut: 0, rates: [] });
  }
  const configs = [first, ...others] as const;
  const trained = await trainedHeads(backend, configs, learned, options);
  if (trained._tag === "Left") return trained;
  const found: SweptRate[] = [];
  for (const [head, rate] of rates.entries()) {
    const one = await evaluated(inputs, trained.right, head, heldOut, rate);
    if (one._tag === "Left") return one;
    found.push(one.right);
  }
  return right({ heldOut: heldOut.labels.length, rates: found });
}

/** Order of rates: the better one did not diverge, finds more, has the lower loss. */
function isBetter(a: SweptRate, b: SweptRate): boolean {
  if (a.diverged !== b.diverged) return b.diverged;
  return a.top1 !== b.top1 ? a.top1 > b.top1 : a.loss < b.loss;
}

/**
 * The best rate: one that did not diverge, if there is one; among those the most
 * accurate, then the one of the lowest loss, then the first.
 *
 * @param sweep Rates beside each other.
 * @returns The rate, or `null` if none was tried.
 */
export function chosenRate({ rates }: ProbeSweep): SweptRate | null {
  return rates.reduce<SweptRate | null>(
    (best, one) => best === null || isBetter(one, best) ? one : best,
    null,
  );
}
