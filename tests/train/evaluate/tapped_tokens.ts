/**
 * An encoder with random weights, some images, and what it makes of them by the
 * interpreter.
 *
 * @module
 */
import {
  encode,
  initialParameters,
  interpretGraph,
  modelScope,
  type Owner,
  parameterSpecs,
  type Result,
  right as success,
  rootKey,
  tapNorm,
  traceGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import type { Backend, DeviceTensors } from "../../../backends/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import { uploadAll } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { syntheticBatch, TINY_MODEL } from "../tiny_run.ts";

const PARAMETERS = initialParameters(TINY_MODEL, rootKey(3));

/** The encoder on a device. */
export const uploaded = (backend: Backend): DeviceTensors =>
  uploadAll(
    backend,
    Object.fromEntries(
      parameterSpecs(TINY_MODEL).map(({ name, shape }) => [
        name,
        { shape, data: PARAMETERS.get(name) ?? new Float32Array() },
      ]),
    ),
  );

/** Five labelled images, two at a time: the last batch has one. */
export async function* fiveImages(): AsyncGenerator<Result<DataError, Batch>> {
  for (const indices of [[0, 1], [2, 3], [4]]) {
    const batch = syntheticBatch(TINY_MODEL, Int32Array.from(indices));
    const labels = Int32Array.from(indices, (index) => index % 3);
    yield await Promise.resolve(success({ ...batch, labels }));
  }
}

/** Each tap after its norm, `[1 + L, D]`, of one image by the interpreter. */
export function tokensOf(index: number): readonly Float64Array[] {
  const graph = right(traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const images = g.input("images", [1, 1, 16, 16]);
    const { blocks } = encode(scope, TINY_MODEL, images, null, 4);
    return Object.fromEntries(
      blocks.map((tapped, k) => [
        `${k}`,
        tapNorm(scope, TINY_MODEL, k, tapped),
      ]),
    );
  }));
  const { images } = syntheticBatch(TINY_MODEL, Int32Array.of(index));
  const inputs: NamedValues = Object.fromEntries(
    [...PARAMETERS, ["images", images] as const].map(
      ([name, data]) => [name, Float64Array.from(data)],
    ),
  );
  return Object.values(interpretGraph(graph, inputs)) as Float64Array[];
}
