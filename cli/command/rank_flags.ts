/** Flags of the ranks of a command. */
import {
  ABOVE_ZERO,
  choiceFlag,
  type FlagValues,
  numberFlag,
  under,
} from "../flags/flags.ts";

/** Minutes for which ranks wait for each other where nothing is said. */
export const RANK_MINUTES = 10;

/** Flags of every command that several ranks share. */
export const RANK_FLAGS = under("Several processes", {
  "distributed": choiceFlag(
    ["auto", "mpi", "off"],
    "share the work with the other processes that mpirun has started; off: each works for itself",
    { initial: "auto: where mpirun or srun has started it" },
  ),
  "rank-timeout": numberFlag(
    ABOVE_ZERO,
    "minutes for which processes wait for one that does not come; then all end",
    { initial: String(RANK_MINUTES) },
  ),
});

/** Values of these flags. */
export type RankValues = FlagValues<typeof RANK_FLAGS>;
