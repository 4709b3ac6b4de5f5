/**
 * How much memory a process has needed.
 *
 * @module
 */
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

/** Starts the high-water mark anew from what the process holds now, on Linux. */
export function resetPeakRss(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Only Linux has that file; then the peak is that of the whole process.
  }
}
