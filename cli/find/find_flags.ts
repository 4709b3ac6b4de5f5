/** Flags of the search for freeze times. */
import { left, right } from "../../core/mod.ts";
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import {
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  type NumberRange,
  PART,
  strictlyBetween,
  switchFlag,
  textFlag,
  under,
} from "../flags/flags.ts";
import { LOADING_FLAGS } from "../images/loading.ts";

/** Rise of the loss that is accepted where nothing is said. */
export const DEFAULT_SHARE = 0.01;

/** Numbers with commas between, all in a range. */
const listFlag = (
  { holds }: Pick<NumberRange, "holds">,
  wanted: string,
  metavar: string,
  help: string,
  initial: string,
): Flag<readonly number[]> => ({
  ...{ metavar, help, initial },
  parse: (text) => {
    const numbers = text.split(",").map((one) =>
      one.trim() === "" ? NaN : Number(one)
    );
    return numbers.every((one) => Number.isFinite(one) && holds(one))
      ? right(numbers)
      : left(`${wanted} with commas between`);
  },
  show: (numbers) => numbers.join(","),
});

/** All flags of the search. */
export const FIND_FLAGS = {
  ...under("Trials", {
    "times": listFlag(
      strictlyBetween(""),
      "parts of the run, numbers in (0, 1),",
      "X,X,…",
      "parts of the run: the checkpoints nearest to them are tried",
      "all checkpoints after the warm-up",
    ),
    "layers": listFlag(
      { holds: (count) => Number.isSafeInteger(count) && count >= 1 },
      "whole numbers of at least 1",
      "N,N,…",
      "how many of the first layers are frozen",
      "1, 2, … to all but the last",
    ),
    "horizon": numberFlag(
      PART,
      "part of the run for which a trial goes on, for example 0.1",
      { initial: "to its end" },
    ),
    "edge-only": switchFlag(
      "only the trials that the proposal needs, a walk through the map",
    ),
  }),
  ...under("Proposal", {
    "loss-share": numberFlag(
      FROM_ZERO,
      "part of the loss that freezing may cost: trials below it are accepted",
      { initial: String(DEFAULT_SHARE) },
    ),
  }),
  ...LOADING_FLAGS,
  ...under("Images", {
    "data": textFlag("DIR", "the run's images, where they have moved", {
      initial: "where they were",
    }),
    "allow-data-change": switchFlag(
      "go on even where images have changed under the same names",
    ),
  }),
  ...DEVICE_FLAGS,
  ...under("Output", {
    "output-dir": textFlag("DIR", "folder of the trials and of what is found", {
      initial: "freeze_times in the run's folder",
    }),
    "dry-run": switchFlag("try nothing: say what it would cost"),
  }),
} as const;

/** Flags as they were given. */
export type FindValues = FlagValues<typeof FIND_FLAGS>;
