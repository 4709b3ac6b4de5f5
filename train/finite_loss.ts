/**
 * The loss of a step, looked at before anything moves.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import { left, type Result, right } from "../core/mod.ts";
import { download } from "./download.ts";
import type { TrainError } from "./train_error.ts";

/**
 * The loss, if training can go on with it.
 *
 * @param backend Where it was computed.
 * @param outputs What the step gave, `loss` among it.
 * @param step Number of the step.
 * @returns The loss, or `NonFiniteLoss`.
 */
export async function finiteLoss(
  backend: Backend,
  outputs: DeviceTensors,
  step: number,
): Promise<Result<TrainError, number>> {
  const wanted = [...outputs].filter(([name]) => name === "loss");
  const read = await download(backend, new Map(wanted));
  if (read._tag === "Left") return read;
  const loss = read.right.get("loss")?.[0] ?? NaN;
  return Number.isFinite(loss)
    ? right(loss)
    : left({ _tag: "NonFiniteLoss", step, stageLosses: {} });
}
