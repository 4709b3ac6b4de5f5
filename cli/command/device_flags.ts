/** The device that flags choose. */
import {
  BACKEND_CHOICES,
  PRECISIONS,
  selectBackend,
  type Selection,
  type SelectOptions,
} from "../../backends/mod.ts";
import type { RankPlace } from "../../ranks/mod.ts";
import { must } from "./command_failed.ts";
import { describeDevice } from "./describe_errors.ts";
import { tuningFile } from "./tuning_file.ts";
import { waitingFor } from "../output/progress_bar.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

/** Flags of the device. */
export const DEVICE_FLAGS = under("Device", {
  "backend": choiceFlag(BACKEND_CHOICES, "where to compute", {
    initial: "auto",
  }),
  "threads": wholeFlag(1, "threads that compute, on onnx", {
    initial: "the processor's cores",
  }),
  "precision": choiceFlag(
    PRECISIONS,
    "form of activations, on webgpu: all in 32 bits, or those of matrix products and attention in bfloat16",
    { initial: "float32" },
  ),
  "no-tune": switchFlag(
    "measure no kernels of matrix products on the graphics card, on webgpu: choose them by estimate, the same each time",
  ),
});

/** Threads of one process: as asked for, or its part of the machine's cores. */
function threadsOf(
  { threads, backend = "auto" }: FlagValues<typeof DEVICE_FLAGS>,
  ranks: Pick<RankPlace, "localSize"> | null,
): { readonly threads?: number } {
  if (threads !== undefined) return { threads };
  // Other engines refuse to be told.
  const isTold = backend === "auto" || backend === "onnx";
  if (ranks === null || !isTold) return {};
  const own = Math.floor(navigator.hardwareConcurrency / ranks.localSize);
  return { threads: Math.max(1, own) };
}

/**
 * Starts and tests the device.
 *
 * @param say Called with lines about measured kernels; left out, none are measured.
 * @param ranks The processes that share the work; those of one machine share its cores.
 * @throws {CommandFailed} where it cannot be had.
 */
export async function deviceFrom(
  values: FlagValues<typeof DEVICE_FLAGS>,
  needs: SelectOptions = {},
  say?: (line: string) => void,
  ranks: Pick<RankPlace, "localSize"> | null = null,
): Promise<Selection> {
  const { backend = "auto", precision } = values;
  const isTuned = say !== undefined && values["no-tune"] === undefined;
  const own = {
    ...threadsOf(values, ranks),
    ...precision === undefined ? {} : { precision },
  };
  const selected = await waitingFor("starting the device", (bar) => {
    const above = (line: string): void => bar.above(() => say?.(line));
    const tuning = isTuned
      ? { tuning: { store: tuningFile(), say: above } }
      : {};
    return selectBackend(backend, { ...tuning, ...own, ...needs });
  });
  return must(selected, describeDevice);
}
