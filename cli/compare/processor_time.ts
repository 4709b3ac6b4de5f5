/**
 * The processor's time that steps take: waiting for other programs and pauses are not
 * in it.
 */
import { appendFile, readFile } from "node:fs/promises";
import process from "node:process";
import { type Result, right } from "../../core/mod.ts";
import {
  afterStep,
  atEnd,
  fileResult,
  type Hook,
  type StepReport,
  type TimedStep,
  type TrainError,
  type Training,
} from "../../train/mod.ts";

/** A step and the time that all threads of the process spent on it. */
interface ClockedStep {
  /** Step, from 0. */
  readonly step: number;
  readonly phase: number;
  /** Milliseconds of user and system time, with images and compilation. */
  readonly processorMs: number;
}

/** User and system time of this process so far, milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Adds a step to the record. */
function noted(
  path: string,
  { step, phase }: StepReport,
  processorMs: number,
): Promise<Result<TrainError, void>> {
  const line: ClockedStep = { step, phase, processorMs };
  return fileResult(path, () => appendFile(path, `${JSON.stringify(line)}\n`));
}

/** Notes a step and calls the hooks after it, or those at the end of a run that is stopped. */
async function hooked(
  run: Training,
  hooks: readonly Hook[],
  taken: Result<TrainError, StepReport>,
  path: string,
  spent: number,
): Promise<Result<TrainError, void>> {
  if (taken._tag === "Left") {
    return taken.left._tag === "Stopped"
      ? await atEnd(hooks, run)
      : right(undefined);
  }
  const written = await noted(path, taken.right, spent);
  return written._tag === "Left"
    ? written
    : await afterStep(hooks, taken.right, run);
}

/**
 * A run that writes down the processor's time of each of its steps, hooks not counted.
 *
 * @param path File that gets a line for every step.
 */
export function clockedRun(
  run: Training,
  hooks: readonly Hook[],
  path: string,
  clock: () => number = processorTime,
): Training {
  return {
    get step() {
      return run.step;
    },
    snapshot: () => run.snapshot(),
    parameters: () => run.parameters(),
    state: () => run.state(),
    dispose: () => run.dispose(),
    [Symbol.dispose]: () => run.dispose(),
    async *[Symbol.asyncIterator]() {
      let before = clock();
      for await (const taken of run) {
        const spent = clock() - before;
        const done = await hooked(run, hooks, taken, path, spent);
        yield done._tag === "Left" ? done : taken;
        if (done._tag === "Left") return;
        before = clock();
      }
    },
  };
}

/** The step of a line, or `null` where a line was cut off when its writer died. */
function stepOf(line: string): ClockedStep | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Reads such a record as steps of which the processor's time is the whole time. */
export async function clockedSteps(
  path: string,
): Promise<Result<TrainError, readonly TimedStep[]>> {
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return text;
  const steps = text.right.split("\n").flatMap((line) => stepOf(line) ?? []);
  const last = new Map(steps.map((step) => [step.step, step]));
  return right(
    [...last.values()].toSorted((a, b) => a.step - b.step)
      .map(({ phase, processorMs }) => ({
        phase,
        milliseconds: { gradient: processorMs, update: 0 },
      })),
  );
}
