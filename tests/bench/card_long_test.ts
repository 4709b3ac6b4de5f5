import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ROOT, runScript } from "../programs.ts";

const hasAdapter = Boolean(await globalThis.navigator?.gpu?.requestAdapter());

/** Names of the parts in the order in which they are measured. */
const NAMES =
  "machine roofs steps peers products dispatches losses saving images"
    .split(" ");

type Facts = Readonly<Record<string, unknown>>;

/** A value in nested objects and lists. */
const valueAt = (facts: unknown, ...path: readonly (string | number)[]) =>
  path.reduce(
    (inner, key) => (inner as Record<string | number, unknown>)?.[key],
    facts,
  );

/** Runs the program with sizes of a test; its file and what it has printed. */
async function measured(...args: readonly string[]) {
  const out = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { code, stdout, stderr } = await runScript(
      "bench/card.ts",
      ...["--tiny", "--out", out, ...args],
    );
    strictEqual(code, 0, stderr);
    return { stdout, results: JSON.parse(await Deno.readTextFile(out)) };
  } finally {
    await Deno.remove(out);
  }
}

Deno.test({
  name: "bench/card.ts measures every part on whatever adapter there is",
  ignore: !hasAdapter,
  fn: async () => {
    const { results } = await measured("--minutes", "4");
    const { parts } = results;
    deepStrictEqual(Object.keys(parts), NAMES);
    deepStrictEqual(results.summary.errors, {});
    const facts = (part: string, ...path: readonly (string | number)[]) =>
      valueAt(parts[part].facts, ...path);
    const positive = (part: string, ...path: readonly (string | number)[]) =>
      ok(Number(facts(part, ...path)) > 0, `${part} ${path.join(".")}`);
    positive("machine", "limits", "maxBufferSize");
    positive("roofs", "float32Tflops");
    positive("roofs", "memory", 0, "gigabytesPerSecond");
    positive("roofs", "products", 1, "tflops");
    for (const key of ["ms", "tflops", "dispatches", "encodeMs", "compileMs"]) {
      for (const step of [0, 1]) positive("steps", "steps", step, key);
    }
    match(String(facts("steps", "steps", 1, "tuning", 0)), /^tuned \d+ of \d+/);
    positive("steps", "tuningFound", "products", "length");
    positive("products", "total", "bestTflops");
    positive("products", "products", 0, "defaultSlower");
    positive("dispatches", "dependent", "cardMicroseconds");
    positive("dispatches", "microseconds", "submitAndMap");
    strictEqual(facts("losses", "bf16", "isWithinOnePercent"), true);
    ok(
      Number(facts("losses", "processor", "largestRelativeDifference")) < 1e-4,
    );
    positive("saving", "runs", 0, "perLayer", "predicted");
    positive("images", "loaders", 0, "imagesPerSecond");
    const cases = facts("peers", "cases") as readonly Facts[];
    ok(
      cases.length === 0
        ? facts("peers", "missing") !== undefined
        : cases.every(({ ms }) => Number(ms) > 0),
      JSON.stringify(facts("peers")),
    );
  },
});

Deno.test({
  name: "bench/card.ts --only measures some parts",
  ignore: !hasAdapter,
  fn: async () => {
    const { stdout, results } = await measured("--only", "machine");
    deepStrictEqual(Object.keys(results.parts), ["machine"]);
    match(stdout, /^machine: adapter, .* \(\d+ s\)\n {2}done after /);
  },
});

Deno.test("bench/card.ts names a part that it has not", async () => {
  const { code, stderr } = await runScript(
    "bench/card.ts",
    ...["--only", "machine,rooves"],
  );
  strictEqual(code, 2);
  match(stderr, /^--only: .*names of machine, roofs, .*, images/);
});

/** Whether this machine has, or can fetch, what bundles. */
async function canBundle(folder: string): Promise<boolean> {
  await Deno.writeTextFile(`${folder}/one.ts`, "console.log(1);\n");
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "-o", `${folder}/one.js`, `${folder}/one.ts`],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

Deno.test("bench/card_bundle.sh makes one file that runs without the repository", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // Deno fetches its bundler when it is first used.
    if (!await canBundle(folder)) return;
    const made = await new Deno.Command("bash", {
      args: [new URL("bench/card_bundle.sh", ROOT).pathname, folder],
      env: { PATH: `${pathOfDeno()}:${Deno.env.get("PATH")}` },
    }).output();
    strictEqual(made.code, 0, new TextDecoder().decode(made.stderr));
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", `${folder}/card.bundle.js`, "--help"],
      cwd: folder,
      env: { DENO_DIR: `${folder}/empty`, NO_COLOR: "1" },
    }).output();
    strictEqual(code, 0);
    match(new TextDecoder().decode(stdout), /--only PART,PART,…/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The folder of the Deno that runs this. */
const pathOfDeno = (): string =>
  Deno.execPath().split("/").slice(0, -1).join("/");
