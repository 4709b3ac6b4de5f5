/** Engines that are measured, each started once. */
import {
  type Backend,
  describeBackendError,
  selectBackend,
} from "../../backends/mod.ts";
import type { DeviceName, Precision } from "../../backends/select.ts";

/** Starts engines. */
export interface Engines {
  /**
   * An engine, tested when it is first asked for.
   *
   * @throws With the reason if it does not start.
   */
  of(device: DeviceName, precision?: Precision): Promise<Backend>;
}

/** Engines of this process. */
export function enginesHere(): Engines {
  const started = new Map<string, Promise<Backend>>();
  const start = async (
    device: DeviceName,
    precision: Precision,
  ): Promise<Backend> => {
    const selected = await selectBackend(device, { precision });
    if (selected._tag === "Right") return selected.right.backend;
    throw new Error(describeBackendError(selected.left));
  };
  return {
    of: (device, precision = "float32") => {
      const key = `${device} ${precision}`;
      const known = started.get(key) ?? start(device, precision);
      started.set(key, known);
      return known;
    },
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
      return await engines.of(device);
    } catch (thrown) {
      reasons.push(`${device}: ${thrown}`);
    }
  }
  throw new Error(reasons.join("; "));
}
