/**
 * Outputs of a gradient program, added up over the micro-batches of a step.
 *
 * @module
 */
import { disposeAll, orBackendFailed, uploadAll } from "./engine/tensors.ts";
import type {
  Backend,
  DeviceTensors,
  HostTensor,
  Program,
} from "../backends/backend.ts";
import { type Result, right } from "../core/mod.ts";

import type { TrainError } from "./train_error.ts";

/** What a step computes before its parameters move. */
export interface SummingPrograms {
  /** Losses and gradients of a micro-batch, or of a part of one. */
  readonly gradient: Program;
  /** Adds two of its outputs, `outputSumGraph`; `null` if a step has one. */
  readonly sum: Program | null;
}

/**
 * Losses and gradients of one micro-batch, or of a part of one.
 *
 * @param backend The engine.
 * @param programs The gradient program.
 * @param parameters Its parameters on the device; they stay.
 * @param given Its other inputs by name.
 */
export async function differentiate(
  backend: Backend,
  { gradient }: SummingPrograms,
  parameters: DeviceTensors,
  given: Readonly<Record<string, HostTensor>>,
): Promise<Result<TrainError, DeviceTensors>> {
  const batch = uploadAll(backend, given);
  const outputs = await gradient.run(new Map([...parameters, ...batch]));
  disposeAll(batch.values());
  return orBackendFailed(outputs);
}

const prefixed = (
  prefix: string,
  tensors: DeviceTensors,
): DeviceTensors =>
  new Map(
    [...tensors].map(([name, tensor]) => [`${prefix}/${name}`, tensor]),
  );

/** Adds the outputs of one more part; takes both. */
async function add(
  { sum: program }: SummingPrograms,
  sum: DeviceTensors | null,
  part: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  if (program === null || sum === null) return right(part);
  const total = await program.run(
    new Map([...prefixed("sum", sum), ...prefixed("part", part)]),
  );
  disposeAll(part.values());
  // The total has taken the place of the sum, unless the engine failed.
  disposeAll(sum.values());
  return orBackendFailed(total);
}

/** Adds the outputs of several parts in their order; takes all. */
async function addAll(
  programs: SummingPrograms,
  sum: DeviceTensors | null,
  parts: readonly DeviceTensors[],
): Promise<Result<TrainError, DeviceTensors>> {
  let total = sum;
  for (const [k, part] of parts.entries()) {
    const next: Result<TrainError, DeviceTensors> = await add(
      programs,
      total,
      part,
    );
    if (next._tag === "Left") {
      parts.slice(k + 1).forEach((rest) => disposeAll(rest.values()));
      return next;
    }
    total = next.right;
  }
  return right(total ?? new Map());
}

/**
 * Adds up the outputs of all micro-batches of a step, in their order.
 *
 * @param programs The program that adds.
 * @param count Micro-batches of the step.
 * @param next Computes the next one, in one part or several.
 * @returns The sums, which become the caller's; or the first error, and then nothing is
 * left on the device.
 */
export async function summedOutputs(
  programs: SummingPrograms,
  count: number,
  next: () => Promise<Result<TrainError, readonly DeviceTensors[]>>,
): Promise<Result<TrainError, DeviceTensors>> {
  let sum: DeviceTensors | null = null;
  for (let k = 0; k < count; k++) {
    const parts = await next();
    if (parts._tag === "Left") {
      disposeAll(sum?.values() ?? []);
      return parts;
    }
    const total: Result<TrainError, DeviceTensors> = await addAll(
      programs,
      sum,
      parts.right,
    );
    if (total._tag === "Left") return total;
    sum = total.right;
  }
  return right(sum ?? new Map());
}
