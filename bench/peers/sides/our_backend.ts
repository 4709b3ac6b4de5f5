/** Our engine with a number of threads. */
import {
  type Backend,
  onnxBackend,
  selectBackend,
  selfTest,
} from "../../../backends/mod.ts";
import { orThrow } from "../../../train/mod.ts";
import type { SideSpec } from "../side.ts";

/** An engine and the threads that it uses. */
export interface OurEngine {
  /** Started and tested. */
  readonly backend: Backend;
  /** Threads that compute: only ONNX Runtime has more than one. */
  readonly threads: number;
}

/**
 * Starts our engine.
 *
 * @param spec Device and threads.
 * @throws With a message to print if it cannot be used here.
 */
export async function ourEngine(
  { backend, threads }: Pick<SideSpec, "backend" | "threads">,
): Promise<OurEngine> {
  if (backend === "onnx") {
    const engine = orThrow(await onnxBackend({ threads }));
    return { backend: orThrow(await selfTest(engine)), threads };
  }
  return { backend: orThrow(await selectBackend(backend)).backend, threads: 1 };
}

/** Our versions, for the record. */
export function ourVersions({ device }: Backend): string {
  const { deno, v8 } = Deno.version;
  return `${device.description}, Deno ${deno}, V8 ${v8}`;
}
