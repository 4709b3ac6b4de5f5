/**
 * How pre-training ends when it does not end well.
 *
 * @module
 */
import { describeTrainError, type TrainError } from "../../train/mod.ts";
import { CommandFailed, EXIT, stopped } from "../command/command_failed.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { saveWords } from "./save_flags.ts";

/** Flags that a run does not remember. */
const OF_A_START = [
  "workers",
  "judge",
  "on-bad-image",
  "backend",
  "threads",
  "skip-non-finite",
  "loss-limit",
] as const;

/** The command that goes on with a run. */
export function resumeCommand(
  folder: string,
  values: PretrainValues,
): string {
  const flags = OF_A_START.map((name) =>
    values[name] === undefined ? "" : ` --${name} ${values[name]}`
  ).join("");
  const quiet = values["no-tensorboard"] ? " --no-tensorboard" : "";
  const saving = saveWords(values);
  return `deno run -A examples/pretrain.ts --resume ${folder}${flags}${saving}${quiet}`;
}

/** A run that was stopped by the user. */
export const interrupted = (
  moment: string,
  checkpoint: string,
  command: string,
  summary: object,
): never =>
  stopped(
    `stopped ${moment}; checkpoint ${checkpoint}\ngo on with: ${command}`,
    summary,
  );

/** A finished run whose judging was stopped by the user. */
export const unjudged = (folder: string, summary: object): never =>
  stopped(
    `stopped judging; the run is finished and whole, judge it with: deno run -A examples/knn.ts ${folder}`,
    summary,
  );

const REMEDIES =
  "a lower rate (--blr, --lr), a longer --warmup-epochs or --clip-grad";

/** How systems say that a disk, a quota or a file is full. */
const NO_ROOM = /ENOSPC|EDQUOT|EFBIG|no space|quota|too large/i;

/** What to do after an error; a run that diverged would diverge again. */
function adviceAfter(
  error: TrainError,
  checkpoint: string,
  command: string,
): string {
  const last = `last checkpoint: ${checkpoint}`;
  switch (error._tag) {
    case "NonFiniteLoss":
    case "NonFiniteGradient":
      return `${last}\nfrom there it would diverge again; start anew with ${REMEDIES}, or leave out such steps with --skip-non-finite: ${command}`;
    case "LossExploded":
    case "NonFiniteParameter":
      return `${last}\nfrom there it would diverge again; start anew with ${REMEDIES}`;
    case "DataFailed":
      return `${last}\nwhen the image is mended or replaced under its name, go on with: ${command}`;
    case "FileFailed":
      return NO_ROOM.test(error.reason)
        ? `${last}\nit is whole; make room, then go on with: ${command}`
        : `${last}\ngo on with: ${command}`;
    default:
      return `${last}\ngo on with: ${command}`;
  }
}

/** A run that failed while it was under way. */
export function failed(
  error: TrainError,
  checkpoint: string,
  command: string,
): never {
  const advice = adviceAfter(error, checkpoint, command);
  throw new CommandFailed(
    () => `${describeTrainError(error)}\n${advice}`,
    EXIT.failed,
  );
}
