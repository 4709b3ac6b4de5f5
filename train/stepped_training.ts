/**
 * Training as a sequence of steps on named tensors.
 *
 * @module
 */
import { disposeAll, uploadAll } from "./engine/tensors.ts";
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import { left, type Result, right, type Shape } from "../core/mod.ts";

import { download } from "./engine/tensors.ts";
import type { HostTensors } from "./engine/snapshot.ts";
import type { TrainError } from "./train_error.ts";

/** A moment of training in main memory: all that it needs to go on. */
export interface TensorSnapshot {
  /** Steps done. */
  readonly step: number;
  /** Everything that steps change, by name. */
  readonly tensors: HostTensors;
  /** A text that is kept with it in a file, if there is one. */
  readonly note?: string;
}

/** Gives the next micro-batch of an epoch, or why there is none. */
export type NextItem<Item> = () => Promise<Result<TrainError, Item>>;

/** What a step gives. */
export interface Stepped<Report> {
  /** What takes the place of the tensors before; those that were replaced are gone. */
  readonly tensors: DeviceTensors;
  /** What happened. */
  readonly report: Report;
}

/** Compiled work. */
export interface Stepper<Item, Report> {
  /** Takes a step; if it fails, the tensors are as they were before. */
  take(
    tensors: DeviceTensors,
    step: number,
    next: NextItem<Item>,
  ): Promise<Result<TrainError, Stepped<Report>>>;
  /** Gives back what the programs hold. */
  dispose(): void;
}

/** What such training is made of. */
export interface SteppedSpec<Item, Report> {
  /** Where it computes. */
  readonly backend: Backend;
  /** Shapes of the tensors, by name. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Where it starts. */
  readonly start: TensorSnapshot;
  /** Steps of the whole training. */
  readonly totalSteps: number;
  /** Steps of an epoch; divides `totalSteps`. */
  readonly stepsPerEpoch: number;
  /** Micro-batches of a step. */
  readonly itemsPerStep: number;
  /** Micro-batches of an epoch from one of them on. */
  readonly items: (
    epoch: number,
    fromItem: number,
  ) => AsyncIterable<Result<TrainError, Item>>;
  /** Compiles the work. */
  readonly open: () => Promise<Result<TrainError, Stepper<Item, Report>>>;
}

/**
 * Training under way. Iterating takes steps until the end; leaving the loop pauses,
 * iterating again goes on. An error ends the iteration, with the tensors as they
 * were before the failed step.
 */
export interface SteppedTraining<Report>
  extends AsyncIterable<Result<TrainError, Report>> {
  /** Steps done. */
  readonly step: number;
  /** Copies the tensors to main memory; refuses one that is not finite. */
  snapshot(): Promise<Result<TrainError, TensorSnapshot>>;
  /** The tensors on the device; they stay the training's. */
  tensors(): DeviceTensors;
  /** Gives back all tensors and programs. */
  dispose(): void;
}

/** Copies tensors to a device. */
function uploaded(
  backend: Backend,
  shapes: Readonly<Record<string, Shape>>,
  tensors: HostTensors,
): DeviceTensors {
  return uploadAll(
    backend,
    Object.fromEntries(
      [...tensors].map(([name, data]) => [
        name,
        { shape: shapes[name] ?? [data.length], data },
      ]),
    ),
  );
}

/** Holds the one thing that changes. */
class Training<Item, Report> implements SteppedTraining<Report> {
  readonly #spec: SteppedSpec<Item, Report>;
  #step: number;
  #tensors: DeviceTensors;
  #stepper: Stepper<Item, Report> | null = null;

  constructor(spec: SteppedSpec<Item, Report>) {
    this.#spec = spec;
    this.#step = spec.start.step;
    this.#tensors = uploaded(spec.backend, spec.shapes, spec.start.tensors);
  }

  get step(): number {
    return this.#step;
  }

  tensors(): DeviceTensors {
    return this.#tensors;
  }

  async snapshot(): Promise<Result<TrainError, TensorSnapshot>> {
    const step = this.#step;
    const tensors = await download(this.#spec.backend, this.#tensors);
    if (tensors._tag === "Left") return tensors;
    const bad = [...tensors.right].find(([, data]) =>
      !data.every(Number.isFinite)
    );
    return bad === undefined
      ? right({ step, tensors: tensors.right })
      : left({ _tag: "NonFiniteParameter", step, name: bad[0] });
  }

  dispose(): void {
    disposeAll(this.#tensors.values());
    this.#stepper?.dispose();
    this.#stepper = null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Result<TrainError, Report>> {
    const { totalSteps, stepsPerEpoch, itemsPerStep, items } = this.#spec;
    while (this.#step < totalSteps) {
      const epoch = Math.floor(this.#step / stepsPerEpoch);
      const first = (this.#step - epoch * stepsPerEpoch) * itemsPerStep;
      const iterator = items(epoch, first)[Symbol.asyncIterator]();
      try {
        while (this.#step < (epoch + 1) * stepsPerEpoch) {
          const report = await this.#advance(iterator);
          yield report;
          if (report._tag === "Left") return;
        }
      } finally {
        await iterator.return?.();
      }
    }
  }

  async #advance(
    items: AsyncIterator<Result<TrainError, Item>>,
  ): Promise<Result<TrainError, Report>> {
    const opened = this.#stepper === null
      ? await this.#spec.open()
      : right(this.#stepper);
    if (opened._tag === "Left") return opened;
    this.#stepper = opened.right;
    const next: NextItem<Item> = async () => {
      const item = await items.next();
      const reason = `it ended before step ${this.#step} had its samples`;
      return item.done === true
        ? left({ _tag: "FileFailed", path: "the source of samples", reason })
        : item.value;
    };
    const taken = await this.#stepper.take(this.#tensors, this.#step, next);
    if (taken._tag === "Left") return taken;
    this.#tensors = taken.right.tensors;
    this.#step++;
    return right(taken.right.report);
  }
}

/**
 * Starts training; nothing is computed before it is iterated. What a step does
 * depends on its number and the tensors alone, so training that starts from a
 * snapshot takes the same steps as one that was never interrupted.
 *
 * @param spec What it is made of.
 */
export function steppedTraining<Item, Report>(
  spec: SteppedSpec<Item, Report>,
): SteppedTraining<Report> {
  return new Training(spec);
}
