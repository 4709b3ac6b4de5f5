/** What a search has found, in words. */
import { epochSteps } from "../../train/mod.ts";
import { textTable } from "../output/text_table.ts";
import { chosenPercent, percent, thousands } from "../output/words.ts";
import { proposalOf } from "./findings.ts";
import { fallFrom } from "./run_trial.ts";
import { type Found, resultOf, type SearchRequest } from "./search.ts";
import { riseOf } from "./trial_files.ts";

/** A rise with its sign. */
const signed = (rise: number): string =>
  Number.isFinite(rise)
    ? `${rise < 0 ? "−" : "+"}${percent(Math.abs(rise), 2)}`
    : "not finite";

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
  return result === undefined ? "" : signed(riseOf(result));
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
    chosenPercent(share)
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
    : `; with all layers together the loss is ${
      signed(together.rise ?? Infinity)
    }`;
  return [
    table,
    "",
    `proposal: the earliest times that cost less than ${
      chosenPercent(share)
    } of the loss, each with the layers before it`,
    `  ${flags}`,
    `  saves ${percent(proposal.predictedSaving)} of the operations${all}`,
    `  ${fallWords(request)}`,
  ].join("\n");
}
