import { deepStrictEqual, strictEqual } from "node:assert/strict";
import process from "node:process";
import {
  interruption,
  outliveHangUp,
} from "../../../cli/command/interruption.ts";

/** Runs a test and takes away the listeners that it leaves. */
function withListeners(test: () => void): void {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const before = names.map((name) => process.listeners(name));
  try {
    test();
  } finally {
    names.forEach((name, i) =>
      process.listeners(name)
        .filter((listener) => !before[i]?.includes(listener))
        .forEach((listener) => process.off(name, listener))
    );
  }
}

Deno.test("interruption() takes the end of its terminal for Ctrl-C, and passes over a hang-up where there is none", () => {
  for (const hasTerminal of [true, false]) {
    withListeners(() => {
      const lines: string[] = [];
      const { signal } = interruption(
        (line) => lines.push(line),
        new AbortController(),
        hasTerminal,
      );
      process.emit("SIGHUP", "SIGHUP");
      strictEqual(signal.aborted, hasTerminal);
      deepStrictEqual(
        lines,
        hasTerminal
          ? ["stopping; again to end at once, without a checkpoint"]
          : [],
      );
      if (!hasTerminal) process.emit("SIGTERM", "SIGTERM");
      strictEqual(signal.aborted, true);
    });
  }
});

Deno.test("outliveHangUp() listens only where there is no terminal", () => {
  withListeners(() => {
    const before = process.listenerCount("SIGHUP");
    outliveHangUp(true);
    strictEqual(process.listenerCount("SIGHUP"), before);
    outliveHangUp(false);
    strictEqual(process.listenerCount("SIGHUP"), before + 1);
  });
});
