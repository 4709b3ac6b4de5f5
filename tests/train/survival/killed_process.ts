/**
 * A process that is killed at a moment that is drawn.
 *
 * @module
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Key, uniforms } from "../../../core/mod.ts";
import { uncovered } from "../../uncovered.ts";

const DRIVER = new URL("./driver.ts", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** What a process did before it ended. */
export interface Life {
  /** Whether it was killed; if not, it came to its end. */
  readonly isKilled: boolean;
  /** Whether a checkpoint was being written or removed when it ended. */
  readonly isCutOff: boolean;
  /** What it said, one object a line. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** When to kill. */
export type Death =
  /** So many milliseconds after it was started. */
  | { readonly kind: "early"; readonly milliseconds: number }
  /** After so many steps, and a while later. */
  | {
    readonly kind: "step";
    readonly steps: number;
    readonly milliseconds: number;
  }
  /** In the first writing after so many steps, and a while later. */
  | {
    readonly kind: "writing";
    readonly steps: number;
    readonly milliseconds: number;
  };

/** A moment of death for a key. */
export function deathOf(key: Key): Death {
  const [kind = 0, steps = 0, time = 0] = uniforms(key, 3);
  if (kind < 0.15) return { kind: "early", milliseconds: 1000 * time };
  return kind < 0.5
    ? { kind: "step", steps: Math.floor(3 * steps), milliseconds: 40 * time }
    : { kind: "writing", steps: Math.floor(2 * steps), milliseconds: 4 * time };
}

/** Starts the driver. */
export function startDriver(
  folder: string,
  device: string,
  shell: string | null = null,
): Deno.ChildProcess {
  // Under a limit nothing else is to be written: no cache of compiled code.
  const cache = shell === null ? [] : ["--no-code-cache"];
  const deno = ["run", "-A", "--no-check", "--no-lock", "--config", CONFIG];
  const words = [...deno, ...cache, DRIVER, folder, device];
  const options = {
    clearEnv: true,
    env: uncovered(),
    stdout: "piped",
    stderr: "piped",
  } as const;
  return shell === null
    ? new Deno.Command(Deno.execPath(), { args: words, ...options }).spawn()
    : new Deno.Command("sh", {
      args: ["-c", `${shell}; exec "$0" "$@"`, Deno.execPath(), ...words],
      ...options,
    }).spawn();
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits without yielding: timers are too rough for the writing of a file. */
export function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Whether a checkpoint of a run is being written or removed, or was when its process ended. */
export function isWriting(run: string): boolean {
  try {
    return [...Deno.readDirSync(join(run, "checkpoints"))]
      .some(({ name }) => !/^step-\d{9}$/.test(name));
  } catch {
    return false;
  }
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** Waits until something is written, at most for a second or until the process ends. */
export async function untilWriting(
  run: string,
  hasEnded: () => boolean,
): Promise<void> {
  const end = performance.now() + 1000;
  while (!isWriting(run) && !hasEnded() && performance.now() < end) {
    Atomics.wait(NEVER, 0, 0, 0.2);
    await setImmediate();
  }
}

type LifeEvent = Record<string, unknown>;

/** Puts what a process says, one object a line, into a list. */
async function listen(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  events: LifeEvent[],
): Promise<void> {
  let rest = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) events.push(JSON.parse(line));
  }
}

/** Waits for the moment of a death, or until the process ends. */
async function waitFor(
  death: Death,
  run: string,
  events: readonly LifeEvent[],
  hasEnded: () => boolean,
): Promise<void> {
  const start = performance.now();
  const isReached = (): boolean => {
    if (death.kind === "early") {
      return performance.now() - start >= death.milliseconds;
    }
    const steps = events.filter(({ event }) => event === "step").length;
    return events.length > 0 && steps >= death.steps;
  };
  while (!hasEnded() && !isReached()) await sleep(1);
  if (death.kind === "early") return;
  if (death.kind === "writing") await untilWriting(run, hasEnded);
  spin(death.milliseconds);
}

/** Kills a process, which may have come to its end in the meantime. */
function killed(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound ||
      error instanceof TypeError;
    if (!isGone) throw error;
  }
}

/**
 * Runs the driver until it ends or is killed.
 *
 * @param folder Folder of the run.
 * @param device Where it computes.
 * @param death When to kill it, or `null` to let it live.
 */
export async function live(
  folder: string,
  device: string,
  death: Death | null,
): Promise<Life> {
  const child = startDriver(folder, device);
  const events: LifeEvent[] = [];
  let hasEnded = false;
  const [errors, reading, ending] = [
    new Response(child.stderr).text(),
    listen(child.stdout, events),
    child.status.finally(() => hasEnded = true),
  ];
  if (death !== null) {
    await waitFor(death, folder, events, () => hasEnded);
    killed(child);
  }
  const { code, signal } = await ending;
  await reading;
  const isKilled = signal === "SIGKILL";
  const text = await errors;
  if (!isKilled && code !== 0) throw new Error(text);
  return { isKilled, isCutOff: isWriting(folder), events };
}
