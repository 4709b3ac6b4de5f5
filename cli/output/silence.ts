/** Processes that say nothing. */
import process from "node:process";

/**
 * Keeps this process from writing to its outputs.
 *
 * @returns A function that lets it write again.
 */
export function silenced(): () => void {
  const { stdout, stderr } = process;
  const before = [stdout.write, stderr.write] as const;
  const swallow = () => true;
  stdout.write = stderr.write = swallow as typeof stdout.write;
  return () => {
    [stdout.write, stderr.write] = before;
  };
}
