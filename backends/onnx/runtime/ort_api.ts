/**
 * The C interface of ONNX Runtime: which of its functions are used and where they
 * stand in its table.
 *
 * The table only ever grows at its end. It is pinned to one version all the same,
 * and `verifyRuntime` tests the functions before they are used.
 *
 * @see {@link https://onnxruntime.ai/docs/api/c/struct_ort_api.html}
 */
import {
  callEntryPoint,
  functionsAt,
  type NativeFunctions,
  type Pointer,
  textAt,
} from "./native_library.ts";

/** The version that this table was written for. */
export const ORT_VERSION = "1.30.0";

/** Its number in `GetApi`. */
const ORT_API_VERSION = 30;

const BASE = {
  getApi: { index: 0, parameters: ["u32"], result: "pointer" },
  getVersion: { index: 1, parameters: [], result: "pointer" },
} as const;

/** Every function but the releases gives a status: null, or what went wrong. */
const API = {
  getErrorMessage: { index: 2, parameters: ["pointer"], result: "pointer" },
  createEnv: {
    index: 3,
    parameters: ["i32", "buffer", "buffer"],
    result: "pointer",
  },
  createSessionFromArray: {
    index: 8,
    parameters: ["pointer", "buffer", "usize", "pointer", "buffer"],
    result: "pointer",
    nonblocking: true,
  },
  run: {
    index: 9,
    parameters: [
      "pointer",
      "pointer",
      "buffer",
      "buffer",
      "usize",
      "buffer",
      "usize",
      "buffer",
    ],
    result: "pointer",
    nonblocking: true,
  },
  createSessionOptions: {
    index: 10,
    parameters: ["buffer"],
    result: "pointer",
  },
  disableMemoryPattern: {
    index: 17,
    parameters: ["pointer"],
    result: "pointer",
  },
  setGraphOptimization: {
    index: 23,
    parameters: ["pointer", "i32"],
    result: "pointer",
  },
  setIntraOpThreads: {
    index: 24,
    parameters: ["pointer", "i32"],
    result: "pointer",
  },
  createRunOptions: { index: 39, parameters: ["buffer"], result: "pointer" },
  setTerminate: { index: 46, parameters: ["pointer"], result: "pointer" },
  createTensorWithData: {
    index: 49,
    parameters: [
      "pointer",
      "buffer",
      "usize",
      "buffer",
      "usize",
      "i32",
      "buffer",
    ],
    result: "pointer",
  },
  createCpuMemoryInfo: {
    index: 69,
    parameters: ["i32", "i32", "buffer"],
    result: "pointer",
  },
  addSessionConfigEntry: {
    index: 130,
    parameters: ["pointer", "buffer", "buffer"],
    result: "pointer",
  },
  releaseStatus: { index: 93, parameters: ["pointer"], result: "void" },
  releaseSession: { index: 95, parameters: ["pointer"], result: "void" },
  releaseValue: { index: 96, parameters: ["pointer"], result: "void" },
  releaseRunOptions: { index: 97, parameters: ["pointer"], result: "void" },
  releaseSessionOptions: {
    index: 100,
    parameters: ["pointer"],
    result: "void",
  },
} as const;

/** The functions that are used. */
export type OrtApi = NativeFunctions<typeof API>;

/**
 * Loads the library.
 *
 * @throws If it cannot be loaded or is another version.
 */
export function openOrtApi(library: string): OrtApi {
  const base = functionsAt(callEntryPoint(library, "OrtGetApiBase"), BASE);
  const version = textAt(base.getVersion());
  if (version !== ORT_VERSION) {
    throw new Error(
      `${library} is ONNX Runtime ${version}, wanted ${ORT_VERSION}`,
    );
  }
  return functionsAt(base.getApi(ORT_API_VERSION), API);
}

/**
 * Checks that a call succeeded.
 *
 * @throws With ONNX Runtime's own message.
 */
export function insist(api: OrtApi, status: Pointer): void {
  if (status === null) return;
  const message = textAt(api.getErrorMessage(status));
  api.releaseStatus(status);
  throw new Error(message);
}
