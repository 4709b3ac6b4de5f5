/** Results for notebooks and scripts that want to stop at the first error. */
import {
  type BackendError,
  describeBackendError,
} from "../backends/backend.ts";
import { describeFaults, type Faults, type Result } from "../core/mod.ts";
import {
  type DataError,
  describeDataError,
} from "../data/report/data_error.ts";
import { describeRankError, type RankError } from "../ranks/ranks.ts";
import { describeTrainError, type TrainError } from "./train_error.ts";

/** Every kind of error that functions of this library return. */
export type AnyError =
  | Faults
  | BackendError
  | DataError
  | RankError
  | TrainError;

const isFaults = (error: AnyError): error is Faults => Array.isArray(error);

/** Text of any error of this library. */
export function describeError(error: AnyError): string {
  if (isFaults(error)) return describeFaults(error);
  switch (error._tag) {
    case "BackendUnavailable":
    case "TensorTooLarge":
    case "WrongInput":
    case "WrongNumbers":
    case "Interrupted":
    case "ExecutionFailed":
      return describeBackendError(error);
    case "BadFolder":
    case "BadFile":
    case "BadImage":
    case "TooManyBadImages":
    case "WorkerLost":
    case "DecoderMissing":
    case "BadOptions":
      return describeDataError(error);
    case "RanksMissing":
    case "TransportFailed":
      return describeRankError(error);
    default:
      return describeTrainError(error);
  }
}

/**
 * The value of a result, for notebooks and scripts.
 *
 * @param result Result of a function of this library.
 * @throws {Error} With the text of the error, if there is no value.
 *
 * @example Plan a run in a notebook
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, orThrow, planOf } from "@vitfreeze/vitfreeze";
 * import { strictEqual, throws } from "node:assert/strict";
 *
 * strictEqual(orThrow(planOf(DEFAULT_PRETRAIN_CONFIG, 100_000)).layers.length, 13);
 * throws(() => orThrow(planOf(DEFAULT_PRETRAIN_CONFIG, 10)), /found 10/);
 * ```
 */
export function orThrow<Value>(result: Result<AnyError, Value>): Value {
  if (result._tag === "Right") return result.right;
  throw new Error(describeError(result.left));
}
