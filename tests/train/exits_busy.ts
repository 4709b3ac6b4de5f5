/**
 * Processes that end while phases are compiled.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import { opened } from "../backends/onnx/open_onnx.ts";
import { uncovered } from "../uncovered.ts";

const program = new URL("busy_exit.ts", import.meta.url).pathname;
const isThere = opened._tag === "Right";

/** Registers a test for each way to end, after each of some times in milliseconds. */
export function exitsBusy(times: readonly string[]): void {
  for (const how of ["exit", "signal", "exception"]) {
    Deno.test({
      name:
        `guardExit() lets a process end by its exit code while phases are compiled: ${how}${
          isThere ? "" : " [skipped: no ONNX Runtime here]"
        }`,
      ignore: !isThere,
      fn: async () => {
        const codes: unknown[] = [];
        for (const milliseconds of times) {
          const { code, signal } = await new Deno.Command(Deno.execPath(), {
            args: ["run", "-A", "--no-check", program, how, milliseconds],
            clearEnv: true,
            env: uncovered(),
          }).output();
          codes.push(signal ?? code);
        }
        deepStrictEqual(codes, times.map(() => 7));
      },
    });
  }
}
