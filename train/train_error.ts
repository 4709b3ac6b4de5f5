/** Errors of a training. */
import {
  type BackendError,
  describeBackendError,
} from "../backends/backend.ts";
import {
  describeFaults,
  type Faults,
  left,
  printableLines,
  type Result,
  type StageScale,
} from "../core/mod.ts";
import {
  type DataError,
  describeDataError,
} from "../data/report/data_error.ts";
import { describeRankError, type RankError } from "../ranks/ranks.ts";
import type { FileFailed } from "./files/file_result.ts";
import {
  describeScheduleChange,
  type ScheduleChange,
} from "./checkpoint/schedule_change.ts";

/** Kind of the numbers that are not finite. */
export type OriginKind = "images" | "parameter" | "activation" | "gradient";

/** Origin of numbers that are not finite. */
export interface Origin {
  /** The first stage whose loss is not finite, and its scale; `null` if all are. */
  readonly stage: { readonly index: number; readonly scale: StageScale } | null;
  /**
   * The first that is not finite, in the order in which a step meets them: images,
   * parameters, activations of the forward pass, gradients of the backward pass, which
   * begins at the losses. `null` if it was not found.
   */
  readonly first: {
    /** Its kind. */
    readonly kind: OriginKind;
    /** Its name, or the number of the sample. */
    readonly name: string;
    /** The part of the model and its layer, in words; empty for images. */
    readonly part: string;
  } | null;
}

const NAMED: Readonly<Record<OriginKind, string>> = {
  images: "the image of sample",
  parameter: "the parameter",
  activation: "the activation",
  gradient: "the gradient of",
};

/**
 * Text of an origin, behind a sentence that says what happened.
 *
 * @returns Clauses that begin with a semicolon, or nothing.
 */
function describeOrigin({ stage, first }: Origin): string {
  const clauses = [
    ...stage === null
      ? []
      : [`the first such stage is ${stage.index + 1} (scale ${stage.scale})`],
    ...first === null ? [] : [
      `the first number that is not finite is in ${
        NAMED[first.kind]
      } ${first.name}${first.part === "" ? "" : ` (${first.part})`}`,
    ],
  ];
  return clauses.map((clause) => `; ${clause}`).join("");
}

/** Reason why training could not start or go on. */
export type TrainError =
  /** The engine failed. */
  | { readonly _tag: "BackendFailed"; readonly error: BackendError }
  /** Other ranks of the training are missing or cannot be reached. */
  | { readonly _tag: "RanksFailed"; readonly error: RankError }
  /** A rank is about to do something else than rank 0. */
  | {
    readonly _tag: "RanksDiffer";
    /** The rank and its host. */
    readonly rank: string;
    /** Path of the first field that differs, for example `config.training.seed`. */
    readonly field: string;
    /** What the rank has there, as JSON. */
    readonly found: string;
    /** What rank 0 has there. */
    readonly wanted: string;
  }
  /** An image could not be had. */
  | { readonly _tag: "DataFailed"; readonly error: DataError }
  /** The configuration contradicts itself. */
  | { readonly _tag: "BadConfig"; readonly faults: Faults }
  /** A loss is NaN or infinite; the parameters are those before this step. */
  | {
    readonly _tag: "NonFiniteLoss";
    readonly step: number;
    readonly stageLosses: Readonly<Record<number, number>>;
    readonly origin?: Origin;
  }
  /**
   * A gradient is NaN or infinite, or too long to be squared in float32, though the
   * losses are finite; the parameters are those before this step.
   */
  | {
    readonly _tag: "NonFiniteGradient";
    readonly step: number;
    readonly origin: Origin;
  }
  /**
   * Running statistics of a normalisation would be NaN or infinite, or too large to be
   * squared in float32, though loss and gradients are finite; everything is as before
   * this step.
   */
  | {
    readonly _tag: "NonFiniteStatistics";
    readonly step: number;
    readonly name: string;
    /** The part of the model and its layer, in words. */
    readonly part: string;
  }
  /** A loss has been far too high for too long; the last steps should not be built on. */
  | {
    readonly _tag: "LossExploded";
    readonly step: number;
    /** First of the high steps. */
    readonly since: number;
    /** Stage of the loss and its scale; `null` where a step has one loss. */
    readonly stage: { readonly index: number; readonly scale: number } | null;
    readonly loss: number;
    /** Bound of the loss. */
    readonly bound: number;
  }
  /** A parameter is NaN or infinite, so nothing was saved. */
  | {
    readonly _tag: "NonFiniteParameter";
    readonly step: number;
    readonly name: string;
  }
  /** A checkpoint is not one of this run, or not whole. */
  | {
    readonly _tag: "CheckpointRefused";
    readonly path: string;
    readonly reason: string;
  }
  /** The checkpoint is of this run, but of another schedule. */
  | {
    readonly _tag: "ScheduleDiffers";
    readonly path: string;
    readonly change: ScheduleChange;
  }
  /** Another run writes to the folder. */
  | {
    readonly _tag: "FolderLocked";
    readonly path: string;
    /** Holder in words, if that is known. */
    readonly holder: string | null;
  }
  /** A file could not be written or read. */
  | FileFailed
  /** It was asked to stop before its end. */
  | { readonly _tag: "Stopped" }
  /** Another loop over the same training is under way. */
  | { readonly _tag: "AlreadyIterated" }
  /** The training was given back. */
  | { readonly _tag: "Disposed" };

