/**
 * Freezing-aware pre-training.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  type FreezePlan,
  left,
  phaseAt,
  type PretrainConfig,
  type Result,
  right,
} from "../core/mod.ts";
import type { Batch, DataError } from "../data/mod.ts";
import { withOrigin } from "./find_origin.ts";
import { type PhaseCompiler, phaseCompiler } from "./phase_compiler.ts";
import type { Snapshot } from "./engine/snapshot.ts";
import type { BatchIterator } from "./step_context.ts";
import type { StepReport } from "./step_report.ts";
import type { TrainError } from "./train_error.ts";
import {
  disposeState,
  downloadState,
  type TrainState,
  uploadState,
} from "./train_state.ts";
import { trainStep } from "./train_step.ts";

/** The micro-batches of an epoch from one of them on, in the order of the seed. */
export type BatchSource = (
  epoch: number,
  fromBatch: number,
) => AsyncIterable<Result<DataError, Batch>>;

/** What a run needs. */
export interface PretrainInputs {
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Where it computes. */
  readonly backend: Backend;
  /** Where images come from. */
  readonly batches: BatchSource;
  /** Where it starts: `initialSnapshot`, or a checkpoint. */
  readonly start: Snapshot;
  /**
   * Steps of the whole run that may be left out because a loss or gradient is not
   * finite; those before the start count too. By default 0: the first ends the run.
   */
  readonly skipNonFinite?: number;
}

/**
 * A run of pre-training. Iterating takes steps until the plan ends; leaving the
 * loop pauses, iterating again goes on. An error ends the iteration, with the
 * parameters as they were before the failed step.
 */
export interface Pretraining
  extends AsyncIterable<Result<TrainError, StepReport>> {
  /** Steps done. */
  readonly step: number;
  /** Copies the state to main memory; refuses a parameter that is not finite. */
  snapshot(): Promise<Result<TrainError, Snapshot>>;
  /** The parameters on the device, for looking at what was learned; they stay the run's. */
  parameters(): DeviceTensors;
  /** Gives back all tensors and programs. */
  dispose(): void;
}

/** Holds the one thing that changes: the present state and its programs. */
class Run implements Pretraining {
  readonly #inputs: Omit<PretrainInputs, "start">;
  readonly #phases: PhaseCompiler;
  #state: TrainState;

  constructor({ start, ...inputs }: PretrainInputs) {
    // The start is as large as the state itself: it is not kept.
    this.#inputs = inputs;
    this.#phases = phaseCompiler(inputs);
    this.#state = uploadState(inputs.backend, inputs.config, start);
  }

  get step(): number {
    return this.#state.step;
  }

  get #stepsPerEpoch(): number {
    return this.#inputs.plan.totalSteps / this.#inputs.config.training.epochs;
  }

  get #epoch(): number {
    return Math.floor(this.step / this.#stepsPerEpoch);
  }

  /** Number in its epoch of the first micro-batch of the next step. */
  #firstBatch(epoch: number): number {
    return (this.step - epoch * this.#stepsPerEpoch) *
      this.#inputs.config.training.accumIter;
  }

  snapshot(): Promise<Result<TrainError, Snapshot>> {
    return downloadState(this.#inputs.backend, this.#state);
  }

  parameters(): DeviceTensors {
    return this.#state.parameters;
  }

  dispose(): void {
    disposeState(this.#state);
    this.#phases.dispose();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<
    Result<TrainError, StepReport>
  > {
    const { plan, batches } = this.#inputs;
    while (this.step < plan.totalSteps) {
      const epoch = this.#epoch;
      const iterator = batches(epoch, this.#firstBatch(epoch))
        [Symbol.asyncIterator]();
      try {
        while (this.#epoch === epoch) {
          const report = await this.#advance(epoch, iterator);
          yield report;
          if (report._tag === "Left") return;
        }
      } finally {
        await iterator.return?.();
      }
    }
  }

  async #advance(
    epoch: number,
    batches: BatchIterator,
  ): Promise<Result<TrainError, StepReport>> {
    const started = performance.now();
    const programs = await this.#phases.at(this.step);
    if (programs._tag === "Left") return programs;
    const compile = performance.now() - started;
    const taken = await trainStep(
      this.#inputs,
      programs.right,
      this.#state,
      epoch,
      batches,
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
    const { plan, batches } = this.#inputs;
    const state = this.#state;
    const phase = phaseAt(plan)(state.step);
    const again = batches(epoch, this.#firstBatch(epoch));
    const failed = { phase, state, epoch, batches: again };
    return left(await withOrigin(this.#inputs, failed, error));
  }
}

/**
 * Starts a run.
 *
 * Which layers move, which stages live and at which rates is read from the plan
 * at every step; nothing of it is remembered, so a run that starts from a
 * checkpoint takes the same steps as one that was never interrupted.
 *
 * @param inputs Configuration, plan, engine, images and starting point.
 * @returns The run; nothing is computed before it is iterated.
 *
 * @example Four steps on eight images; four layers freeze before the last
 * ```ts
 * import { selectBackend } from "@vitfreeze/vitfreeze/backends";
 * import { DEFAULT_PRETRAIN_CONFIG, MODEL_PRESETS, planOf, rootKey } from "@vitfreeze/vitfreeze/core";
 * import { embeddedFashionMnist, loadBatches, shareSource, trainTransform } from "@vitfreeze/vitfreeze/data";
 * import { initialSnapshot, orThrow, pretraining } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const model = MODEL_PRESETS.nano;
 * const training = { epochs: 2, warmupEpochs: 0, batchSize: 4, accumIter: 1, seed: 0 };
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model, training };
 *
 * const source = orThrow(shareSource(orThrow(await embeddedFashionMnist()), 8, rootKey(0)));
 * const transform = orThrow(trainTransform({ ...model, normalization: source.normalization }));
 * const plan = orThrow(planOf(config, source.length));
 * const { backend } = orThrow(await selectBackend("cpu"));
 *
 * const run = pretraining({
 *   config,
 *   plan,
 *   backend,
 *   batches: (epoch, fromBatch) => loadBatches({ source, transform, ...training, epoch, fromBatch }),
 *   start: initialSnapshot(config, plan),
 * });
 * const frozen: number[] = [];
 * for await (const report of run) frozen.push(orThrow(report).frozenLayers);
 * run.dispose();
 *
 * deepStrictEqual(frozen, [0, 0, 0, 4]);
 * ```
 */
export function pretraining(inputs: PretrainInputs): Pretraining {
  return new Run(inputs);
}
