import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../programs.ts";

/** What a command wrote to stdout. */
async function output(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    ...options,
  }).output();
  const said = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (success) return said(stdout);
  throw new Error(`${command} ${args[0]}: ${said(stderr) || said(stdout)}`);
}

/** The first version of Node that the package is for. */
const LEAST = 22;

/** Reason why the package cannot be installed here, or `null`. */
async function obstacle(): Promise<string | null> {
  const version = await output("node", ["--version"]).catch(() => "no Node");
  if (!(Number(version.match(/^v(\d+)/)?.[1]) >= LEAST)) {
    return `found ${version}, wanted Node ${LEAST} or newer`;
  }
  return await output("npm", ["ping"]).then(
    () => null,
    () => "no registry of npm is reached",
  );
}

/** What the program of a user prints. */
interface Printed {
  readonly deno: string;
  readonly plot: boolean;
  readonly losses: Readonly<Record<"cpu" | "wasm" | "onnx", readonly number[]>>;
  readonly exported: readonly string[];
  readonly wrong: string;
  /** What is said of faults, by what was attempted. */
  readonly faults: Readonly<Record<string, string>>;
}

/** Faults that a user of Node meets: a run's folder is Deno's, but anyone may read it. */
const FAULTS: Readonly<Record<string, RegExp>> = {
  create:
    /^Cannot use \S+run: this runtime cannot lock the folder of a run, Deno can$/,
  resume:
    /^Cannot use \S+missing: this runtime cannot lock the folder of a run, Deno can$/,
  checkpoint: /missing: there is no such folder$/,
  metrics: /metrics\.jsonl: there is no such file or folder$/,
  encoder: /missing: there is no such file or folder$/,
  follow: /missing: no such folder$/,
  ranks:
    /^Cannot reach the other ranks: this runtime cannot call MPI, Deno can$/,
};

/** Packs the package, installs it in a folder and runs a program there. */
async function inFolder(folder: string): Promise<Printed> {
  const tarball = join(folder, "package.tgz");
  await output(Deno.execPath(), ["pack", "--allow-dirty", "-o", tarball], {
    cwd: ROOT,
  });
  await Deno.writeTextFile(join(folder, "package.json"), '{"type":"module"}');
  await output("npm", ["install", "--no-audit", "--no-fund", tarball], {
    cwd: folder,
    // ONNX Runtime's package would fetch parts for graphics cards from elsewhere.
    env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  const program = join(folder, "program.js");
  await Deno.copyFile(new URL("node_program.js", import.meta.url), program);
  return JSON.parse(await output("node", [program], { cwd: folder }));
}

const reason = await obstacle();

Deno.test({
  name:
    `the package for Node trains ten steps on every device, exports, and says what Node cannot${
      reason === null ? "" : ` (skipped: ${reason})`
    }`,
  ignore: reason !== null,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const printed = await inFolder(folder);
      const { deno, plot, losses, exported, wrong, faults } = printed;
      strictEqual(deno, "undefined");
      ok(plot);
      strictEqual(losses.cpu.length, 10);
      ok(
        losses.cpu[9]! < losses.cpu[0]! / 2,
        `it does not learn: ${losses.cpu}`,
      );
      for (const device of ["wasm", "onnx"] as const) {
        strictEqual(losses[device].length, 10);
        losses[device].forEach((loss, step) =>
          ok(Math.abs(loss - losses.cpu[step]!) < 1e-4, `${device} at ${step}`)
        );
      }
      deepStrictEqual([...exported].sort(), [
        "README.md",
        "config.json",
        "model.safetensors",
        "onnx/model.onnx",
        "preprocessor_config.json",
      ]);
      ok(wrong.endsWith("the nearest is webgpu"), wrong);
      for (const [attempt, wanted] of Object.entries(FAULTS)) {
        match(faults[attempt] ?? "", wanted);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
