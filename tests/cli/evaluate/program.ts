/**
 * The programs that judge encoders as a user runs them, and what they judge.
 *
 * @module
 */
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  planOf,
} from "../../../core/mod.ts";
import {
  initialSnapshot,
  orThrow,
  writeCheckpoint,
} from "../../../train/mod.ts";
import type { ProgramEnd } from "../pretrain/program.ts";

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

function commandOf(name: string, args: readonly string[]): Deno.Command {
  const { href } = new URL(`../../../examples/${name}`, import.meta.url);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--config", CONFIG, href, ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

/** Starts a program of `examples/`. */
export function startExample(
  name: string,
  ...args: readonly string[]
): Deno.ChildProcess {
  return commandOf(name, args).spawn();
}

/** Runs a program of `examples/` to its end. */
export async function runExample(
  name: string,
  ...args: readonly string[]
): Promise<ProgramEnd> {
  const { code, stdout, stderr } = await commandOf(name, args).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The last line of what a program printed, which is JSON. */
export function lastLine({ stdout }: ProgramEnd): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

/** Writes a checkpoint of an untrained small encoder; gives its path. */
export async function writeNano(folder: string): Promise<string> {
  const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano };
  const plan = orThrow(planOf(config, 10_000));
  const start = initialSnapshot(config, plan);
  return orThrow(await writeCheckpoint(folder, { config, plan }, start));
}
