/**
 * Freezing-aware self-supervised pre-training of Vision Transformers.
 *
 * The pure core (schedules, plans, graphs, models), images, training and the
 * choice of a device. Importing this module loads no tensor library;
 * `selectBackend` loads the one it needs.
 *
 * @module
 */
import type { BackendError } from "./backends/backend.ts";
import type {
  BackendChoice,
  Selection,
  SelectOptions,
} from "./backends/select.ts";
import type { Result } from "./core/mod.ts";

export * from "./backends/backend.ts";
export type {
  BackendChoice,
  Selection,
  SelectOptions,
} from "./backends/select.ts";
export * from "./core/mod.ts";
export * from "./data/mod.ts";
export * from "./train/mod.ts";

/**
 * Opens a device and checks on a small gradient that it computes right.
 *
 * @param wanted `auto` for the best that this machine has, or a device by name.
 * @param options Threads, for a device that can choose.
 * @returns The engine and why it was chosen, or why the device cannot be used.
 */
export async function selectBackend(
  wanted: BackendChoice = "auto",
  options: SelectOptions = {},
): Promise<Result<BackendError, Selection>> {
  const backends = await import("./backends/select.ts");
  return await backends.selectBackend(wanted, options);
}
