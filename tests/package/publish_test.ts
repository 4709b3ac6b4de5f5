import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { addressOf, ROOT } from "../programs.ts";

/** Files that are no modules of the graph, or that only a thread loads. */
const ASSETS = [
  "data/sources/known_sets/fashion_mnist/t10k-images-idx3-ubyte.gz",
  "data/sources/known_sets/fashion_mnist/t10k-labels-idx1-ubyte.gz",
  "data/sources/known_sets/fashion_mnist/LICENSE",
  "data/loader/render_worker.ts",
  "backends/onnx/kernels/kernel_worker.ts",
  "ranks/mod.ts",
  "cli/watch/page/page.html",
  "LICENSE",
];

/**
 * The only import whose name is found at run time: an address that was resolved, so that
 * no import map is asked.
 */
const COMPUTED = ["backends/onnx/runtime/package_runtime.ts"];

Deno.test("deno publish has no objection, and takes all that is loaded along", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // Types are checked by a task of their own.
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const said = [stdout, stderr].map((each) => new TextDecoder().decode(each))
    .join("");
  ok(success, said);
  const files = new Set(
    [...said.matchAll(/^ +(file:\S+) \(/gm)].map(([, address]) => address),
  );
  deepStrictEqual(ASSETS.filter((path) => !files.has(addressOf(path))), []);
  ok(![...files].some((file) => file?.startsWith(addressOf("tests/"))));
  const warnings = [...said.matchAll(/^(?:warning|error)\[.*\n +--> (\S+?):/gm)]
    .map(([, path]) => path);
  deepStrictEqual(
    warnings,
    COMPUTED.map((path) => new URL(path, ROOT).pathname),
  );
  strictEqual(/slow-type/.test(said), false, said);
});
