/** The training loop. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import { interruptible } from "../../backends/interruptible.ts";
import {
  type Faults,
  left,
  phaseAt,
  type Result,
  right,
  type SegmentLimits,
} from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { eventLoopTurn } from "../event_loop.ts";
import type { TrainError } from "../train_error.ts";
import type { StepContext } from "./step/step_context.ts";
import {
  type EpochItems,
  epochItems,
  type ItemSource,
  placedItems,
  placeOf,
  sourceFor,
} from "./epoch_items.ts";
import { withOrigin } from "./find_origin.ts";
import { atEnd, type DueHooks, dueHooks, type Hook } from "./hooks.ts";
import {
  downloadState,
  type Snapshot,
  type TrainState,
  uploadState,
} from "./state.ts";
import { type StepMeeting, stepMeeting, type StepWords } from "./meeting.ts";
import { onlyShare, sharedTask, type StepShare, stepShare } from "./share.ts";
import { StepLine } from "./step/step_line.ts";
import { stepReports } from "./step_reports.ts";
import { rankEngine, stepWay } from "./step/step_way.ts";
import type { StepProgress, StepReport, Training } from "./training.ts";
import type { Task } from "./task.ts";
import { Use } from "./use.ts";

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
  /**
   * The ranks of the training, each of which computes its part of every step; by default
   * there is one. On all of them task, start and steps are the same; the source gives each
   * its own samples, and is told which. A stop is one of all ranks, after the step in which
   * any of them was asked for it.
   */
  readonly ranks?: Ranks | undefined;
  /**
   * Limits of the parts of a gradient between which ranks begin to add up, the same on all
   * of them; by default those of `gradientSegments`, and one part where there is one rank.
   */
  readonly segments?: SegmentLimits | undefined;
  /** What ranks tell each other in every step beside. */
  readonly words?: StepWords | undefined;
  /**
   * Hears how far a step has come: that its programs are compiled, and each of its
   * micro-batches as it begins. An engine that runs ahead is given them before it computes
   * them. It may not throw.
   */
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
  /** Work beside the steps. */
  readonly hooks?: readonly Hook[] | undefined;
  /**
   * Stops the training: within a step, as soon as the engine can (`interruptible`), or
   * after it. The iteration then ends with `Stopped`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Steps that may be sent before the report of the oldest is read, beside that one: a whole
   * number up to `Backend.runsAhead`; by default 0, each step is waited for. Numbers, reports
   * and errors are the same. Nothing is sent beyond the end of a phase or an epoch, nor
   * beyond a step after which a hook looks at the training.
   */
  readonly ahead?: number | undefined;
}

/** What is wrong with the number of steps ahead, or `null`. */
function aheadFaults(
  ahead: number,
  { runsAhead = 0 }: Backend,
): Faults | null {
  return Number.isInteger(ahead) && ahead >= 0 && ahead <= runsAhead ? null : [{
    _tag: "OutOfRange",
    path: "ahead",
    found: ahead,
    wanted: `a whole number from 0 to ${runsAhead}, which the engine allows`,
  }];
}

/** Where the ranks of a training meet, if there are several. */
function meetingOf(
  { ranks, words, signal }: TrainOptions<unknown>,
): StepMeeting | undefined {
  return ranks === undefined
    ? undefined
    : stepMeeting(ranks, () => signal?.aborted ?? false, words);
}

/** A training: the line of its steps, and what happens between them. */
class Run<Item> implements Training {
  readonly #context: StepContext<Item> & { readonly share: StepShare };
  readonly #options: Omit<TrainOptions<Item>, "start" | "backend">;
  readonly #hooks: DueHooks;
  readonly #line: StepLine<Item>;
  readonly #use = new Use(() => this.#line.dispose());
  /** Why the ranks cannot share the steps, or `null`. */
  readonly #refusal: TrainError | null;
  /** Steps that were reported. */
  #step: number;
  /** Reports that are known, of steps that were taken at once with the last reported one. */
  #known: StepReport[] = [];
  /** The first of the steps that were sent last. */
  #sentFrom: number;
  /** True once a hook has stopped the training. */
  #isStoppedByHook = false;
  /** Why the next step could not be sent; told after the reports of those before. */
  #failure: TrainError | null = null;

  constructor(
    task: Task<Item>,
    { start, backend, ...options }: TrainOptions<Item>,
  ) {
    const { signal, skipNonFinite, ranks, segments, onProgress } = options;
    const meeting = meetingOf({ ...options, start, backend });
    // Ranks stop together, after a step.
    const engine = meeting !== undefined
      ? rankEngine(backend)
      : signal === undefined
      ? backend
      : interruptible(backend, signal);
    const place = ranks ?? { rank: 0, size: 1 };
    const shared = stepShare(task, backend.parallelRuns ?? 1, place);
    this.#refusal = shared._tag === "Left" ? shared.left : null;
    const share = shared._tag === "Left"
      ? onlyShare(task, backend)
      : shared.right;
    const ranked = ranks === undefined
      ? task
      : task.overRanks?.(ranks.size) ?? task;
    const context = {
      ...{ backend: engine, task: sharedTask(ranked, share), share, meeting },
      ...{ segments, skipNonFinite, signal, onProgress },
    };
    this.#context = context;
    // The start is as large as the state itself: it is not kept.
    const rows = ranks === undefined ? undefined : share;
    const batches = sourceFor(options.batches, task, backend, rows);
    this.#options = { ...options, batches };
    this.#hooks = dueHooks(options.hooks ?? []);
    const state = uploadState(engine, task, start);
    this.#line = new StepLine(stepWay(context), state);
    this.#step = start.step;
    this.#sentFrom = start.step;
  }

