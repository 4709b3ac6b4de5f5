/** What a search has found, as data: the trials and what they propose. */
import {
  foundFreezeSteps,
  type FreezePlan,
  freezePlan,
  freezeTimeAt,
  listedTimes,
  predictedSaving,
  type RateConfig,
} from "../../core/mod.ts";
import { must } from "../command/command_failed.ts";
import { type Found, resultOf, type SearchRequest } from "./search.ts";
import { riseOf, type TrialResult } from "./trial_files.ts";
import { cellsOf } from "./trials.ts";

/** Loss of a trial beside the run's own. */
interface FoundLoss {
  readonly own: number;
  /** `null` if it did not stay finite. */
  readonly loss: number | null;
  /** Relative rise; `null` if it is not finite. */
  readonly rise: number | null;
}

/** What is proposed. */
export interface Proposal {
  /** Freeze times of the layers, shallow to deep. */
  readonly freezeTimes: readonly number[];
  /** Flags of a pre-training that follows it. */
  readonly flags: string;
  /** Part of the operations that it saves. */
  readonly predictedSaving: number;
  /** The loss with all layers frozen as proposed; `null` where that was not tried. */
  readonly together: FoundLoss | null;
}

/** The last line of the command. */
export interface Findings {
  readonly run: string;
  readonly folder: string;
  readonly horizon: number;
  readonly lossShare: number;
  readonly totalSteps: number;
  readonly trials: readonly (FoundLoss & {
    /** Number of the first layers that froze. */
    readonly layers: number;
    /** First step at which they were frozen, and the part of the run before it. */
    readonly step: number;
    readonly time: number;
  })[];
  /** `null` where trials are missing for it. */
  readonly proposal: Proposal | null;
}

/** A number, `null` in place of one that JSON does not have. */
const finite = (value: number): number | null =>
  Number.isFinite(value) ? value : null;

const lossOf = (result: TrialResult): FoundLoss => ({
  own: result.own,
  loss: result.loss,
  rise: finite(riseOf(result)),
});

/** The common cosine that has the rates of layers which never freeze. */
const commonRate = (rate: RateConfig): RateConfig => ({
  ...rate,
  mode: { _tag: "Uniform" },
  // The cosines of layers end at 0.
  endRate: rate.mode._tag === "Uniform" ? rate.endRate : 0,
});

/** The plan that pre-training makes of freeze times, at the run's own rates. */
function planBy(
  { config: { freeze, rate, ...others } }: FreezePlan,
  times: readonly number[],
): FreezePlan {
  return must(freezePlan({
    ...others,
    freeze: { ...freeze, ...listedTimes(times) },
    rate: commonRate(rate),
  }));
}

/** Flags of a pre-training that freezes at these times and has the run's own rates. */
function flagsOf(
  { config: { rate } }: FreezePlan,
  times: readonly number[],
): string {
  const end = commonRate(rate).endRate;
  return [
    `--freeze-times ${times.join(",")}`,
    "--lr-mode uniform",
    ...end === rate.endRate ? [] : [`--min-lr ${end}`],
  ].join(" ");
}

/** Freeze steps of all layers; `null` where trials are missing. */
const stepsIn = (
  { run: { planned: { plan } }, grid }: SearchRequest,
  { steps }: Found,
): readonly number[] | null =>
  steps === null ? null : foundFreezeSteps(plan, grid, steps);

/** A proposal and the plan that it makes. */
export interface PlannedProposal {
  readonly proposal: Proposal;
  readonly plan: FreezePlan;
}

/** What a search proposes; `null` where trials are missing for it. */
export function proposalOf(
  request: SearchRequest,
  found: Found,
): PlannedProposal | null {
  const steps = stepsIn(request, found);
  if (steps === null) return null;
  const { plan: unfrozen } = request.run.planned;
  const timeAt = freezeTimeAt(unfrozen.config.rate.warmup, unfrozen);
  const freezeTimes = steps.map(timeAt);
  const plan = planBy(unfrozen, freezeTimes);
  const proposal = {
    freezeTimes,
    flags: flagsOf(unfrozen, freezeTimes),
    predictedSaving: predictedSaving(plan),
    together: found.together === null ? null : lossOf(found.together),
  };
  return { proposal, plan };
}

/** What a search has found, as data. */
export function findings(request: SearchRequest, found: Found): Findings {
  const { run, grid, folder, horizon, share: lossShare } = request;
  const { totalSteps } = run.planned.plan;
  return {
    ...{ run: run.folder, folder, horizon, lossShare, totalSteps },
    trials: cellsOf(grid).flatMap(({ layers, step }) => {
      const result = resultOf(found.known, { layers, step });
      return result === undefined
        ? []
        : [{ layers, step, time: step / totalSteps, ...lossOf(result) }];
    }),
    proposal: proposalOf(request, found)?.proposal ?? null,
  };
}
