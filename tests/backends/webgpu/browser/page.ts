/**
 * The program of a page that runs the contract on the compiled engine. It is bundled
 * for browsers; the test outside calls `contract.start()` and then `contract.run(i)`.
 *
 * @module
 */
import {
  type Backend,
  describeBackendError,
} from "../../../../backends/backend.ts";
import { webgpuBackend } from "../../../../backends/webgpu/webgpu_backend.ts";
import { CONTRACT } from "../../contract.ts";
import { GUARD_TESTS } from "../../guard_contract.ts";
import type { ContractTest } from "../../op_cases.ts";
import { assertTinyGradients } from "../../onnx/tiny_gradients.ts";

/** The step of a model, which has all kinds of kernels in a row. */
const STEP: ContractTest = {
  name: "the gradients of a tiny model are those of the reference to 1e-5",
  run: (backend) => assertTinyGradients(0, 223, 1e-5, backend),
};

const TESTS = [...CONTRACT, ...GUARD_TESTS, STEP];

let backend: Backend | undefined;

/** An error with its place, and what has caused it first: fast-check says there what is wrong. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `${wordsOf(error.cause)}\n`;
  return `${cause}${error.stack ?? error.message}`;
}

/** What the test outside calls. */
const contract = {
  /** Opens the engine; the names of the tests, or in words why there is no engine. */
  start: async (): Promise<readonly string[] | string> => {
    const opened = await webgpuBackend();
    if (opened._tag === "Left") return describeBackendError(opened.left);
    backend = opened.right;
    return TESTS.map(({ name }) => name);
  },
  /** Runs a test; why it fails, or `null`. */
  run: async (at: number): Promise<string | null> => {
    try {
      await TESTS[at]!.run(backend!);
      return null;
    } catch (error) {
      return wordsOf(error);
    }
  },
};

Object.assign(globalThis, { contract });
