/** The steps of a run in a notebook, which others look at in between. */
import type { Backend, DeviceTensors } from "../backends/mod.ts";
import {
  type FreezePlan,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../core/mod.ts";
import {
  describeError,
  initialSnapshot,
  type LevelSource,
  orThrow,
  pretraining,
  type Snapshot,
  type StepReport,
  type TrainError,
  type Training,
} from "../train/mod.ts";

/** What steps are taken of. */
export interface StepParts {
  readonly config: PretrainConfig;
  readonly plan: FreezePlan;
  readonly backend: Backend;
  readonly batches: LevelSource;
}

/** Why a loop took no more steps. */
export type StepsEnd = "as many as asked for" | "the plan ended" | "stopped";

/** A loop under way. */
interface Loop {
  readonly stop: AbortController;
  readonly end: Promise<unknown>;
}

const CLOSED =
  "Cannot use this run: it was closed, by itself or because another was opened under its name; run the cell that opens it again";

const BUSY =
  "Cannot take steps: this run is training already; wait for its end, or stop it with await run.stop()";

/** Takes steps, one loop at a time; between two of them others may look at the run. */
export class Steps {
  readonly #parts: StepParts;
  #training: Training | null = null;
  #stop = new AbortController();
  #loop: Loop | null = null;
  /** The end of the last work; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(parts: StepParts) {
    this.#parts = parts;
  }

  /** Does a work when those before it have ended: steps and looks never overlap. */
  async #alone<A>(work: () => Promise<A>): Promise<A> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return await next;
  }

  /** The training; a new one, from where the old one stopped, if its signal was aborted. */
  async #open(): Promise<Training> {
    if (this.#closing !== null) throw new Error(CLOSED);
    const { config, plan } = this.#parts;
    const old = this.#training;
    if (old !== null && !this.#stop.signal.aborted) return old;
    const start: Snapshot = old === null
      ? initialSnapshot(config, plan)
      : orThrow(await old.snapshot());
    old?.dispose();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    return this.#training = pretraining({ ...this.#parts, start, signal });
  }

  /**
   * Takes steps.
   *
   * @param most Steps at most, a whole number from 1 on, or `Infinity`.
   * @param onStep Called after each; the next one waits for it.
   * @throws {Error} Where steps are being taken already, or the run was closed.
   */
  async take(
    most: number,
    onStep: (report: StepReport) => Promise<void>,
  ): Promise<Result<TrainError, StepsEnd>> {
    if (this.#closing !== null) throw new Error(CLOSED);
    if (this.#loop !== null) throw new Error(BUSY);
    if (most !== Infinity && !(Number.isInteger(most) && most > 0)) {
      throw new Error(
        describeError([{
          _tag: "OutOfRange",
          path: "steps",
          found: most,
          wanted: "a whole number from 1 on",
        }]),
      );
    }
    const stop = new AbortController();
    const end = this.#takeAll(most, onStep, stop.signal);
    this.#loop = { stop, end };
    try {
      return await end;
    } finally {
      this.#loop = null;
    }
  }

  async #takeAll(
    most: number,
    onStep: (report: StepReport) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<TrainError, StepsEnd>> {
    const training = await this.#alone(async () =>
      signal.aborted ? null : await this.#open()
    );
    if (training === null) return right("stopped");
    signal.addEventListener("abort", () => this.#stop.abort());
    if (signal.aborted) this.#stop.abort();
    const steps = training[Symbol.asyncIterator]();
    try {
      for (let taken = 0; taken < most; taken++) {
        if (signal.aborted) return right("stopped");
        const { value, done } = await this.#alone(() => steps.next());
        if (done) return right("the plan ended");
        if (value._tag === "Left") {
          return value.left._tag === "Stopped"
            ? right("stopped")
            : left(value.left);
        }
        await onStep(value.right);
      }
      return right("as many as asked for");
    } finally {
      await steps.return?.();
    }
  }

  /** Ends the loop under way, if there is one, within its step. */
  async stop(): Promise<void> {
    const { stop, end } = this.#loop ?? {};
    stop?.abort();
    await end?.catch(() => {});
  }

  /** Looks at the parameters as they are between two steps, after some of them. */
  async look<A>(
    look: (
      parameters: DeviceTensors,
      backend: Backend,
      step: number,
    ) => Promise<A>,
  ): Promise<A> {
    return await this.#alone(async () => {
      const training = await this.#open();
      const { backend } = this.#parts;
      return await look(training.parameters(), backend, training.step);
    });
  }

  /** The state between two steps. */
  async snapshot(): Promise<Snapshot> {
    return await this.#alone(async () =>
      orThrow(await (await this.#open()).snapshot())
    );
  }

  /** Stops, waits for what is under way, and gives everything back. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.stop();
    await this.#last;
    this.#training?.dispose();
    this.#parts.backend.dispose();
  }
}
