/** The training loop. */
import { setImmediate } from "node:timers/promises";
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import { interruptible } from "../../backends/interruptible.ts";
import { left, type Result, right } from "../../core/mod.ts";
import type { DataError } from "../../data/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { ItemIterator, StepContext } from "./accumulate.ts";
import { withOrigin } from "./find_origin.ts";
import { afterStep, atEnd, type Hook } from "./hooks.ts";
import { type PhaseCompiler, phaseCompiler } from "./phases.ts";
import {
  disposeState,
  downloadState,
  type Snapshot,
  type TrainState,
  uploadState,
} from "./state.ts";
import { trainStep } from "./step.ts";
import type { StepReport, Training } from "./training.ts";
import { epochSteps, type Placed, type Task } from "./task.ts";

/** The micro-batches of an epoch from one of them on, in the order of the seed. */
export type ItemSource<Item> = (
  epoch: number,
  fromItem: number,
) => AsyncIterable<Result<TrainError | DataError, Item>>;

/** Inputs of a training beside its task. */
export interface TrainOptions<Item> {
  /** The engine. */
  readonly backend: Backend;
  /** Source of the samples. */
  readonly batches: ItemSource<Item>;
  /** The start: the first snapshot of the task, or that of a checkpoint. */
  readonly start: Snapshot;
  /**
   * Steps of the whole training that may be skipped because a loss or gradient is not
   * finite; those before the start count too. By default 0: the first ends the training.
   */
  readonly skipNonFinite?: number | undefined;
  /** Work beside the steps. */
  readonly hooks?: readonly Hook[] | undefined;
  /**
   * Stops the training: within a step, as soon as the engine can (`interruptible`), or
   * after it. The iteration then ends with `Stopped`.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Holds the one thing that changes: the present state and its programs. */
class Run<Item> implements Training {
  readonly #context: StepContext<Item>;
  readonly #options: Omit<TrainOptions<Item>, "start" | "backend">;
  readonly #phases: PhaseCompiler;
  #state: TrainState;

  constructor(
    task: Task<Item>,
    { start, backend, ...options }: TrainOptions<Item>,
  ) {
    const { signal, skipNonFinite } = options;
    const engine = signal === undefined
      ? backend
      : interruptible(backend, signal);
    this.#context = { backend: engine, task, skipNonFinite };
    // The start is as large as the state itself: it is not kept.
    this.#options = options;
    this.#phases = phaseCompiler(engine, task);
    this.#state = uploadState(engine, task, start);
  }

  get step(): number {
    return this.#state.step;
  }

  get #epoch(): number {
    return Math.floor(this.step / epochSteps(this.#context.task));
  }

  snapshot(): Promise<Result<TrainError, Snapshot>> {
    return downloadState(this.#context.backend, this.#state);
  }

  parameters(): DeviceTensors {
    return this.#state.parameters;
  }

  state(): TrainState {
    return this.#state;
  }

  dispose(): void {
    disposeState(this.#state);
    this.#phases.dispose();
  }

  /** Number in its epoch of the first micro-batch of the next step. */
  #firstItem(epoch: number): number {
    const { task } = this.#context;
    return (this.step - epoch * epochSteps(task)) * task.training.accumIter;
  }

  get #isStopped(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<
    Result<TrainError, StepReport>
  > {
    const { plan } = this.#context.task;
    while (this.step < plan.totalSteps) {
      const epoch = this.#epoch;
      const items = this.#options.batches(epoch, this.#firstItem(epoch))
        [Symbol.asyncIterator]();
      try {
        while (this.#epoch === epoch && this.step < plan.totalSteps) {
          const taken = await this.#advance(epoch, items);
          yield taken;
          if (taken._tag === "Left") return;
          if (this.#isStopped && this.step < plan.totalSteps) {
            // Only now: the signal may have come while the step was looked at.
            const ended = await atEnd(this.#options.hooks ?? [], this);
            return yield ended._tag === "Left"
              ? ended
              : left({ _tag: "Stopped" });
          }
        }
      } finally {
        await items.return?.();
      }
    }
  }

  /** Takes a step and calls the hooks after it. */
  async #advance(
    epoch: number,
    items: ItemIterator<Item>,
  ): Promise<Result<TrainError, StepReport>> {
    const { hooks = [] } = this.#options;
    const taken = await this.#takeStep(epoch, items);
    if (taken._tag === "Left" && taken.left._tag !== "Stopped") return taken;
    // A computation that never waits would keep a signal from being seen.
    await setImmediate();
    const seen = taken._tag === "Left"
      ? right(undefined)
      : await afterStep(hooks, taken.right, this);
    if (seen._tag === "Left") return seen;
    const isLast = this.step === this.#context.task.plan.totalSteps;
    const ended = isLast || taken._tag === "Left"
      ? await atEnd(hooks, this)
      : right(undefined);
    return ended._tag === "Left" ? ended : taken;
  }

  async #takeStep(
    epoch: number,
    items: ItemIterator<Item>,
  ): Promise<Result<TrainError, StepReport>> {
    const started = performance.now();
    const programs = await this.#phases.at(this.step);
    if (programs._tag === "Left") return programs;
    const compile = performance.now() - started;
    const taken = await trainStep(
      this.#context,
      programs.right,
      this.#state,
      epoch,
      items,
    );
    if (taken._tag === "Left") return await this.#explained(taken.left, epoch);
    const { state, report } = taken.right;
    this.#state = state;
    const { milliseconds } = report;
    const total = milliseconds.total + compile;
    return right({
      ...report,
      milliseconds: { ...milliseconds, compile, total },
    });
  }

  /** An error, with the place where it began if numbers are not finite. */
  async #explained(
    error: TrainError,
    epoch: number,
  ): Promise<Result<TrainError, never>> {
    if (error._tag !== "NonFiniteLoss" && error._tag !== "NonFiniteGradient") {
      return left(error);
    }
    const first = this.#firstItem(epoch);
    const items = placed(this.#options.batches(epoch, first), epoch, first);
    const failed = { state: this.#state, items };
    return left(await withOrigin(this.#context, failed, error));
  }
}

async function* placed<Item>(
  items: AsyncIterable<Result<TrainError | DataError, Item>>,
  epoch: number,
  first: number,
): AsyncGenerator<Result<TrainError | DataError, Placed<Item>>> {
  let place = first;
  for await (const item of items) {
    yield item._tag === "Left"
      ? item
      : right({ item: item.right, epoch, place: place++ });
  }
}

/**
 * Starts a training.
 *
 * Which layers move, at which rates, and which stages live is read from the plan at
 * every step; nothing of it is remembered, so a training that starts from a checkpoint
 * takes the same steps as one that was never interrupted.
 *
 * @returns The training; nothing is computed before it is iterated.
 */
export function train<Item>(
  task: Task<Item>,
  options: TrainOptions<Item>,
): Training {
  return new Run(task, options);
}
