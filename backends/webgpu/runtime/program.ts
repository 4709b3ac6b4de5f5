/** Programs that hand a command list to the device, run after run. */
import { left, type Result, right } from "../../../core/mod.ts";
import type {
  BackendError,
  DeviceTensor,
  DeviceTensors,
  ProgramWork,
} from "../../backend.ts";
import { interrupted } from "../../interruptible.ts";
import { checkInputs } from "../../program_inputs.ts";
import type { CommandList, ValueId } from "../wgsl/command_list.ts";
import { failed, type Handed, launcher, pipelineFailure } from "./launches.ts";
import { bytesOf, valuesOf } from "./memory/lifetimes.ts";
import {
  checkOutputs,
  inputsOf,
  type OwnMemory,
  ownMemory,
} from "./memory/places.ts";
import type { Arrival } from "./memory/reports.ts";
import type { Runtime } from "./runtime.ts";

/** Hints for a program. */
export interface ProgramOptions {
  /**
   * Small outputs that the caller reads after every run: their numbers are on their way
   * to main memory with the run itself.
   */
  readonly reported?: readonly string[];
}

/** A command list that can be run. */
export interface ListProgram {
  /** Its work; dispatches as the last run recorded them. */
  readonly work: ProgramWork;
  /**
   * As `Program.run`; resolves when the work is handed over. A signal is heeded before
   * that, and work that was handed over is finished.
   */
  run(
    inputs: DeviceTensors,
    signal?: AbortSignal,
  ): Promise<Result<BackendError, DeviceTensors>>;
  /** Gives back what the program itself holds. */
  dispose(): void;
}

/** Bytes that the kernels of a list read and write. */
const bytesMovedBy = ({ calls, values }: CommandList): number =>
  calls.flatMap((call): readonly ValueId[] =>
    call._tag === "Kernel"
      ? valuesOf(call)
      : call.members.flatMap(({ values }) => [...new Set(values)])
  ).reduce((sum, id) => sum + bytesOf(values[id]!), 0);

/** Hands the results to the caller; replaced inputs end, and their memory goes on. */
function handOver(
  { tensors }: Runtime,
  { values, outputs, replaced }: CommandList,
  inputs: DeviceTensors,
  { regions }: Handed,
  arrivals: ReadonlyMap<string, Arrival>,
): DeviceTensors {
  for (const name of Object.values(replaced)) tensors.end(inputs.get(name)!);
  return new Map<string, DeviceTensor>(
    Object.entries(outputs).map(([name, id]) => [
      name,
      tensors.lend(values[id]!, regions.get(id)!, arrivals.get(name)),
    ]),
  );
}

function program(
  runtime: Runtime,
  list: CommandList,
  own: OwnMemory,
  reported: readonly string[],
): ListProgram {
  const { tensors, watch } = runtime;
  const launches = launcher(runtime, list, own, reported);
  const wanted = inputsOf(list);
  let encodeMilliseconds = 0;
  const bytesMoved = bytesMovedBy(list);
  const { scratchBytes } = own;
  return {
    get work() {
      return {
        ...{ dispatches: launches.dispatches(), bytesMoved },
        ...{ scratchBytes, encodeMilliseconds },
      };
    },
    run: async (inputs, signal) => {
      if (signal?.aborted) return left(interrupted({ name: "webgpu" }));
      const start = performance.now();
      const failure = watch.failure();
      if (failure !== null) return failed(failure);
      const found = checkInputs(wanted, inputs, tensors.regionOf);
      if (found._tag === "Left") return found;
      const launched = launches.launch(found.right);
      encodeMilliseconds = launches.recordedAt() - start;
      const handed = await launched;
      if (handed._tag === "Left") return handed;
      const { arrivals } = handed.right;
      const arriving = new Map(reported.map((name, i) => [name, arrivals[i]!]));
      return right(handOver(runtime, list, inputs, handed.right, arriving));
    },
    dispose: launches.dispose,
  };
}

/**
 * Prepares a command list.
 *
 * @returns A program, or why the device cannot run it: a kernel that does not compile, or too little memory.
 * @throws If the list is none: a mistake of the compiler.
 */
export async function listProgram(
  runtime: Runtime,
  list: CommandList,
  { reported = [] }: ProgramOptions = {},
): Promise<Result<BackendError, ListProgram>> {
  checkOutputs(list, reported);
  const { tensors, pipelines, watch, scratch } = runtime;
  // Those of grouped kernels depend on the buffers that their values share.
  const compiled = list.calls.filter(({ _tag }) => _tag === "Kernel")
    .map(({ name, code }) => pipelines.of(name, code));
  const broken = await pipelineFailure(compiled);
  if (broken !== null) return failed(broken);
  let own: Result<BackendError, OwnMemory> | undefined;
  const reason = await watch.watch(() => {
    own = ownMemory(tensors, scratch, list);
    if (own._tag === "Right") own.right.regions();
  });
  if (own?._tag !== "Right") return own ?? failed("it has no memory");
  if (reason === null) {
    return right(program(runtime, list, own.right, reported));
  }
  own.right.dispose();
  scratch.forget();
  tensors.trim();
  return failed(reason);
}
