/**
 * ONNX Runtime through its C interface: tensors are read and written in place,
 * sessions are made and run on other threads.
 */
import { ELEMENT_TYPES } from "../file/onnx_model.ts";
import {
  addressOf,
  addressOfData,
  hostPlatform,
  libraryFunction,
  nonNull,
  onExit,
  type Pointer,
  pointerFrom,
} from "./native_library.ts";
import { insist, openOrtApi, ORT_VERSION, type OrtApi } from "./ort_api.ts";
import type { BoundTensor, OrtRuntime, SessionOptions } from "./ort_runtime.ts";

/** Errors are not logged: they come back as statuses. */
const LOG_FATAL = 4;
/** Threads without work sleep at once. */
const NO_SPINNING = ["session.intra_op.allow_spinning", "0"] as const;
/** Every optimisation of the graph. */
const ALL_OPTIMISATIONS = 99;
/** An arena as allocator, and memory of the default kind: for tensors whose memory is ours, neither matters. */
const [ARENA_ALLOCATOR, DEFAULT_MEMORY] = [1, 0];

/**
 * Words of 64 bits outside of the JavaScript heap. What is smaller than a cache line
 * may else lie inside it and be moved while native code holds its address.
 */
function words(values: readonly bigint[]): BigUint64Array<ArrayBuffer> {
  const out = new BigUint64Array(new ArrayBuffer(8 * values.length));
  out.set(values);
  return out;
}

/** Buffers that native code uses on another thread, when nothing else holds them. */
const pinned = new Set<readonly unknown[]>();

/** Keeps buffers until a call on another thread has ended. */
async function pinning<A>(
  buffers: readonly unknown[],
  call: Promise<A>,
): Promise<A> {
  pinned.add(buffers);
  try {
    return await call;
  } finally {
    pinned.delete(buffers);
  }
}

