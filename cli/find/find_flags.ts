/** Flags of the search for freeze times. */
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import {
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  numbersFlag,
  PART,
  strictlyBetween,
  switchFlag,
  textFlag,
  under,
} from "../flags/flags.ts";
import { LOADING_FLAGS } from "../images/loading.ts";

/** Rise of the loss that is accepted where nothing is said. */
export const DEFAULT_SHARE = 0.01;

/** All flags of the search. */
export const FIND_FLAGS = {
  ...under("Trials", {
    "times": numbersFlag(
      "X,X,…",
      strictlyBetween("numbers between 0 and 1"),
      "parts of the run: the checkpoints nearest to them are tried",
      { initial: "all checkpoints after the warm-up" },
    ),
    "layers": numbersFlag(
      "N,N,…",
      {
        wanted: "whole numbers of at least 1",
        holds: (count) => Number.isSafeInteger(count) && count >= 1,
      },
      "how many of the first layers are frozen",
      { initial: "1, 2, … to all but the last" },
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
