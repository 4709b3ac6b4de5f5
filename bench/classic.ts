/**
 * FreezeOut's own experiment in small: one network under SGD and under AdamW, without
 * freezing, with freezing, and with freezing at rates that are not scaled.
 *
 * ```sh
 * deno run -A bench/classic.ts --image-size 16 --depth 10 --epochs 10
 * ```
 *
 * Flags go to `cli/main.ts classic`, which trains each of the six. The output
 * is a line of JSON for each: its name, its flags, and what the program said last.
 */
// deno-lint-ignore-file no-console -- talking is what programs do
import { errorLine, SIX } from "./classic/six.ts";
import { processorHere } from "./processor.ts";

const PROGRAM = new URL("../cli/main.ts", import.meta.url);
const CONFIG = new URL("../deno.json", import.meta.url);

/** Trains one configuration in a folder that does not stay; gives the last line of its output. */
async function lastLineOf(flags: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "-A",
        "--config",
        CONFIG.pathname,
        PROGRAM.pathname,
        "classic",
        ...["--output-dir", folder, "--no-tensorboard"],
      ],
      ...flags,
    ],
    stderr: "inherit",
  }).output();
  await Deno.remove(folder, { recursive: true });
  if (code !== 0) Deno.exit(code);
  return new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1) ?? "";
}

for (const { name, flags } of SIX) {
  const all = [...flags, ...Deno.args];
  const result: Record<string, unknown> = JSON.parse(await lastLineOf(all));
  const processor = processorHere();
  const flagText = all.join(" ");
  console.log(JSON.stringify({ name, flags: flagText, processor, ...result }));
  console.error(errorLine(name, result));
}
