/** Peak memory of a process. */
import { readFileSync, writeFileSync } from "node:fs";

/**
 * The largest memory that this process has held so far, in MB (10⁶ bytes):
 * Linux's high-water mark, elsewhere what it holds now.
 */
export function peakRssMb(): number {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024 / 1e6;
  } catch {
    // Only Linux has that file.
  }
  return residentMb();
}

/** The memory that this process holds now, MB. */
export function residentMb(): number {
  return Deno.memoryUsage().rss / 1e6;
}

/**
 * The memory of JavaScript's objects and code, and what is set aside for more of them,
 * MB. It grows with what runs at first, not with the tensors: these lie outside.
 */
export function heapMb(): number {
  return Deno.memoryUsage().heapTotal / 1e6;
}

/** Frees what is not used any more, where the process was started with `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  // Memory that a task used last is free only in the next one.
  for (let k = 0; k < 2; k++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc?.();
  }
}

/** Resets the high-water mark to the memory that the process holds now, on Linux. */
export function resetPeakRss(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Only Linux has that file; then the peak is that of the whole process.
  }
}
