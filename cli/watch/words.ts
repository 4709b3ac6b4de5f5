/** State of a run, in words that all views share. */
import type {
  FollowedRun,
  LayerStatus,
  RunStatus,
  StageStatus,
} from "../../train/mod.ts";
import { commandOf, programName } from "../output/program_name.ts";
import { duration, percent, thousands, UNKNOWN } from "../output/words.ts";

/** A loss. */
export const lossWords = (loss: number | null): string =>
  loss === null ? UNKNOWN : loss.toFixed(4);

/** The loss of a stage. */
export const stageWords = ({ index, loss, isPruned }: StageStatus): string =>
  `stage ${index + 1} ${lossWords(loss)}${isPruned ? " (ended)" : ""}`;

/** A learning rate. */
export const rateWords = (rate: number): string => rate.toExponential(2);

/** A duration. */
export const secondsWords = (seconds: number | null): string =>
  seconds === null ? UNKNOWN : duration(seconds);

/** Images a second, whole where there are many. */
export const speedWords = ({ imagesPerSecond: speed }: RunStatus): string =>
  speed === null ? UNKNOWN : speed.toFixed(speed < 10 ? 1 : 0);

/** Time of a step and which part of it is waiting for images. */
export function stepWords({ secondsPerStep, dataShare }: RunStatus): string {
  if (secondsPerStep === null) return UNKNOWN;
  const step = secondsPerStep < 10
    ? `${(1000 * secondsPerStep).toFixed(0)} ms`
    : duration(secondsPerStep);
  return `${step} a step, ${percent(dataShare)} of it waiting for images`;
}

/** Life of the run, as a clause. */
export function lifeWords({ life, status, silence }: FollowedRun): string {
  switch (life) {
    case "running":
      return status.done === 0 ? "running: prepares its first step" : "running";
    case "judging":
      return "all steps taken: the result is evaluated";
    case "finished":
      return "finished: all steps taken";
    case "stopped":
      return `stopped: silent for ${duration(silence)}`;
  }
}

/** The program of a training, with the words that it wants before its flags. */
function programOf(task: string): string {
  const command = commandOf(task);
  const words = command === "finetune" || command === "probe" ? " ENCODER" : "";
  return `${programName(command)}${words}`;
}

/** Advice on a stopped run; `null` if there is nothing to do. */
export function adviceWords(
  folder: string,
  { task, life, checkpoint }: FollowedRun,
): string | null {
  return life === "stopped" && checkpoint !== null
    ? `go on with: deno run -A ${programOf(task)} --resume ${folder}`
    : null;
}

/** A score of an evaluation. */
function scoreWords(name: string, x: number): string {
  switch (name) {
    case "loss":
      return `loss ${lossWords(x)}`;
    case "top1":
      return `top-1 ${percent(x, 2)}`;
    case "top5":
      return `top-5 ${percent(x, 2)}`;
    case "emaTop1":
      return `top-1 of the running means ${percent(x, 2)}`;
    case "emaTop5":
      return `top-5 of the running means ${percent(x, 2)}`;
    case "error":
      return `validation error ${percent(x, 2)}`;
    case "frozenLayers":
      return `${x} layers frozen`;
    default:
      return `${name} ${Number.isInteger(x) ? x : x.toFixed(4)}`;
  }
}

/** Scores of the last evaluation, in words; `null` where there was none. */
export function evaluationWords({ evaluations }: FollowedRun): string | null {
  const last = evaluations.at(-1);
  if (last === undefined) return null;
  const found = Object.entries(last.scores)
    .map(([name, x]) => scoreWords(name, x));
  return `${found.join(", ")} after step ${thousands(last.step)}`;
}

/** Steps and epochs that are done. */
export const placeWords = (
  { done, totalSteps, epoch, epochs }: RunStatus,
): string =>
  `step ${thousands(done)} of ${thousands(totalSteps)}, epoch ${
    epoch.toFixed(2)
  } of ${epochs}`;

/** The newest checkpoint and its age. */
export function checkpointWords(
  { checkpoint }: FollowedRun,
  now: number,
): string {
  if (checkpoint === null) return "none yet";
  const age = Math.max(0, (now - checkpoint.writtenAt) / 1000);
  return `after step ${thousands(checkpoint.step)}, ${duration(age)} ago`;
}

/** Saving by freezing, so far and predicted. */
export const savingWords = ({ saving, savingPredicted }: RunStatus): string =>
  `${
    saving === null
      ? "nothing yet"
      : `${percent(saving)} of the compute time so far`
  }; ${percent(savingPredicted)} of all operations by the plan`;

/** Freeze step of a layer. */
export const freezeWords = ({ isFrozen, freezeStep }: LayerStatus): string =>
  freezeStep === null
    ? "trains to the end"
    : isFrozen
    ? `frozen since step ${thousands(freezeStep)}`
    : `freezes at step ${thousands(freezeStep)}`;
