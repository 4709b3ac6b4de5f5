/** What a search has found: flags, a table, pictures, JSON. */
import { join } from "node:path";
import {
  foundFreezeSteps,
  type FreezePlan,
  freezePlan,
  freezeTimeAt,
  listedTimes,
  predictedSaving,
} from "../../core/mod.ts";
import { freezeMapPlot, planPlot } from "../../plot/mod.ts";
import { epochSteps, replaceFile } from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { textTable } from "../output/text_table.ts";
import { percent, thousands } from "../output/words.ts";
import { fallFrom } from "./run_trial.ts";
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

/** Names of the files. */
const FILES = { map: "map.svg", plan: "plan.svg", json: "freeze_times.json" };

const finite = (value: number): number | null =>
  Number.isFinite(value) ? value : null;

const lossOf = (result: TrialResult): FoundLoss => ({
  own: result.own,
  loss: result.loss,
  rise: finite(riseOf(result)),
});

/** The plan that pre-training makes of freeze times, at the run's own rates. */
function planBy(
  { config: { model, freeze, rate, curriculum, ...span } }: FreezePlan,
  times: readonly number[],
): FreezePlan {
  return must(freezePlan({
    ...{ model, ...span },
    freeze: { ...freeze, ...listedTimes(times) },
    rate: { ...rate, mode: { _tag: "Uniform" } },
    ...curriculum === undefined ? {} : { curriculum },
  }));
}

/** Freeze steps of all layers; `null` where trials are missing. */
const stepsIn = (
  { run: { planned: { plan } }, grid }: SearchRequest,
  { steps }: Found,
): readonly number[] | null =>
  steps === null ? null : foundFreezeSteps(plan, grid, steps);

function proposalOf(
  request: SearchRequest,
  found: Found,
): { readonly proposal: Proposal; readonly plan: FreezePlan } | null {
  const steps = stepsIn(request, found);
  if (steps === null) return null;
  const { plan: unfrozen } = request.run.planned;
  const timeAt = freezeTimeAt(unfrozen.config.rate.warmup, unfrozen);
  const freezeTimes = steps.map(timeAt);
  const plan = planBy(unfrozen, freezeTimes);
  const proposal = {
    freezeTimes,
    flags: `--freeze-times ${freezeTimes.join(",")} --lr-mode uniform`,
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

const signed = (rise: number | null): string =>
  rise === null
    ? "not finite"
    : `${rise < 0 ? "−" : "+"}${percent(Math.abs(rise), 2)}`;

/** Line of the picture that says what was done. */
function mapWords({ run, horizon }: SearchRequest): string {
  const steps = `${thousands(run.planned.plan.totalSteps)} steps`;
  return horizon === 1
    ? `judged at the end of the run of ${steps}, on its own images and masks`
    : `judged after ${
      percent(horizon)
    } of the run of ${steps}, on its own images and masks`;
}

function mapOf(request: SearchRequest, { known, steps }: Found): string {
  const { run: { planned: { plan } }, grid, share } = request;
  return freezeMapPlot({
    layers: grid.layers.map((count) =>
      plan.layers[count - 1]?.name.replace("_", " ") ?? ""
    ),
    times: grid.steps.map((step) => step / plan.totalSteps),
    rises: grid.layers.map((layers) =>
      grid.steps.map((step) => {
        const result = resultOf(known, { layers, step });
        return result === undefined ? null : riseOf(result);
      })
    ),
    proposed: grid.layers.map((_, i) => {
      const column = grid.steps.indexOf(steps?.[i] ?? NaN);
      return column < 0 ? null : column;
    }),
    ...{ share, words: mapWords(request) },
  });
}

/** Writes pictures and JSON. */
export async function writeFindings(
  request: SearchRequest,
  found: Found,
): Promise<readonly string[]> {
  const { folder, run: { planned: { task } } } = request;
  const proposed = proposalOf(request, found);
  const json = JSON.stringify(findings(request, found), null, 2);
  const stepsPerEpoch = epochSteps(task);
  const files = [
    [FILES.map, mapOf(request, found)],
    [FILES.json, `${json}\n`],
    ...proposed === null
      ? []
      : [[FILES.plan, planPlot(proposed.plan, { stepsPerEpoch })] as const],
  ] as const;
  for (const [name, content] of files) {
    mustWork(await replaceFile(join(folder, name), content));
  }
  return files.map(([name]) => name);
}

/** The rise of the trial by which a layer got its step; empty for one without. */
function riseText(
  { grid }: SearchRequest,
  { known, steps }: Found,
  layer: number,
): string {
  const tried = grid.layers.findIndex((count) => count > layer);
  const [layers, step] = [grid.layers[tried], steps?.[tried] ?? null];
  if (layers === undefined || step === null) return "";
  const result = resultOf(known, { layers, step });
  return result === undefined ? "" : signed(finite(riseOf(result)));
}

/** What the accepted rise is beside all that the run learns after the first of the trials. */
function fallWords({ run, grid, share }: SearchRequest): string {
  const [step = 0] = grid.steps;
  const { first, last } = fallFrom(run, step);
  const part = share * last / (first - last);
  const accepted = part >= 0 && part < 1
    ? `is ${percent(part)} of that`
    : "is more than that";
  return `after step ${step} the run's own loss fell from ${
    first.toPrecision(3)
  } to ${last.toPrecision(3)}; ${
    percent(share)
  } of the loss ${accepted} (--loss-share)`;
}

/** A line for each layer, and the flags. */
export function findingsText(request: SearchRequest, found: Found): string {
  const { run: { planned: { plan, task } }, share } = request;
  const made = proposalOf(request, found);
  if (made === null) return "no proposal: trials are missing for it";
  const { proposal: { flags, freezeTimes, together, ...proposal } } = made;
  const rows = made.plan.layers.map(({ index, name, freezeStep }) => {
    const isFrozen = freezeStep < plan.totalSteps;
    return [
      String(index),
      name,
      isFrozen ? String(freezeTimes[index]) : "never",
      isFrozen ? (freezeStep / epochSteps(task)).toFixed(2) : "",
      isFrozen ? thousands(freezeStep) : "",
      isFrozen ? riseText(request, found, index) : "",
    ];
  });
  const table = textTable([
    ["layer", "right"],
    ["what", "left"],
    ["freezes at", "left"],
    ["epoch", "right"],
    ["step", "right"],
    ["rise of the loss", "right"],
  ], rows);
  const all = together === null
    ? ""
    : `; with all layers together the loss is ${signed(together.rise)}`;
  return [
    table,
    "",
    `proposal: the earliest times that cost less than ${
      percent(share)
    } of the loss, each with the layers before it`,
    `  ${flags}`,
    `  saves ${percent(proposal.predictedSaving)} of the operations${all}`,
    `  ${fallWords(request)}`,
  ].join("\n");
}