  get step(): number {
    return this.#step;
  }

  snapshot(): Promise<Result<TrainError, Snapshot>> {
    return this.#use.work(async () => {
      const drained = await this.#line.drain();
      return drained._tag === "Left"
        ? drained
        : await downloadState(this.#context.backend, this.#line.state);
    });
  }

  parameters(): DeviceTensors {
    return this.#line.state.parameters;
  }

  state(): TrainState {
    return this.#line.state;
  }

  dispose(): void {
    this.#use.end();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #isStopped(): boolean {
    const { meeting, signal } = this.#context;
    return this.#isStoppedByHook ||
      (meeting?.isStopped ?? signal?.aborted ?? false);
  }

  get #totalSteps(): number {
    return this.#context.task.plan.totalSteps;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<
    Result<TrainError, StepReport>
  > {
    const refusal = this.#refusalOfLoop();
    if (refusal !== null) return yield left(refusal);
    this.#failure = null;
    this.#isStoppedByHook = false;
    const { batches, hooks = [] } = this.#options;
    const items = epochItems(batches);
    try {
      while (this.#step < this.#totalSteps) {
        const taken = await this.#use.work(() => this.#advance(items));
        yield taken;
        if (taken._tag === "Left") return;
        const isOver = this.#isStopped && this.#line.length === 0 &&
          this.#known.length === 0;
        if (isOver && this.#step < this.#totalSteps) {
          // Only now: the signal may have come while the step was looked at.
          const ended = await this.#use.work(() => atEnd(hooks, this));
          return yield ended._tag === "Left"
            ? ended
            : left({ _tag: "Stopped" });
        }
      }
    } finally {
      await items.close().finally(() => this.#use.leave());
    }
  }

  /** Why there may be no loop over the training now, or `null`: then one has begun. */
  #refusalOfLoop(): TrainError | null {
    const { ahead = 0 } = this.#options;
    const faults = aheadFaults(ahead, this.#context.backend);
    if (faults !== null) return { _tag: "BadConfig", faults };
    return this.#refusal ?? this.#use.enter();
  }

  /** Takes the report of a step, sends those behind it, and calls the hooks after it. */
  async #advance(
    items: EpochItems<Item>,
  ): Promise<Result<TrainError, StepReport>> {
    const { hooks = [] } = this.#options;
    const taken = await this.#takeStep(items);
    if (taken._tag === "Left" && taken.left._tag !== "Stopped") return taken;
    // A computation that never waits would keep a signal from being seen.
    await eventLoopTurn();
    const seen = taken._tag === "Left"
      ? right(undefined)
      : await this.#hooks.call(taken.right, this, this.#known.length > 0);
    if (seen._tag === "Left" && seen.left._tag !== "Stopped") return seen;
    this.#isStoppedByHook ||= seen._tag === "Left";
    const isLast = this.#step === this.#totalSteps;
    const ended = isLast || taken._tag === "Left"
      ? await atEnd(hooks, this)
      : right(undefined);
    return ended._tag === "Left" ? ended : taken;
  }

  async #takeStep(
    items: EpochItems<Item>,
  ): Promise<Result<TrainError, StepReport>> {
    const { task } = this.#context;
    const known = this.#known.shift();
    if (known !== undefined) {
      this.#step = known.step + 1;
      return right(known);
    }
    while (this.#maySend) {
      this.#sentFrom = this.#line.state.step;
      const place = placeOf(task, this.#sentFrom);
      const open = await items.at(place);
      this.#failure = await this.#line.send(place.epoch, open);
    }
    const taken = this.#line.length === 0 && this.#failure !== null
      ? left(this.#failure)
      : await this.#line.take();
    if (taken._tag === "Left") return await this.#explained(taken.left);
    const [first, ...others] = stepReports(task, taken.right);
    this.#known = others;
    this.#step = first.step + 1;
    return right(first);
  }

  /** True if the next step may be sent before any further report is taken. */
  get #maySend(): boolean {
    const { state: { step }, length, hasFailed } = this.#line;
    if (this.#failure !== null || hasFailed) return false;
    if (step === this.#totalSteps) return false;
    if (length === 0) return true;
    const { ahead = 0 } = this.#options;
    return length <= ahead && !this.#isStopped &&
      !this.#isBound(this.#sentFrom, step);
  }

  /** True if nothing may be sent beyond some steps before their reports were taken. */
  #isBound(from: number, to: number): boolean {
    const { task } = this.#context;
    return phaseAt(task.plan)(to - 1).to === to ||
      placeOf(task, to).first === 0 ||
      this.#hooks.lookAfter(from, to);
  }

  /** An error, with the place where it began if numbers are not finite. */
  async #explained(error: TrainError): Promise<Result<TrainError, never>> {
    const { state } = this.#line;
    if (this.#line.length === 0) this.#hooks.forget(this.#step);
    if (error._tag !== "NonFiniteLoss" && error._tag !== "NonFiniteGradient") {
      return left(error);
    }
    const { task, share } = this.#context;
    const place = placeOf(task, state.step);
    const items = placedItems(this.#options.batches, place, share);
    return left(await withOrigin(this.#context, { state, items }, error));
  }
}

/**
 * Starts a training.
 *
 * Trained layers, their rates and the live stages are read from the plan at
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
