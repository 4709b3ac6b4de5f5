/** Whether a program that starts many ranks has started this process, and which. */

/** Libraries that understand each other's numbers and launchers. */
export type MpiFamily =
  /** MPICH and what is made from it: Intel MPI, MVAPICH, Cray MPICH. */
  | "mpich"
  /** Open MPI. */
  | "openmpi";

/** How this process was started as one of several ranks. */
export interface Launch {
  /** The library that fits the launcher; `null` where the launcher fits several. */
  readonly family: MpiFamily | null;
  /** Number of ranks that the launcher started, or `null` where it does not say. */
  readonly size: number | null;
}

/** Variables of a launcher: one that only it sets, and one that holds the number of ranks. */
interface Launcher {
  readonly family: MpiFamily | null;
  readonly rank: string;
  readonly size: string;
}

/** The first whose rank is set counts: Open MPI also sets the variables of PMIx. */
const LAUNCHERS: readonly Launcher[] = [
  {
    family: "openmpi",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
  },
  {
    family: "mpich",
    rank: "MV2_COMM_WORLD_RANK",
    size: "MV2_COMM_WORLD_SIZE",
  },
  // Hydra of MPICH and Intel MPI, and srun with PMI2.
  { family: "mpich", rank: "PMI_RANK", size: "PMI_SIZE" },
  // srun with PMIx, which several libraries speak.
  { family: null, rank: "PMIX_RANK", size: "SLURM_STEP_NUM_TASKS" },
];

/** Environment variables that {@linkcode launchOf} reads. */
export const LAUNCH_VARIABLES: readonly string[] = LAUNCHERS.flatMap((
  { rank, size },
) => [rank, size]);

/**
 * How this process was started, from its environment: by `mpirun` or `mpiexec` (with
 * one rank too), or by `srun` with PMI2 or PMIx.
 *
 * @param read Reads an environment variable, one of {@linkcode LAUNCH_VARIABLES}.
 * @returns `null` for a process that was started alone, also within an allocation of SLURM.
 *
 * @example
 * ```ts
 * import { launchOf } from "./launch.ts";
 *
 * const launch = launchOf((name) => Deno.env.get(name));
 * console.log(launch === null ? "alone" : `one of ${launch.size} ranks`);
 * ```
 */
export function launchOf(
  read: (name: string) => string | undefined,
): Launch | null {
  const launcher = LAUNCHERS.find(({ rank }) => isCount(read(rank)));
  if (launcher === undefined) return null;
  const size = read(launcher.size);
  return {
    family: launcher.family,
    size: isCount(size) ? Number(size) : null,
  };
}

function isCount(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}
