/** Predictions of all machines, models, networks and numbers of ranks. */
import type { FreezePlan, PhaseWork } from "../../core/mod.ts";
import { gradientBytes } from "../../train/mod.ts";
import { ASSUMPTIONS, type Machine } from "./machines.ts";
import {
  GIGABITS,
  LATENCY,
  mostRanks,
  networkOf,
  type Planned,
  predictionOf,
  RANKS,
  type Study,
  unfrozenWorks,
  worksOf,
  worksWith,
} from "./study.ts";

/** Who computes what over which network. */
interface Place {
  /** Name of the machine. */
  readonly machine: string;
  /** Name of the model. */
  readonly model: Study["model"];
  /** Images of a step. */
  readonly images: number;
  /** Speed of the network, Gbit/s. */
  readonly gigabits: number;
}

/** Prediction of a step. */
export interface StepRow extends Place {
  /** Number of frozen layers. */
  readonly frozen: number;
  /** Bytes of the gradients that are added up. */
  readonly bytes: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** Milliseconds of the step. */
  readonly ms: number;
  /** Milliseconds of its forward and backward passes. */
  readonly gradientMs: number;
  /** Milliseconds of waiting for sums. */
  readonly exposedMs: number;
  /** Images of all ranks each second. */
  readonly imagesPerSecond: number;
  /** Images each second of a rank as a part of those of one rank alone. */
  readonly efficiency: number;
}

/** Prediction of a run of 100 epochs of ImageNet. */
export interface RunRow extends Place {
  /** Number of ranks. */
  readonly ranks: number;
  /** Hours of all steps. */
  readonly hours: number;
  /** Hours where nothing freezes. */
  readonly unfrozenHours: number;
  /** Part of the time that freezing saves. */
  readonly saved: number;
  /** Images each second, over all steps. */
  readonly imagesPerSecond: number;
  /** As of {@link StepRow}, over all steps. */
  readonly efficiency: number;
}

/** The most nodes with an efficiency of at least 80 %. */
export interface MostRow extends Place {
  /** Number of frozen layers. */
  readonly frozen: number;
  /** The nodes. */
  readonly nodes: number;
}

/** All predictions. */
export interface ScalingReport {
  /** What was assumed. */
  readonly assumptions: typeof ASSUMPTIONS & {
    /** Seconds of a message. */
    readonly latencySeconds: number;
  };
  /** Steps. */
  readonly steps: readonly StepRow[];
  /** Whole runs. */
  readonly runs: readonly RunRow[];
  /** Most nodes. */
  readonly most: readonly MostRow[];
}

/** One machine with one model on one network. */
interface Case {
  readonly place: Place;
  readonly planned: Planned;
  readonly machine: Machine;
  readonly works: readonly PhaseWork[];
}

/** A number of four digits. */
const short = (number: number): number => Number(number.toPrecision(4));

/** Bytes of the gradients of the phase with so many frozen layers. */
export function bytesWith({ plan, task }: Planned, frozen: number): number {
  const phase = plan.phases
    .find(({ frozenLayers }) => frozenLayers === frozen);
  return phase === undefined ? NaN : gradientBytes(task, phase);
}

function stepRows({ place, planned, machine, works }: Case): StepRow[] {
  const { plan, study } = planned;
  const network = networkOf(machine, place.gigabits);
  return study.frozen.flatMap((frozen) => {
    const predicted = predictionOf(
      worksWith(plan, works, frozen),
      network,
      study,
    );
    const bytes = bytesWith(planned, frozen);
    return RANKS.map((ranks) => {
      const { phases: [step], efficiency } = predicted(ranks);
      return {
        ...{ ...place, frozen, bytes, ranks },
        ms: short(1000 * (step?.stepSeconds ?? NaN)),
        gradientMs: short(1000 * (step?.gradientSeconds ?? NaN)),
        exposedMs: short(1000 * (step?.exposedSeconds ?? NaN)),
        imagesPerSecond: short(step?.imagesPerSecond ?? NaN),
        efficiency: short(efficiency),
      };
    });
  });
}

function runRows({ place, planned, machine, works }: Case): RunRow[] {
  const { study } = planned;
  const network = networkOf(machine, place.gigabits);
  const freezing = predictionOf(works, network, study);
  const unfrozen = predictionOf(unfrozenWorks(works), network, study);
  return RANKS.map((ranks) => {
    const { seconds, imagesPerSecond, efficiency } = freezing(ranks);
    const without = unfrozen(ranks).seconds;
    return {
      ...{ ...place, ranks },
      hours: short(seconds / 3600),
      unfrozenHours: short(without / 3600),
      saved: short(1 - seconds / without),
      imagesPerSecond: short(imagesPerSecond),
      efficiency: short(efficiency),
    };
  });
}

/** Numbers of frozen layers that are predicted, and that of the last phase. */
const countedIn = (study: Study, { phases }: FreezePlan): readonly number[] => [
  ...new Set([...study.frozen, phases.at(-1)?.frozenLayers ?? 0]),
];

function mostRows({ place, planned, machine, works }: Case): MostRow[] {
  const { plan, study } = planned;
  const network = networkOf(machine, place.gigabits);
  return countedIn(study, plan).map((frozen) => ({
    ...{ ...place, frozen },
    nodes: mostRanks(worksWith(plan, works, frozen), network, study, 0.8),
  }));
}

/** Predicts all cases. */
export function scalingReport(
  machines: readonly Machine[],
  models: readonly Planned[],
): ScalingReport {
  const cases = models.flatMap((planned): readonly Case[] => {
    const works = worksOf(planned);
    const { model, images } = planned.study;
    return machines.flatMap((machine) =>
      GIGABITS.map((gigabits) => ({
        place: { machine: machine.name, model, images, gigabits },
        ...{ planned, machine, works: works(machine) },
      }))
    );
  });
  return {
    assumptions: { ...ASSUMPTIONS, latencySeconds: LATENCY },
    steps: cases.flatMap(stepRows),
    runs: cases.flatMap(runRows),
    most: cases.flatMap(mostRows),
  };
}

/** Rows that differ in their number of ranks as one record, whose other numbers are lists. */
function series<Row extends { readonly ranks: number }>(
  rows: readonly Row[],
  isFixed: (key: string) => boolean,
): readonly unknown[] {
  const fixed = (row: Row) =>
    Object.entries(row).filter(([key]) => isFixed(key));
  const groups = Map.groupBy(rows, (row) => JSON.stringify(fixed(row)));
  return [...groups.values()].map((members) => ({
    ...Object.fromEntries(fixed(members[0]!)),
    ...Object.fromEntries(
      Object.keys(members[0]!).filter((key) => !isFixed(key))
        .map((key) => [key, members.map((row) => row[key as keyof Row])]),
    ),
  }));
}

const FIXED = new Set([
  ...["machine", "model", "images", "gigabits", "frozen", "bytes"],
]);

/** The report as JSON, a line for each case with lists over the numbers of ranks. */
export function reportText(report: ScalingReport): string {
  const lines = (rows: readonly unknown[]): string =>
    rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n");
  const isFixed = (key: string): boolean => FIXED.has(key);
  const { assumptions, steps, runs, most } = report;
  return `{
 "assumptions": ${JSON.stringify(assumptions)},
 "steps": [\n${lines(series(steps, isFixed))}\n ],
 "runs": [\n${lines(series(runs, isFixed))}\n ],
 "most": [\n${lines(most)}\n ]
}
`;
}