/** Text as C has it: UTF-8 with a zero byte behind. */
const cString = (text: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${text}\0`);

/** A tensor is a pointer to an `OrtValue`. */
const pointerOf = (tensor: BoundTensor): Pointer => tensor as Pointer;

const addressOfTensor = (tensor: BoundTensor): bigint =>
  addressOf(pointerOf(tensor));

/** The pointer that a C function writes through a pointer to a pointer. */
function created(
  api: OrtApi,
  create: (out: BigUint64Array<ArrayBuffer>) => Pointer,
): Pointer {
  const out = words([0n]);
  insist(api, create(out));
  return pointerFrom(out[0]!);
}

/** The library with what every use of it needs. */
interface Library {
  readonly api: OrtApi;
  readonly env: Pointer;
  readonly memory: Pointer;
}

/** C strings that stay where they are, and the array of their addresses. */
interface NameList {
  readonly text: Uint8Array<ArrayBuffer>;
  readonly addresses: BigUint64Array<ArrayBuffer>;
}

function nameList(names: readonly string[]): NameList {
  const parts = names.map(cString);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const text = new Uint8Array(new ArrayBuffer(length));
  const starts: number[] = [];
  let position = 0;
  for (const part of parts) {
    starts.push(position);
    text.set(part, position);
    position += part.length;
  }
  const start = length === 0 ? 0n : addressOfData(text);
  return { text, addresses: words(starts.map((at) => start + BigInt(at))) };
}

/** Sets one of the options that have no function of their own. */
function configure(
  api: OrtApi,
  options: Pointer,
  [key, value]: readonly [key: string, value: string],
): void {
  const [name, text] = [cString(key), cString(value)];
  insist(api, api.addSessionConfigEntry(options, name, text));
}

/** Options of a session, which is made with them; then they are given back. */
async function withOptions(
  api: OrtApi,
  { threads }: SessionOptions,
  make: (options: Pointer) => Promise<Pointer>,
): Promise<Pointer> {
  const options = created(api, (out) => api.createSessionOptions(out));
  try {
    insist(api, api.setIntraOpThreads(options, threads));
    insist(api, api.setGraphOptimization(options, ALL_OPTIMISATIONS));
    // Planning memory ahead costs a third more of it and saves no time.
    insist(api, api.disableMemoryPattern(options));
    // Waiting threads would take the cores from the threads that prepare the next images.
    configure(api, options, NO_SPINNING);
    return await make(options);
  } finally {
    api.releaseSessionOptions(options);
  }
}

async function makeSession(
  { api, env }: Library,
  model: Uint8Array<ArrayBuffer>,
  settings: SessionOptions,
): Promise<Pointer> {
  const out = words([0n]);
  return await withOptions(api, settings, async (options) => {
    const length = BigInt(model.length);
    const call = api.createSessionFromArray(env, model, length, options, out);
    insist(api, await pinning([model, out], call));
    return pointerFrom(out[0]!);
  });
}

/** Calls a function with options of a run that a signal can end. */
async function stoppable(
  api: OrtApi,
  signal: AbortSignal | undefined,
  use: (options: Pointer) => Promise<void>,
): Promise<void> {
  if (signal === undefined) return await use(null);
  const options = created(api, (out) => api.createRunOptions(out));
  const stop = () => insist(api, api.setTerminate(options));
  signal.addEventListener("abort", stop);
  try {
    await use(options);
  } finally {
    signal.removeEventListener("abort", stop);
    api.releaseRunOptions(options);
  }
}

async function runSession(
  api: OrtApi,
  session: Pointer,
  options: Pointer,
  [names, tensors]: readonly [NameList, readonly BoundTensor[]],
  [resultNames, results]: readonly [NameList, readonly BoundTensor[]],
): Promise<void> {
  const given = words(tensors.map(addressOfTensor));
  const written = words(results.map(addressOfTensor));
  const call = api.run(
    session,
    options,
    names.addresses,
    given,
    BigInt(tensors.length),
    resultNames.addresses,
    BigInt(results.length),
    written,
  );
  insist(api, await pinning([names, given, resultNames, written], call));
}

/** Libraries through which `_exit` of the C library may be found, the first of them without further permission. */
const librariesOf = (library: string): readonly string[] =>
  hostPlatform()?.[0] === "windows" ? ["ucrtbase.dll"] : [library, "libc.so.6"];

function openExit(library: string) {
  for (const path of librariesOf(library)) {
    const exit = libraryFunction(path, "_exit", ["i32"], "void");
    if (exit !== null) return exit;
  }
  return null;
}

/**
 * Lets the process end while native code is at work on other threads, as when a run
 * fails while its next phase is compiled. The usual end would destroy what that code
 * works on, and the process would die by SIGSEGV instead of ending with its exit code;
 * so it ends by `_exit`.
 *
 * @param library A library that is loaded; the C library is found through it.
 */
function guardExit(library: string, isBusy: () => boolean): void {
  const exit = openExit(library);
  if (exit === null) return;
  onExit((code) => {
    if (isBusy()) exit(code);
  });
}

function startLibrary(path: string): Library {
  const api = openOrtApi(path);
  guardExit(path, () => pinned.size > 0);
  const name = cString("vitfreeze");
  return {
    api,
    env: created(api, (out) => api.createEnv(LOG_FATAL, name, out)),
    memory: created(
      api,
      (out) => api.createCpuMemoryInfo(ARENA_ALLOCATOR, DEFAULT_MEMORY, out),
    ),
  };
}

/**
 * Starts the library. It stays loaded until the process ends.
 *
 * @throws If it cannot be loaded or is another version.
 */
export function startNativeRuntime(path: string): OrtRuntime {
  const library = startLibrary(path);
  const { api, memory } = library;
  return {
    version: ORT_VERSION,
    isParallel: true,
    bind: (numbers, shape) =>
      nonNull(created(api, (out) =>
        api.createTensorWithData(
          memory,
          numbers as Float32Array<ArrayBuffer>,
          BigInt(numbers.byteLength),
          words(shape.map(BigInt)),
          BigInt(shape.length),
          ELEMENT_TYPES[numbers instanceof Int32Array ? "int32" : "float32"],
          out,
        ))),
    unbind: (tensor) => api.releaseValue(pointerOf(tensor)),
    open: async (model, settings) => {
      const bytes = model as Uint8Array<ArrayBuffer>;
      const session = await makeSession(library, bytes, settings);
      const names = nameList(settings.inputs);
      const resultNames = nameList(settings.outputs);
      return {
        run: (tensors, results, signal) =>
          stoppable(api, signal, (options) =>
            runSession(
              api,
              session,
              options,
              [names, tensors],
              [resultNames, results],
            )),
        release: () => api.releaseSession(session),
      };
    },
  };
}
