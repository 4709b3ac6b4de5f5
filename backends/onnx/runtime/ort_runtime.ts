/**
 * ONNX Runtime: sessions that run models on tensors in main memory, without
 * copying them.
 *
 * @module
 */
import type { Shape } from "../../../core/mod.ts";
import { ELEMENT_TYPES } from "../proto/model.ts";
import {
  addressOf,
  addressOfData,
  type Pointer,
  pointerFrom,
} from "./native_library.ts";
import { insist, openOrtApi, type OrtApi } from "./ort_api.ts";

/** Numbers that ONNX Runtime reads and writes in place. */
export type Numbers = Float32Array | Int32Array;

/** Numbers bound to extents; good until it is released, as long as the numbers are kept. */
export type BoundTensor = Pointer;

/** A model that is ready to run. */
export interface Session {
  /**
   * Computes on other threads; this one goes on.
   *
   * @param inputs Tensors in the order of the session's inputs.
   * @param outputs Tensors in the order of its outputs, which are overwritten.
   * @throws With ONNX Runtime's message. Nothing may be released before it is settled.
   */
  run(
    inputs: readonly BoundTensor[],
    outputs: readonly BoundTensor[],
  ): Promise<void>;
  /** Gives its memory and threads back. */
  release(): void;
}

/** How to make a session. */
export interface SessionOptions {
  /** Threads within an operator. */
  readonly threads: number;
  /** Names of the inputs, in the order in which they will be given. */
  readonly inputs: readonly string[];
  /** Names of the outputs, likewise. */
  readonly outputs: readonly string[];
}

/** The library, started. */
export interface OrtRuntime {
  /** Binds numbers to extents. */
  bind(numbers: Numbers, shape: Shape): BoundTensor;
  /** Ends what `bind` began. */
  unbind(tensor: BoundTensor): void;
  /**
   * Makes a session from the bytes of a model.
   *
   * @throws With ONNX Runtime's message.
   */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>;
}

/** Errors are not logged: they come back as statuses. */
const LOG_FATAL = 4;
/** Threads without work sleep at once. */
const SPINNING_OFF = ["session.intra_op.allow_spinning", "0"] as const;
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

/** Text as C has it. */
const cString = (text: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${text}\0`);

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

/** What a C function writes through a pointer to a pointer. */
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

/** Options of a session, which is made with them; then they are given back. */
async function withOptions(
  api: OrtApi,
  threads: number,
  make: (options: Pointer) => Promise<Pointer>,
): Promise<Pointer> {
  const options = created(api, (out) => api.createSessionOptions(out));
  try {
    insist(api, api.setIntraOpThreads(options, threads));
    insist(api, api.setGraphOptimization(options, ALL_OPTIMISATIONS));
    // Planning memory ahead costs a third more of it and saves no time.
    insist(api, api.disableMemoryPattern(options));
    // Waiting threads would take the cores from whoever prepares the next images.
    const [spinning, never] = SPINNING_OFF.map(cString);
    insist(api, api.addSessionConfigEntry(options, spinning!, never!));
    return await make(options);
  } finally {
    api.releaseSessionOptions(options);
  }
}

async function makeSession(
  { api, env }: Library,
  model: Uint8Array<ArrayBuffer>,
  threads: number,
): Promise<Pointer> {
  const out = words([0n]);
  return await withOptions(api, threads, async (options) => {
    const length = BigInt(model.length);
    const call = api.createSessionFromArray(env, model, length, options, out);
    insist(api, await pinning([model, out], call));
    return pointerFrom(out[0]!);
  });
}

async function runSession(
  api: OrtApi,
  session: Pointer,
  [names, tensors]: readonly [NameList, readonly BoundTensor[]],
  [resultNames, results]: readonly [NameList, readonly BoundTensor[]],
): Promise<void> {
  const given = words(tensors.map(addressOf));
  const written = words(results.map(addressOf));
  const call = api.run(
    session,
    null,
    names.addresses,
    given,
    BigInt(tensors.length),
    resultNames.addresses,
    BigInt(results.length),
    written,
  );
  insist(api, await pinning([names, given, resultNames, written], call));
}

function startLibrary(path: string): Library {
  const api = openOrtApi(path);
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
 * @param path The library's file.
 * @throws If it cannot be loaded or is another version.
 */
export function startOrtRuntime(path: string): OrtRuntime {
  const library = startLibrary(path);
  const { api, memory } = library;
  return {
    bind: (numbers, shape) =>
      created(api, (out) =>
        api.createTensorWithData(
          memory,
          // Deno takes views of shared memory too; its types do not say so.
          numbers as Float32Array<ArrayBuffer>,
          BigInt(numbers.byteLength),
          words(shape.map(BigInt)),
          BigInt(shape.length),
          ELEMENT_TYPES[numbers instanceof Int32Array ? "int32" : "float32"],
          out,
        )),
    unbind: (tensor) => api.releaseValue(tensor),
    open: async (model, { threads, inputs, outputs }) => {
      const bytes = model as Uint8Array<ArrayBuffer>;
      const session = await makeSession(library, bytes, threads);
      const [names, resultNames] = [nameList(inputs), nameList(outputs)];
      return {
        run: (tensors, results) =>
          runSession(api, session, [names, tensors], [resultNames, results]),
        release: () => api.releaseSession(session),
      };
    },
  };
}
