/**
 * Programs of this repository as the ranks of a job of MPI.
 *
 * @module
 */
import { addressOf, endOf, type ProgramEnd, ROOT } from "../../programs.ts";
import { uncovered } from "../../uncovered.ts";

/** A program that starts ranks. */
export interface Launcher {
  readonly program: string;
  readonly flags: readonly string[];
}

/** The `mpirun` of MPICH, or `null` if there is none here. */
export const mpich: Launcher | null = await launcherOf(
  ["mpirun.mpich", "mpiexec.hydra", "mpirun"],
  "HYDRA",
  [],
);

/** The `mpirun` of Open MPI, or `null` if there is none here. */
export const openMpi: Launcher | null = await launcherOf(
  ["mpirun.openmpi", "mpirun"],
  "Open",
  ["--allow-run-as-root", "--oversubscribe"],
);

/**
 * Runs `worker.ts` as several ranks, to the end of all.
 *
 * @param options `mayDie`: a rank may be killed while it ends.
 */
export function runRanks(
  { program, flags }: Launcher,
  ranks: number,
  args: readonly string[],
  options: { readonly mayDie?: boolean } = {},
): Promise<ProgramEnd> {
  const worker = addressOf("tests/ranks/mpi/worker.ts");
  const config = new URL("deno.json", ROOT).pathname;
  const deno = ["run", "-A", "--no-lock", "--quiet", "--config", config];
  const script = [Deno.execPath(), ...deno, worker, ...args];
  const command = new Deno.Command(program, {
    args: [...flags, "-n", String(ranks), ...script],
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: {
      ...options.mayDie ? uncovered() : Deno.env.toObject(),
      NO_COLOR: "1",
    },
  });
  return endOf(command.output());
}

/** A test that starts ranks, or says in its name that it cannot. */
export function testRanks(
  launcher: Launcher | null,
  name: string,
  fn: (launcher: Launcher) => Promise<void>,
): void {
  const is = launcher === null ? " [skipped: no such mpirun here]" : "";
  Deno.test({
    name: `${name}${is}`,
    ignore: launcher === null,
    fn: () => fn(launcher!),
  });
}

async function launcherOf(
  programs: readonly string[],
  word: string,
  flags: readonly string[],
): Promise<Launcher | null> {
  for (const program of programs) {
    const version = await versionOf(program);
    if (version.includes(word)) return { program, flags };
  }
  return null;
}

async function versionOf(program: string): Promise<string> {
  try {
    const command = new Deno.Command(program, { args: ["--version"] });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch {
    return "";
  }
}
