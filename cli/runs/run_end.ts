/** The end of a run that fails. */
import type { Ranks } from "../../ranks/mod.ts";
import { describeTrainError, type TrainError } from "../../train/mod.ts";
import { CommandFailed, EXIT } from "../command/command_failed.ts";
import { SAVE_FLAGS } from "./run_flags.ts";

/** Flags that a run does not remember. */
const OF_A_START = [
  "workers",
  "judge",
  "on-bad-image",
  "backend",
  "threads",
  "precision",
  "no-tune",
  "distributed",
  "rank-timeout",
  "skip-non-finite",
  "loss-limit",
  ...Object.keys(SAVE_FLAGS),
  "no-tensorboard",
] as const;

/**
 * The command that goes on with a run.
 *
 * @param program The program, and the words that it wants before its flags.
 * @param ranks The processes that shared it, as many of which are to go on; `null`, the
 * default, where there was one.
 */
export function resumeCommand(
  program: string,
  folder: string,
  values: Readonly<Record<string, unknown>>,
  ranks: Pick<Ranks, "size"> | null = null,
): string {
  const flags = OF_A_START.map((name) => {
    const value = values[name];
    if (value === undefined) return "";
    return value === true ? ` --${name}` : ` --${name} ${value}`;
  });
  const launcher = ranks === null ? "" : `mpirun -n ${ranks.size} `;
  return `${launcher}deno run -A ${program} --resume ${folder}${
    flags.join("")
  }`;
}

const REMEDIES =
  "a lower rate (--blr, --lr), a longer --warmup-epochs or --clip-grad";

/** Errors of systems for a full disk, quota or file. */
const NO_ROOM = /ENOSPC|EDQUOT|EFBIG|no space|quota|too large/i;

/** Advice after an error; a run that diverged would diverge again. */
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
