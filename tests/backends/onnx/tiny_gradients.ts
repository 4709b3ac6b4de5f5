/**
 * The step of the tiny model against the gradients of the reference.
 *
 * @module
 */
import { ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/mod.ts";
import type { HostTensor } from "../../../backends/backend.ts";
import {
  gradientName,
  type Graph,
  inputSignatures,
  type Owner,
  parameterSpecs,
  patchCount,
  randomMasking,
  stepGraph,
  visibleCount,
} from "../../../core/mod.ts";
import { goldenTensors, numbersOf } from "../../golden_files.ts";
import { right } from "../../right.ts";
import { TINY_MODEL } from "../../tiny_model.ts";
import { value } from "../contract.ts";

/** The step of all stages that trains all but the first layers; layer 0 comes before the blocks. */
export const stepWithout = (frozenLayers: number): Graph =>
  right(stepGraph({
    model: TINY_MODEL,
    batch: 3,
    samples: 3,
    liveStages: [0, 1, 2, 3],
    isTrainable: (owner: Owner) =>
      owner._tag === "Stage" || frozenLayers === 0 ||
      owner._tag === "Block" && owner.index + 1 >= frozenLayers,
  }));

/** Three images, masks and weights of ViTFreeze 30e80f9. */
function numbersByName(): ReadonlyMap<string, HostTensor["data"]> {
  const inputs = goldenTensors("tiny/tiny_inputs.safetensors");
  const weights = goldenTensors("tiny/tiny_weights.safetensors");
  const masking = randomMasking(
    numbersOf(inputs, "noise.0"),
    patchCount(TINY_MODEL),
    visibleCount(TINY_MODEL),
  );
  return new Map<string, HostTensor["data"]>([
    ["images", numbersOf(inputs, "images")],
    ...Object.entries(masking),
    ...[...weights.keys()].map((name) =>
      [name, numbersOf(weights, name)] as const
    ),
  ]);
}

export async function gradientsOn(
  backend: Backend,
  graph: Graph,
): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const numbers = numbersByName();
  const program = value(await backend.compile(graph));
  const inputs = new Map(
    Object.entries(inputSignatures(graph)).map(([name, { shape }]) => [
      name,
      backend.upload({ shape, data: numbers.get(name)! }),
    ]),
  );
  const outputs = value(await program.run(inputs));
  const read = new Map<string, ArrayLike<number>>();
  for (const [name, tensor] of outputs) read.set(name, await tensor.read());
  [inputs, outputs].forEach((tensors) => tensors.forEach((x) => x.dispose()));
  program.dispose();
  return read;
}

const largest = (numbers: Iterable<number>): number =>
  [...numbers].reduce((top, v) => Math.max(top, Math.abs(v)), 0);

/** The true gradient of a key's bias is 0, so only its rounding noise is seen. */
const HAS_KEY_BIAS = /attn\.qkv\.bias$/;

/** `max|found − wanted|` relative to `max|wanted|`. */
function errorOf(found: ArrayLike<number>, wanted: Float64Array): number {
  strictEqual(found.length, wanted.length);
  return largest(wanted.map((v, i) => v - found[i]!)) / largest(wanted);
}

// Made by ViTFreeze 30e80f9 with PyTorch 1.13.1 in float32, nothing frozen: what is
// frozen does not change the gradients of the rest.
const GOLDEN = goldenTensors("tiny/tiny_grads_f32.safetensors");

/**
 * Fails unless every gradient of the step is that of the reference.
 *
 * @param frozen Layers that are not trained.
 * @param count Gradients that must be compared.
 * @param tolerance Largest error of a tensor, relative to its largest number.
 * @param backend Where to compute.
 */
export async function assertTinyGradients(
  frozen: number,
  count: number,
  tolerance: number,
  backend: Backend,
): Promise<void> {
  const found = await gradientsOn(backend, stepWithout(frozen));
  let compared = 0;
  for (const { name } of parameterSpecs(TINY_MODEL)) {
    const gradient = found.get(gradientName(name));
    if (gradient === undefined || HAS_KEY_BIAS.test(name)) continue;
    const error = errorOf(gradient, numbersOf(GOLDEN, name));
    ok(error <= tolerance, `${name}: ${error}`);
    compared++;
  }
  strictEqual(compared, count);
}
