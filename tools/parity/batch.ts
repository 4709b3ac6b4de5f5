/** The recorded batch as the tensors that a graph is given. */
import {
  type Masking,
  patchCount,
  randomMasking,
  visibleCount,
} from "../../core/mod.ts";
import type { Fixture, NamedNumbers } from "./fixture_folder.ts";
import type { HostTensors } from "./run_program.ts";

/** Numbers of a name that a fixture is known to have. */
export function numbersOf(numbers: NamedNumbers, name: string): Float64Array {
  return numbers.get(name)?.values ?? new Float64Array();
}

/** Who sees what in one step, by the step's noise. */
export function maskingOf({ config, inputs }: Fixture, step: number): Masking {
  const { model } = config;
  return randomMasking(
    numbersOf(inputs, `noise.${step}`),
    patchCount(model),
    visibleCount(model),
  );
}

/** Tensors of some numbers. */
export function hostTensors(numbers: NamedNumbers): HostTensors {
  return Object.fromEntries(
    [...numbers].map(([name, { shape, values }]) => [
      name,
      { shape, data: values },
    ]),
  );
}

/** Images and masks of one step. */
export function batchAt(fixture: Fixture, step: number): HostTensors {
  const { config: { model }, batch, inputs } = fixture;
  const [L, keep] = [patchCount(model), visibleCount(model)];
  const { idsKeep, idsShuffle, idsRestore, mask } = maskingOf(fixture, step);
  return {
    ...hostTensors(inputs),
    idsKeep: { shape: [batch, keep], data: idsKeep },
    idsShuffle: { shape: [batch, L], data: idsShuffle },
    idsRestore: { shape: [batch, L], data: idsRestore },
    mask: { shape: [batch, L], data: mask },
  };
}
