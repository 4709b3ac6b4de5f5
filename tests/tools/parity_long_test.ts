import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  type TensorFile,
} from "../../train/files/safetensors.ts";
import { ROOT, runScript } from "../programs.ts";

const TINY = new URL("../golden/tiny", import.meta.url).pathname;
const PROGRAM = "tools/parity.ts";

/** What a run of the program gave. */
interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function parity(...args: readonly string[]): Promise<Run> {
  const { code, stdout, stderr } = await runScript(PROGRAM, ...args);
  return { code, out: stdout, err: stderr };
}

/** Runs `use` on a copy of the golden folder that may be broken. */
async function withCopy(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for await (const { name } of Deno.readDir(TINY)) {
      await Deno.copyFile(`${TINY}/${name}`, `${folder}/${name}`);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Rewrites one tensor file. */
function edit(path: string, change: (file: TensorFile) => TensorFile): void {
  const file = decodeSafetensors(Deno.readFileSync(path));
  if (file._tag === "Left") throw new Error(file.left.reason);
  Deno.writeFileSync(path, encodeSafetensors(change(file.right)));
}

/** Changes the numbers of one tensor of a file. */
function editNumbers(
  path: string,
  name: string,
  change: (value: number, position: number) => number,
): void {
  edit(path, (file) => {
    const { shape = [], data = [] } = file.tensors.get(name) ?? {};
    const changed = Float32Array.from(Array.from(data, Number), change);
    const tensors = new Map(file.tensors).set(name, { shape, data: changed });
    return { ...file, tensors };
  });
}

Deno.test("parity.ts prints one line for each group and ends with 0 if all hold", async () => {
  const { code, out } = await parity(TINY, "--backend", "reference");
  strictEqual(code, 0);
  match(out, /^Computed on reference/);
  match(out, /\nAll 18 groups hold\n$/);
  for (
    const group of [
      "mask",
      "targets",
      "block outputs",
      "latents",
      "predictions",
      "stage losses",
      ...[0, 3, 7].flatMap((n) => [
        `gradients, ${n} layers frozen`,
        `parameters after 3 steps, ${n} layers frozen`,
        `losses, ${n} layers frozen`,
      ]),
      "rates",
    ]
  ) match(out, new RegExp(`^ok +${group} `, "m"));
});

Deno.test("parity.ts --json prints one object", async () => {
  const { code, out } = await parity("--backend", "wasm", TINY, "--json");
  const report = JSON.parse(out);
  strictEqual(code, 0);
  strictEqual(report.backend, "wasm");
  strictEqual(report.holds, true);
  deepStrictEqual(Object.keys(report.groups[0]), [
    "group",
    "compared",
    "absolute",
    "relative",
    "used",
    "tolerance",
    "worst",
    "holds",
  ]);
});

Deno.test("parity.ts ends with 1 if a weight is another, and says which groups differ", async () => {
  await withCopy(async (folder) => {
    editNumbers(
      `${folder}/tiny_weights.safetensors`,
      "blocks.5.mlp.fc1.weight",
      (v, i) => i === 7 ? v + 0.01 : v,
    );
    const { code, out } = await parity(folder, "--backend", "reference");
    strictEqual(code, 1);
    match(out, /^FAILED +block outputs/m);
    match(out, /^ok +targets/m);
    match(out, /\n\d+ of 18 groups do not hold\n$/);
  });
});

Deno.test("parity.ts ends with 1 if one recorded gradient is another", async () => {
  await withCopy(async (folder) => {
    editNumbers(
      `${folder}/tiny_grads_freeze0_6_f32.safetensors`,
      "decoder.0.pred.0.weight",
      (v) => 1.0001 * v,
    );
    const { code, out } = await parity(folder, "--backend", "reference");
    strictEqual(code, 1);
    match(out, /^FAILED +gradients, 7 layers frozen .* decoder\.2\.pred\.0/m);
    match(out, /\n1 of 18 groups do not hold\n$/);
  });
});

Deno.test("parity.ts refuses a folder with everything that is missing, cut off or contradicts its config", async () => {
  await withCopy(async (folder) => {
    const weights = `${folder}/tiny_weights.safetensors`;
    Deno.truncateSync(weights, 100_000);
    Deno.removeSync(`${folder}/tiny_after3_none.safetensors`);
    edit(`${folder}/tiny_grads_f32.safetensors`, (file) => {
      const tensors = new Map(file.tensors);
      tensors.delete("cls_token");
      return {
        ...file,
        tensors: tensors.set("x", { shape: [1], data: Float32Array.of(1) }),
      };
    });
    const { code, out, err } = await parity(folder);
    strictEqual(code, 2);
    strictEqual(out, "");
    match(err, /tiny_weights.safetensors: the file is truncated/);
    match(err, /tiny_after3_none.safetensors: it does not exist/);
    match(err, /tensor cls_token: found nothing, wanted \[1, 1, 36\]/);
    match(err, /tensor x: found \[1\], wanted nothing/);
  });
});

Deno.test("parity.ts names every fault of a config", async () => {
  await withCopy(async (folder) => {
    const path = `${folder}/config.json`;
    const config = JSON.parse(Deno.readTextFileSync(path));
    const { schedule } = config;
    Deno.writeTextFileSync(
      path,
      JSON.stringify({
        ...config,
        depth: 2.5,
        schedule: { ...schedule, t0: 0, howScale: "cubed" },
      }),
    );
    const { code, err } = await parity(folder);
    strictEqual(code, 2);
    match(err, /depth: found 2.5, wanted a whole number of at least 1/);
    match(err, /schedule.t0: found 0, wanted a number in \(0, 1\]/);
    match(err, /schedule.howScale: found "cubed"/);
  });
});

Deno.test("parity.ts refuses a situation that the schedule does not have", async () => {
  await withCopy(async (folder) => {
    const path = `${folder}/config.json`;
    const config = JSON.parse(Deno.readTextFileSync(path));
    config.situations[1].frozenLayers = 13;
    Deno.writeTextFileSync(path, JSON.stringify(config));
    const { code, err } = await parity(folder);
    strictEqual(code, 2);
    match(err, /situations\[1\].frozenLayers: found 13, wanted a number of/);
  });
});

Deno.test("parity.ts refuses calls that make no sense", async () => {
  const refused = async (wanted: RegExp, ...args: readonly string[]) => {
    const { code, err } = await parity(...args);
    strictEqual(code, 2);
    match(err, wanted);
  };
  await refused(/DIR: found nothing, wanted a folder/);
  await refused(/nowhere: it does not exist/, "nowhere");
  await refused(
    /parity.ts: it is not a folder/,
    new URL(PROGRAM, ROOT).pathname,
  );
  await refused(
    /--backend: found "wsm".* the nearest is wasm/,
    TINY,
    "--backend",
    "wsm",
  );
  await refused(/--jsn: .* the nearest is --json/, TINY, "--jsn");
});

Deno.test("parity.ts --help prints a line for each flag", async () => {
  const { code, out } = await parity("--help");
  strictEqual(code, 0);
  for (const flag of ["--backend", "--json", "--help"]) {
    match(out, new RegExp(`^ {2}${flag} `, "m"));
  }
});
