/** Models, networks and numbers of ranks whose scaling is predicted. */
import {
  DEFAULT_PRETRAIN_CONFIG,
  type FreezePlan,
  MODEL_PRESETS,
  type Network,
  type Phase,
  type PhaseWork,
  planOf,
  predictRun,
  type RunPrediction,
} from "../../core/mod.ts";
import {
  gradientBytes,
  orThrow,
  pretrainTask,
  type Task,
} from "../../train/mod.ts";
import { gradientBuckets } from "./buckets.ts";
import type { Machine } from "./machines.ts";

/** A model and its steps. */
export interface Study {
  /** Name of the preset. */
  readonly model: "vit-b" | "vit-l";
  /** Images of a step, of all ranks. */
  readonly images: number;
  /** Numbers of frozen layers that are predicted. */
  readonly frozen: readonly number[];
  /** Those that are drawn. */
  readonly drawn: readonly number[];
}

/** The models: the middle and the last but one phase of both. */
export const STUDIES: readonly Study[] = [
  { model: "vit-b", images: 2048, frozen: [0, 7, 11], drawn: [0, 7, 11] },
  {
    ...{ model: "vit-l", images: 4096 },
    ...{ frozen: [0, 7, 11, 13, 23], drawn: [0, 13, 23] },
  },
];

/** Speeds of networks, Gbit/s. */
export const GIGABITS: readonly number[] = [1, 10, 25, 100, 400];

/** Numbers of ranks, one on each node. */
export const RANKS: readonly number[] = Array.from(
  { length: 9 },
  (_, k) => 2 ** k,
);

/** Seconds of a message. */
export const LATENCY = 20e-6;

/** Images of an epoch of ImageNet. */
const IMAGENET = 1_281_167;

/** A model with the plan of the papers. */
export interface Planned {
  /** The model. */
  readonly study: Study;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Its training. */
  readonly task: Task<unknown>;
}

/** The papers' run of a model: 100 epochs, cubic with `t0 = 0.8`. */
export function planned(study: Study): Planned {
  const { training } = DEFAULT_PRETRAIN_CONFIG;
  const config = {
    ...DEFAULT_PRETRAIN_CONFIG,
    model: MODEL_PRESETS[study.model],
    training: { ...training, accumIter: study.images / training.batchSize },
  };
  const plan = orThrow(planOf(config, IMAGENET));
  const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
  return { study, plan, task };
}

/** What a rank computes in the steps of each phase. */
export function worksOf(
  { plan, task }: Planned,
): (machine: Machine) => readonly PhaseWork[] {
  const sums = plan.phases.map((phase) => gradientBuckets(task, phase));
  return ({ passSeconds, microBatch, numberSeconds, imageSeconds }) =>
    plan.phases.map((phase, i) => ({
      phase,
      work: {
        ...{ passSeconds, microBatch },
        imageSeconds: imageSeconds(plan)(phase),
        updateSeconds: numberSeconds * gradientBytes(task, phase) / 4,
        buckets: sums[i] ?? [],
      },
    }));
}

/** The network of a machine at so many Gbit/s. */
export const networkOf = ({ host }: Machine, gigabits: number): Network => ({
  ...host,
  bitsPerSecond: gigabits * 1e9,
  latencySeconds: LATENCY,
});

/** Prediction of the steps of some phases on so many ranks that share a step. */
export const predictionOf = (
  works: readonly PhaseWork[],
  network: Network,
  { images }: Study,
): (ranks: number) => RunPrediction =>
  predictRun(works, network, { _tag: "Strong", images });

/** The most ranks that share a step with at least such an efficiency. */
export function mostRanks(
  works: readonly PhaseWork[],
  network: Network,
  study: Study,
  efficiency: number,
): number {
  const predicted = predictionOf(works, network, study);
  for (let ranks = study.images; ranks > 1; ranks--) {
    if (predicted(ranks).efficiency >= efficiency) return ranks;
  }
  return 1;
}

/** Works of a run of equal length in which nothing freezes. */
export const unfrozenWorks = (
  works: readonly PhaseWork[],
): readonly PhaseWork[] =>
  works.map(({ phase }) => ({ phase, work: works[0]!.work }));

/** Works of the phase with so many frozen layers. */
export const worksWith = (
  { phases }: FreezePlan,
  works: readonly PhaseWork[],
  frozen: number,
): readonly PhaseWork[] =>
  works.filter((_, i) => (phases[i] as Phase).frozenLayers === frozen);
