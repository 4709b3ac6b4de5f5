/** Engines that are measured, each started once. */
import {
  type Backend,
  describeBackendError,
  selectBackend,
} from "../../../backends/mod.ts";
import type { DeviceName, Precision } from "../../../backends/device_names.ts";
import type { TuningOptions } from "../../../backends/webgpu/tune/tuner.ts";

/** Choice of an engine. */
export interface EngineChoice {
  /** Its device. */
  readonly device: DeviceName;
  /** Form of its activations, `float32` by default. */
  readonly precision?: Precision;
  /** Kernels of products are measured when a graph is compiled. */
  readonly tuned?: boolean;
}

/** Starts engines. */
export interface Engines {
  /**
   * An engine, tested when it is first asked for.
   *
   * @throws With the reason if it does not start.
   */
  of(choice: EngineChoice): Promise<Backend>;
  /** Lines of the tuner since they were asked for last. */
  said(): readonly string[];
  /** What the tuner has found on this card, as it would be kept; `null` if nothing. */
  found(): unknown;
}

/** So few and short measurements that software is through with them in an instant. */
const TINY_TUNING: TuningOptions = {
  ...{ onSoftware: true, budget: 200, leastWork: 2 ** 12, tiles: 1 },
};

/** Engines of this process. */
export function enginesHere(isTiny = false): Engines {
  const started = new Map<string, Promise<Backend>>();
  let kept: string | null = null;
  let lines: string[] = [];
  const tuning: TuningOptions = {
    ...isTiny ? TINY_TUNING : {},
    store: {
      load: () => Promise.resolve(kept),
      save: (text) => Promise.resolve(void (kept = text)),
    },
    say: (line) => lines.push(line),
  };
  const start = async (
    { device, precision = "float32", tuned = false }: EngineChoice,
  ): Promise<Backend> => {
    const options = tuned ? { precision, tuning } : { precision };
    const selected = await selectBackend(device, options);
    if (selected._tag === "Right") return selected.right.backend;
    throw new Error(describeBackendError(selected.left));
  };
  return {
    of: (choice) => {
      const { device, precision, tuned } = choice;
      const key = `${device} ${precision} ${tuned}`;
      const known = started.get(key) ?? start(choice);
      started.set(key, known);
      return known;
    },
    said: () => {
      const said = lines;
      lines = [];
      return said;
    },
    found: () => kept === null ? null : JSON.parse(kept),
  };
}

/** The first of some engines that starts. */
export async function firstOf(
  engines: Engines,
  devices: readonly DeviceName[],
): Promise<Backend> {
  const reasons: string[] = [];
  for (const device of devices) {
    try {
      return await engines.of({ device });
    } catch (thrown) {
      reasons.push(`${device}: ${thrown}`);
    }
  }
  throw new Error(reasons.join("; "));
}
