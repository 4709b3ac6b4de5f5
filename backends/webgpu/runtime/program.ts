/** Programs that hand a command list to the device, run after run. */
import { left, type Result, right } from "../../../core/mod.ts";
import type {
  BackendError,
  DeviceTensor,
  DeviceTensors,
  ProgramWork,
} from "../../backend.ts";
import { checkInputs } from "../../program_inputs.ts";
import type { CommandList, ValueId } from "../command_list.ts";
import type { DeviceWatch } from "./device_watch.ts";
import { binder, type Dispatch } from "./dispatches.ts";
import { bytesOf, valuesOf } from "./lifetimes.ts";
import type { Pipelines } from "./pipelines.ts";
import {
  checkOutputs,
  inputsOf,
  type OwnMemory,
  ownMemory,
  takeOutputs,
} from "./places.ts";
import type { Region } from "./slabs.ts";
import type { Tensors } from "./tensors.ts";

/** What programs on one device share. */
export interface Runtime {
  readonly device: GPUDevice;
  readonly tensors: Tensors;
  readonly pipelines: Pipelines;
  readonly watch: DeviceWatch;
}

/** A command list that can be run. */
export interface ListProgram {
  /** Its work; dispatches as the last run recorded them. */
  readonly work: ProgramWork;
  /** As `Program.run`; resolves when the work is handed over. */
  run(inputs: DeviceTensors): Promise<Result<BackendError, DeviceTensors>>;
  /** Gives back what the program itself holds. */
  dispose(): void;
}

type Regions = ReadonlyMap<ValueId, Region>;

const failed = (reason: string): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: "webgpu", reason });

const samePlace = (a: Region | undefined, b: Region): boolean =>
  a?.buffer === b.buffer && a.offset === b.offset && a.bytes === b.bytes;

/** Bytes that the kernels of a list read and write. */
const bytesMovedBy = ({ calls, values }: CommandList): number =>
  calls.flatMap((call): readonly ValueId[] =>
    call._tag === "Kernel"
      ? valuesOf(call)
      : call.members.flatMap(({ values }) => [...new Set(values)])
  ).reduce((sum, id) => sum + bytesOf(values[id]!), 0);

/** The dispatches of a list; those whose values have moved are bound anew. */
function boundCalls({ device, pipelines }: Runtime, { calls }: CommandList) {
  const bind = binder(device, pipelines);
  const used = calls.map(valuesOf);
  const bound: (readonly Dispatch[])[] = [];
  const last = new Map<ValueId, Region>();
  return {
    at: (regions: Regions): readonly (readonly Dispatch[])[] => {
      const moved = new Set<ValueId>();
      for (const [id, region] of regions) {
        if (!samePlace(last.get(id), region)) moved.add(id);
        last.set(id, region);
      }
      calls.forEach((call, i) => {
        const isKnown = bound[i] !== undefined &&
          (moved.size === 0 || !used[i]!.some((id) => moved.has(id)));
        if (isKnown) return;
        bound[i]?.forEach(({ table }) => table?.destroy());
        bound[i] = bind(call, (id) => regions.get(id)!);
      });
      return bound;
    },
    /** Forgets all bindings, of which some may have failed. */
    forget: () => {
      bound.splice(0).flat().forEach(({ table }) => table?.destroy());
      last.clear();
    },
  };
}

/** Records dispatches in one pass and hands them over. */
function submit(
  device: GPUDevice,
  bound: readonly (readonly Dispatch[])[],
): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const dispatches of bound) {
    for (const { pipeline, group, workgroups } of dispatches) {
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...workgroups);
    }
  }
  pass.end();
  device.queue.submit([encoder.finish()]);
}

/** Why one of the pipelines cannot be used, or `null`. */
async function pipelineFailure(
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

/** Hands the results to the caller; replaced inputs end, and their memory goes on. */
function handOver(
  { tensors }: Runtime,
  { values, outputs, replaced }: CommandList,
  inputs: DeviceTensors,
  regions: Regions,
): DeviceTensors {
  for (const name of Object.values(replaced)) tensors.end(inputs.get(name)!);
  return new Map<string, DeviceTensor>(
    Object.entries(outputs).map((
      [name, id],
    ) => [name, tensors.lend(values[id]!, regions.get(id)!)]),
  );
}

function program(
  runtime: Runtime,
  list: CommandList,
  own: OwnMemory,
): ListProgram {
  const { device, tensors, watch } = runtime;
  const calls = boundCalls(runtime, list);
  const wanted = inputsOf(list);
  let [dispatches, encodeMilliseconds] = [list.calls.length, 0];
  const bytesMoved = bytesMovedBy(list);
  const checked = new WeakSet<Dispatch["pipeline"]>();
  const launch = async (regions: Regions): Promise<string | null> => {
    let bound: readonly (readonly Dispatch[])[] = [];
    const dropped = watch.watch(() => {
      tensors.flush();
      bound = calls.at(regions);
      submit(device, bound);
    });
    const flat = bound.flat();
    dispatches = flat.length;
    const fresh = flat.map(({ pipeline }) => pipeline)
      .filter((pipeline) => !checked.has(pipeline));
    const reason = await dropped;
    const broken = await pipelineFailure(fresh);
    fresh.forEach((pipeline) => checked.add(pipeline));
    if (reason !== null || broken !== null) calls.forget();
    return broken ?? reason;
  };
  return {
    get work() {
      const { scratchBytes } = own;
      return { dispatches, bytesMoved, scratchBytes, encodeMilliseconds };
    },
    run: async (inputs) => {
      const start = performance.now();
      const found = checkInputs(wanted, inputs, tensors.regionOf);
      if (found._tag === "Left") return found;
      const taken = takeOutputs(tensors, list);
      if (taken._tag === "Left") return taken;
      const regions = new Map([
        ...own.regions,
        ...inputRegions(list, found.right),
        ...taken.right,
      ]);
      const launched = launch(regions);
      encodeMilliseconds = performance.now() - start;
      const reason = await launched;
      if (reason === null) {
        return right(handOver(runtime, list, inputs, regions));
      }
      taken.right.forEach((region) => tensors.give(region));
      return failed(reason);
    },
    dispose: () => {
      calls.forget();
      own.dispose();
    },
  };
}

/**
 * Prepares a command list.
 *
 * @returns A program, or why the device cannot run it: a kernel that does not compile, or too little memory.
 */
export async function listProgram(
  runtime: Runtime,
  list: CommandList,
): Promise<Result<BackendError, ListProgram>> {
  checkOutputs(list);
  const { device, tensors, pipelines, watch } = runtime;
  const compiled = list.calls.map(({ name, code }) => pipelines.of(name, code));
  const broken = await pipelineFailure(compiled);
  if (broken !== null) return failed(broken);
  let own: Result<BackendError, OwnMemory> | undefined;
  const reason = await watch.watch(() => {
    own = ownMemory(device, tensors, list);
  });
  if (own?._tag !== "Right") return own ?? failed("it has no memory");
  if (reason === null) return right(program(runtime, list, own.right));
  own.right.dispose();
  return failed(reason);
}
