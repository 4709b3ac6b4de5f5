/** All parts one after the other, each with its share of what is left of the time. */
import type { Part } from "./part.ts";
import type { PartResult, PartTask } from "./part_process.ts";
import { summaryOf } from "./summary.ts";

/** Results by the names of parts. */
export type PartResults = Readonly<Record<string, PartResult>>;

/** What is written to the file. */
export interface CardResults {
  /** When the measurement began. */
  readonly began: string;
  /** The time that it was given, minutes. */
  readonly minutes: number;
  /** True if sizes were those of a test: no number means anything then. */
  readonly tiny: boolean;
  /** The numbers that are asked for first. */
  readonly summary: unknown;
  /** All that the parts have found. */
  readonly parts: PartResults;
}

/** A measurement. */
export interface CardOptions {
  /** Its parts. */
  readonly parts: readonly Part[];
  /** Its time. */
  readonly seconds: number;
  /** As `PartContext.isTiny`. */
  readonly isTiny: boolean;
  /** Runs a part. */
  run(task: PartTask): Promise<PartResult>;
  /** Writes what is known so far. */
  write(results: CardResults): Promise<void>;
  /** Prints a line. */
  say(line: string): void;
}

/** Seconds of the next part: what those before it have left over is shared by all that come. */
export function secondsOf(left: number, parts: readonly Part[]): number {
  const all = parts.reduce((sum, { share }) => sum + share, 0);
  return Math.max(1, left * (parts[0]?.share ?? 0) / all);
}

/** Measures all parts; the results are written after each. */
export async function measureCard(
  { parts, seconds, isTiny, run, write, say }: CardOptions,
): Promise<void> {
  const start = performance.now();
  const began = new Date().toISOString();
  let results: PartResults = {};
  for (const [i, { name, about }] of parts.entries()) {
    const left = seconds - (performance.now() - start) / 1000;
    const given = secondsOf(left, parts.slice(i));
    say(`${name}: ${about} (${given.toFixed(0)} s)`);
    const result = await run({ part: name, seconds: given, isTiny });
    results = { ...results, [name]: result };
    const minutes = seconds / 60;
    const summary = summaryOf(results);
    await write({ began, minutes, tiny: isTiny, summary, parts: results });
    const end = result.error === undefined ? "done" : `ERROR ${result.error}`;
    say(`  ${end} after ${result.seconds} s`);
  }
}
