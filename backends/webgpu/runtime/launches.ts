/** Runs of a command list: its dispatches are bound, recorded and handed to the device. */
import { left, type Result, right } from "../../../core/mod.ts";
import type { BackendError } from "../../backend.ts";
import type { CommandList } from "../wgsl/command_list.ts";
import { boundCalls, MOST_VARIANTS, type Regions } from "./bound_calls.ts";
import { binder, type Dispatch, recordIn } from "./dispatches.ts";
import { outputTaker, type OwnMemory } from "./memory/places.ts";
import { type Arrival, reportsFrom } from "./memory/reports.ts";
import type { Runtime } from "./runtime.ts";
import type { Region } from "./memory/slabs.ts";

/** The error of work that the device has refused. */
export const failed = (reason: string): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: "webgpu", reason });

/** Records dispatches in one pass, and what is to follow them. */
function recordedPass<Recorded>(
  device: GPUDevice,
  bound: readonly (readonly Dispatch[])[],
  follow: (encoder: GPUCommandEncoder) => Recorded,
): readonly [GPUCommandBuffer, Recorded] {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  bound.forEach((dispatches) => recordIn(pass, dispatches));
  pass.end();
  const followed = follow(encoder);
  return [encoder.finish(), followed];
}

/** Why one of the pipelines cannot be used, or `null`. */
export async function pipelineFailure(
  pipelines: Iterable<{ readonly failure: Promise<string | null> }>,
): Promise<string | null> {
  for (const { failure } of pipelines) {
    const reason = await failure;
    if (reason !== null) return reason;
  }
  return null;
}

/** Regions of the inputs, by value. */
const inputRegions = (
  { values }: CommandList,
  found: ReadonlyMap<string, Region>,
): Regions =>
  new Map(
    values.flatMap(({ place }, id) =>
      place._tag === "Input" ? [[id, found.get(place.name)!] as const] : []
    ),
  );

/** A run that was handed over. */
export interface Handed {
  /** Memory of all values. */
  readonly regions: Regions;
  /** Memory that was taken for outputs. */
  readonly taken: Regions;
  /** Numbers of the reported outputs on their way, in their order. */
  readonly arrivals: readonly Arrival[];
}

/** Hands runs of a list to the device. */
export interface Launcher {
  /** Dispatches of the last run. */
  dispatches(): number;
  /** Time at which the last run was recorded, before the device's queue took it. */
  recordedAt(): number;
  /**
   * Hands over a run, before it returns; resolves when the device has taken it.
   *
   * @param inputs Memory of the inputs by name.
   */
  launch(
    inputs: ReadonlyMap<string, Region>,
  ): Promise<Result<BackendError, Handed>>;
  /** Gives back what the list holds. */
  dispose(): void;
}

/** Prepares the runs of a list. */
export function launcher(
  { device, tensors, pipelines, watch, scratch }: Runtime,
  list: CommandList,
  own: OwnMemory,
  reported: readonly string[],
): Launcher {
  const calls = boundCalls(list.calls, binder(device, pipelines));
  const reports = reportsFrom(device);
  const takeOutputs = outputTaker(tensors, list, MOST_VARIANTS);
  const checked = new WeakSet<Dispatch["pipeline"]>();
  let dispatches = list.calls.length;
  let recordedAt = 0;
  const record = (
    inputs: ReadonlyMap<string, Region>,
    taken: Regions,
  ): readonly [Handed, readonly Dispatch[]] => {
    tensors.flush();
    const regions = new Map([
      ...own.regions(),
      ...inputRegions(list, inputs),
      ...taken,
    ]);
    const bound = calls.at(regions);
    const places = reported.map((name) => regions.get(list.outputs[name]!)!);
    const [commands, begin] = recordedPass(
      device,
      bound,
      (encoder) => reports.record(encoder, places),
    );
    recordedAt = performance.now();
    device.queue.submit([commands]);
    return [{ regions, taken, arrivals: begin() }, bound.flat()];
  };
  /** Nothing remains of a run that failed, nor what may have failed with it. */
  const rollBack = (taken: Regions): void => {
    calls.forget();
    scratch.forget();
    taken.forEach((region) => tensors.give(region));
    tensors.trim();
  };
  return {
    dispatches: () => dispatches,
    recordedAt: () => recordedAt,
    launch: async (inputs) => {
      let taken: ReturnType<typeof takeOutputs> | undefined;
      let recorded: ReturnType<typeof record> | undefined;
      const dropped = watch.watch(() => {
        taken = takeOutputs();
        if (taken._tag === "Right") recorded = record(inputs, taken.right);
      });
      if (recorded === undefined) {
        const reason = await dropped;
        return taken?._tag === "Left" ? taken : failed(reason ?? "no memory");
      }
      const [handed, bound] = recorded;
      dispatches = bound.length;
      const fresh = bound.map(({ pipeline }) => pipeline)
        .filter((pipeline) => !checked.has(pipeline));
      const reason = await dropped;
      const broken = await pipelineFailure(fresh) ?? reason;
      if (broken === null) {
        fresh.forEach((pipeline) => checked.add(pipeline));
        return right(handed);
      }
      rollBack(handed.taken);
      return failed(broken);
    },
    dispose: () => {
      calls.forget();
      reports.dispose();
      own.dispose();
    },
  };
}
