/** The other processes that share the work of a command. */
import { setTimeout } from "node:timers/promises";
import {
  describeRankError,
  LAUNCH_VARIABLES,
  launchOf,
  type Ranks,
} from "../../ranks/mod.ts";
import { EXIT, must, refuse } from "./command_failed.ts";
import { environmentVariable } from "./environment.ts";
import { RANK_MINUTES, type RankValues } from "./rank_flags.ts";

/** True if a launcher of MPI started this process, as one of one or more. */
export const isLaunched = (): boolean => launchOf(environmentVariable) !== null;

/** Number of this process among those of its launcher; 0 where there is none. */
export const launchedRank = (): number =>
  Math.max(
    0,
    ...LAUNCH_VARIABLES.filter((name) => name.endsWith("RANK"))
      .map((name) => Number(environmentVariable(name) ?? 0)).filter(
        Number.isInteger,
      ),
  );

/**
 * Joins the other processes that were started together with this one.
 *
 * @returns The ranks; `null` where this process was started alone, or is to work alone.
 * @throws {CommandFailed} where they cannot come together.
 */
export async function ranksFrom(
  { distributed = "auto", "rank-timeout": minutes = RANK_MINUTES }: RankValues,
): Promise<Ranks | null> {
  if (distributed === "off") return null;
  if (!isLaunched()) {
    return distributed === "auto" ? null : refuse(
      "--distributed mpi: this process was not started by mpirun or srun; with permission to read the environment it would know",
    );
  }
  const { joinRanks } = await import("../../ranks/mpi/mpi_ranks.ts");
  const joined = await joinRanks({ limitSeconds: 60 * minutes });
  const rank = launchedRank();
  if (joined._tag === "Left") await ownTurn(rank);
  return must(
    joined,
    (error) => `rank ${rank}: ${describeRankError(error)}`,
    EXIT.failed,
  );
}

/** The ranks that are to be told of a failure before they were joined, if there are any. */
export const ranksToTell = (): Promise<Ranks | null> =>
  ranksFrom({}).catch(() => null);

/** Milliseconds that a rank leaves to those before it to speak first. */
const HEAD_START = 1000;
const EACH = 50;
const MOST = 4000;

/**
 * Waits until this rank is to speak of a failure: what all meet alike is said by the first
 * of them, which then ends the others.
 */
export const ownTurn = (rank: number): Promise<void> =>
  rank === 0
    ? Promise.resolve()
    : setTimeout(Math.min(MOST, HEAD_START + EACH * rank));

/** The message of one rank of several. */
export const asRank = (
  { rank, size, host }: Pick<Ranks, "rank" | "size" | "host">,
  message: string,
): string => `rank ${rank} of ${size} on ${host}: ${message}`;
