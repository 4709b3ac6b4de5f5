/**
 * Programs as several processes that MPICH's launcher starts.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { programAddress, ROOT } from "../../programs.ts";
import { uncovered } from "../../uncovered.ts";

/** Names of MPICH's launcher: `mpiexec` alone may be another library's. */
const LAUNCHERS = ["mpirun.mpich", "mpiexec.mpich", "mpiexec.hydra"];

function works(launcher: string): boolean {
  try {
    return new Deno.Command(launcher, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}

const LAUNCHER = LAUNCHERS.find(works) ?? null;

/** Registers a test of processes that MPICH connects; without its launcher it is skipped. */
export function ranksTest(name: string, fn: () => Promise<void>): void {
  const isThere = LAUNCHER !== null && Deno.build.os === "linux";
  Deno.test({
    name: isThere ? name : `${name} [skipped: no MPICH's launcher on Linux]`,
    ignore: !isThere,
    fn,
  });
}

/** Some ranks with the same flags. */
export interface Group {
  /** Number of them. */
  readonly ranks: number;
  /** The program, where it is not that of pre-training. */
  readonly address?: string;
  readonly flags: readonly string[];
}

/** A process that a launch has started. */
export interface RankProcess {
  readonly pid: number;
  readonly rank: number;
}

/** How a launch ended. */
export interface LaunchEnd {
  /** Exit code of the launcher. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of the standard error output without those of the launcher and of MPI. */
  readonly said: readonly string[];
}

/** Processes that were started together. */
export interface Launched {
  /** Sends a signal to the launcher. */
  signal(signal: Deno.Signal): void;
  /** Processes of the ranks that are there now. */
  processes(): readonly RankProcess[];
  readonly end: Promise<LaunchEnd>;
  /** True once the launcher has ended. */
  readonly hasEnded: boolean;
}

/** Milliseconds within which all processes of a launch that has ended are gone. */
export const ALL_GONE = 10_000;

/** Waits until all processes of a launch are gone; fails if they are not within the limit. */
export async function allGone(
  launched: Pick<Launched, "processes">,
): Promise<void> {
  const start = performance.now();
  while (launched.processes().length > 0) {
    ok(performance.now() - start < ALL_GONE, "all processes are gone");
    await sleep(10);
  }
}

/** Variable of the environment that tells the processes of a launch from others. */
const MARK = "VITFREEZE_TEST_LAUNCH";

/** Words of the launcher and of MPI about how processes ended. */
const OF_MPI =
  /^(\s*|=.*|Abort\(.*|\[(mpiexec|proxy).*|YOUR APPLICATION .*|Please see .*|This typically .*)$/;

/**
 * Words of UCX, which carries MPICH's messages: `[node:417:0:417] cma_ep.c:87 …`, maybe
 * after a time in brackets, where a peer died in the middle of one, and then its stack.
 */
const OF_UCX =
  /^(\[[\d. ]+\] +)?\[[^\]\s]+:\d+ *:\d+(:\d+)?\] |^ *\d+ +\S+ ?\(.*\) *\[0x[0-9a-f]+\]$/;

const isOfOthers = (line: string): boolean =>
  OF_MPI.test(line) || OF_UCX.test(line);

const textIn = (path: string): string => {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
};

/** A process with the mark of a launch that is not a zombie, if a number is that of one. */
function rankProcess(pid: string, mark: string): RankProcess | null {
  const variables = textIn(`/proc/${pid}/environ`).split("\0");
  if (!variables.includes(`${MARK}=${mark}`)) return null;
  const rank = variables.find((one) => one.startsWith("PMI_RANK="));
  const isZombie = /^State:\s+Z/m.test(textIn(`/proc/${pid}/status`));
  return rank === undefined || isZombie
    ? null
    : { pid: Number(pid), rank: Number(rank.slice(rank.indexOf("=") + 1)) };
}

const processesOf = (mark: string): readonly RankProcess[] =>
  [...Deno.readDirSync("/proc")].map(({ name }) => name)
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => rankProcess(pid, mark)).filter((one) => one !== null);

/**
 * Words behind `deno` that run a program as users do: by the lock file, without which
 * ONNX Runtime is reached by another way.
 */
const denoWords = (
  flags: readonly string[],
  address = programAddress("pretrain.ts"),
): readonly string[] => {
  const config = new URL("deno.json", ROOT).pathname;
  return ["run", "-A", "--quiet", "--config", config, address, ...flags];
};

/** Words that start one group. */
const wordsOf = ({ ranks, address, flags }: Group): readonly string[] => [
  ...["-n", `${ranks}`, Deno.execPath()],
  ...denoWords(flags, address),
];

/** Runs the program as one process that nobody launched. */
export const runAlone = (...flags: readonly string[]): Promise<LaunchEnd> =>
  endOf(
    new Deno.Command(Deno.execPath(), {
      args: [...denoWords(flags)],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }),
  );

async function endOf(
  child: Pick<Deno.ChildProcess, "output">,
): Promise<LaunchEnd> {
  const { code, ...output } = await child.output();
  const [stdout, stderr] = [output.stdout, output.stderr]
    .map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  const said = stderr.split("\n").filter((line) => !isOfOthers(line));
  return { code, stdout, stderr, said };
}

/**
 * True of the exit code of ranks that were stopped. MPICH's launcher that was sent a signal
 * ends with 0 in place of theirs, 130, now and then.
 */
export const isStop = (code: number): boolean => code === 130 || code === 0;

/** The command that starts groups of ranks as one launch. */
export const ranksCommand = (
  groups: readonly Group[],
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): Deno.Command =>
  new Deno.Command(LAUNCHER ?? "", {
    args: groups.flatMap((group, i) => [
      ...i === 0 ? [] : [":"],
      ...wordsOf(group),
    ]),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
  });

/** Starts groups of ranks as one launch, to be ended at any moment. */
export const startRanks = (...groups: readonly Group[]): Launched =>
  started(groups, uncovered());

/** Runs ranks with the same flags to their end, to which they come in good order. */
export const runRanks = (
  ranks: number,
  ...flags: readonly string[]
): Promise<LaunchEnd> => endOf(ranksCommand([{ ranks, flags }]));

function started(
  groups: readonly Group[],
  env: Readonly<Record<string, string>>,
): Launched {
  const mark = crypto.randomUUID();
  const child = ranksCommand(groups, { ...env, [MARK]: mark }).spawn();
  let hasEnded = false;
  const end = endOf(child).finally(() => hasEnded = true);
  return {
    signal: (signal) => child.kill(signal),
    processes: () => processesOf(mark),
    end,
    get hasEnded() {
      return hasEnded;
    },
  };
}
