/**
 * The pre-training program as a user runs it, and images small enough to wait for.
 *
 * @module
 */
import { join } from "node:path";
import { idxFile, noiseImage } from "../../data/sources.ts";
import {
  endOf,
  programAddress,
  type ProgramEnd,
  runProgram,
  scriptCommand,
  startProgram,
} from "../../programs.ts";

const PROGRAM = "pretrain.ts";

/** Runs the program to its end. */
export const pretrain = (...args: string[]): Promise<ProgramEnd> =>
  runProgram(PROGRAM, ...args);

/** Starts the program. */
export const startPretrain = (...args: string[]): Deno.ChildProcess =>
  startProgram(PROGRAM, ...args);

/** Runs the program after a line of script, which may spoil its world. */
export async function pretrainAfter(
  folder: string,
  script: string,
  ...args: string[]
): Promise<ProgramEnd> {
  const path = join(folder, "spoiled.ts");
  const program = programAddress(PROGRAM);
  await Deno.writeTextFile(path, `${script}\nawait import("${program}");\n`);
  return await endOf(scriptCommand(path, args).output());
}

/** Starts the program and sends it a signal once a condition holds. */
export async function pretrainUntil(
  holds: () => Promise<boolean>,
  signal: Deno.Signal,
  ...args: string[]
): Promise<ProgramEnd> {
  const child = startPretrain(...args);
  const end = endOf(child.output());
  while (!await holds()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill(signal);
  return end;
}

/** Writes noise into files like Fashion-MNIST's: 8×8, labels go round. */
export async function writeSmallIdx(
  folder: string,
  counts: { readonly train: number; readonly t10k: number },
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [prefix, count] of Object.entries(counts)) {
    const pixels = noiseImage(count, 8, 8 * count, 1).pixels;
    const labels = Array.from({ length: count }, (_, i) => i % 10);
    await Deno.writeFile(
      join(folder, `${prefix}-images-idx3-ubyte`),
      idxFile([count, 8, 8], [...pixels]),
    );
    await Deno.writeFile(
      join(folder, `${prefix}-labels-idx1-ubyte`),
      idxFile([count], labels),
    );
  }
  return folder;
}

/** Lines of a run's record without times, which no two runs share. */
export async function timelessRecord(run: string): Promise<readonly unknown[]> {
  const text = await Deno.readTextFile(join(run, "metrics.jsonl"));
  return text.trimEnd().split("\n").map((line) => {
    const { milliseconds: _, ...rest } = JSON.parse(line);
    return rest;
  });
}