const DATA_ERRORS: Readonly<Record<DataError["_tag"], true>> = {
  BadFolder: true,
  BadFile: true,
  BadImage: true,
  TooManyBadImages: true,
  WorkerLost: true,
  DecoderMissing: true,
  BadOptions: true,
};

const isOfData = (error: TrainError | DataError): error is DataError =>
  Object.hasOwn(DATA_ERRORS, error._tag);

/** The error of a source of samples as training's. */
export function fromSource(error: TrainError | DataError): TrainError {
  return isOfData(error) ? { _tag: "DataFailed", error } : error;
}

/** Wraps an error between ranks as training's. */
export function orRanksFailed<A>(
  result: Result<RankError, A>,
): Result<TrainError, A> {
  return result._tag === "Right"
    ? result
    : left({ _tag: "RanksFailed", error: result.left });
}

/** Losses of stages in brackets; nothing where there are none. */
function describeStages(losses: Readonly<Record<number, number>>): string {
  const parts = Object.entries(losses).map(([stage, loss]) =>
    `stage ${Number(stage) + 1}: ${loss}`
  );
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** A loss, a gradient or running statistics that are not finite. */
export type NonFiniteError = Extract<
  TrainError,
  {
    readonly _tag:
      | "NonFiniteLoss"
      | "NonFiniteGradient"
      | "NonFiniteStatistics";
  }
>;

/**
 * Numbers that are not finite, and their origin.
 *
 * @returns A sentence without its beginning and full stop.
 */
export function describeNonFinite(error: NonFiniteError): string {
  if (error._tag === "NonFiniteStatistics") {
    return `the running statistics ${error.name} (${error.part}) are not finite, though loss and gradients are`;
  }
  const where = error.origin === undefined ? "" : describeOrigin(error.origin);
  return error._tag === "NonFiniteLoss"
    ? `the loss is not finite${describeStages(error.stageLosses)}${where}`
    : `a gradient is not finite, though the losses are${where}`;
}

/** Text of a training error. */
export function describeTrainError(error: TrainError): string {
  switch (error._tag) {
    case "BackendFailed":
      return describeBackendError(error.error);
    case "RanksFailed":
      return describeRankError(error.error);
    case "RanksDiffer": {
      const { rank, field, found, wanted } = error;
      return `Cannot begin: ${rank} differs from rank 0 in ${field}: found ${found}, wanted ${wanted}`;
    }
    case "DataFailed":
      return describeDataError(error.error);
    case "BadConfig":
      return `Cannot begin with these settings:\n${
        describeFaults(error.faults)
      }`;
    case "NonFiniteLoss":
    case "NonFiniteGradient":
    case "NonFiniteStatistics":
      return `Stopped at step ${error.step}: ${describeNonFinite(error)}`;
    case "LossExploded":
      return `Stopped after step ${error.step}: the loss${
        error.stage === null
          ? ""
          : ` of stage ${error.stage.index + 1} (scale ${error.stage.scale})`
      } is ${error.loss}, and has been above ${error.bound} since step ${error.since}`;
    case "NonFiniteParameter":
      return `Stopped at step ${error.step}: parameter ${error.name} is not finite, so nothing was saved`;
    case "CheckpointRefused":
      return printableLines(
        `Cannot use checkpoint ${error.path}: ${error.reason}`,
      );
    case "ScheduleDiffers":
      return `Cannot use checkpoint ${error.path}: it is of another configuration:\n${
        describeScheduleChange(error.change)
      }`;
    case "FolderLocked":
      return `Cannot use ${error.path}: another run is writing to it (${
        error.holder ?? "which one is not known"
      })`;
    case "FileFailed":
      return printableLines(`Cannot use ${error.path}: ${error.reason}`);
    case "Stopped":
      return "Stopped before its end";
    case "AlreadyIterated":
      return "Cannot take steps: another loop over this training is under way; leave it, or wait for its end";
    case "Disposed":
      return "Cannot go on: this training was disposed";
  }
}
