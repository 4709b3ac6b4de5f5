import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { left, MODEL_PRESETS } from "../../../core/mod.ts";
import {
  decodeSafetensors,
  describeTrainError,
  encodeSafetensors,
  initialSnapshot,
  latestCheckpoint,
  type StoredTensor,
} from "../../../train/mod.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { inFolder } from "../temporary_folder.ts";
import { TINY_CONFIG, type TinyRun, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);

/** Runs a test on a fresh checkpoint. */
const withCheckpoint = (test: (path: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) =>
    await test(trained(await writeCheckpoint(folder, RUN, START)))
  );

/** Why a checkpoint is refused; fails the test if it is not. */
async function refusal(
  path: string,
  run: TinyRun = RUN,
): Promise<string> {
  const read = await readCheckpoint(path, run);
  if (read._tag === "Right") throw new Error("the checkpoint was accepted");
  strictEqual(read.left._tag, "CheckpointRefused");
  return describeTrainError(read.left);
}

/** Writes a file of a checkpoint again as if it had always been so. */
async function rewriteFile(
  checkpoint: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  await Deno.writeFile(join(checkpoint, name), content);
  const sums = join(checkpoint, "SHA512SUMS");
  const others = (await Deno.readTextFile(sums)).split("\n")
    .filter((line) => !line.endsWith(`  ${name}`));
  const digest = createHash("sha512").update(content).digest("hex");
  const text = [`${digest}  ${name}`, ...others].join("\n");
  await Deno.writeTextFile(sums, text);
}

/** Writes a safetensors file of a checkpoint again with other tensors. */
async function rewrite(
  checkpoint: string,
  name: string,
  change: (tensors: Map<string, StoredTensor>) => void,
): Promise<void> {
  const file = join(checkpoint, name);
  const decoded = decodeSafetensors(await Deno.readFile(file));
  if (decoded._tag === "Left") throw new Error(decoded.left.reason);
  const tensors = new Map(decoded.right.tensors);
  change(tensors);
  const { metadata } = decoded.right;
  const content = encodeSafetensors({ metadata, tensors });
  await rewriteFile(checkpoint, name, content);
}

Deno.test("readCheckpoint() gives back what writeCheckpoint() was given", () =>
  withCheckpoint(async (path) => {
    deepStrictEqual(trained(await readCheckpoint(path, RUN)), START);
  }));

Deno.test("writeCheckpoint() keeps the names, layouts and position tables of other programs", () =>
  withCheckpoint(async (path) => {
    const bytes = await Deno.readFile(join(path, "model.safetensors"));
    const file = decodeSafetensors(bytes);
    if (file._tag === "Left") throw new Error(file.left.reason);
    const { metadata, tensors } = file.right;
    deepStrictEqual(metadata, { format: "pt", step: "0" });
    const shapeOf = (name: string) => tensors.get(name)?.shape;
    deepStrictEqual(shapeOf("pos_embed"), [1, 17, 8]);
    deepStrictEqual(shapeOf("decoder.3.pos_embed"), [1, 17, 8]);
    deepStrictEqual(shapeOf("patch_embed.proj.weight"), [8, 1, 4, 4]);
    deepStrictEqual(shapeOf("blocks.3.attn.qkv.weight"), [24, 8]);
    deepStrictEqual(shapeOf("decoder.0.pred.0.weight"), [8, 4, 2, 2]);
  }));

for (const file of ["model.safetensors", "optimizer.safetensors"]) {
  Deno.test(`readCheckpoint() refuses a ${file} cut off anywhere, and a missing one`, () =>
    withCheckpoint(async (path) => {
      const place = join(path, file);
      const bytes = await Deno.readFile(place);
      const header = 8 +
        Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const lengths = [
        ...[0, 7, 8, 100, header - 1, header, header + 1],
        ...[0.5, 0.9].map((part) => Math.floor(part * bytes.length)),
        ...[bytes.length - 4, bytes.length - 1],
      ];
      for (const length of lengths) {
        await Deno.writeFile(place, bytes.subarray(0, length));
        match(await refusal(path), new RegExp(file), `${length} bytes`);
      }
      await Deno.remove(place);
      match(await refusal(path), new RegExp(`${file}: it is missing`));
    }));

  Deno.test(`readCheckpoint() refuses a ${file} with bytes behind its end`, () =>
    withCheckpoint(async (path) => {
      const place = join(path, file);
      await Deno.writeFile(place, new Uint8Array(1), { append: true });
      match(await refusal(path), /1 bytes? follow/);
    }));
}

const TENSOR_FAULTS: readonly (readonly [
  string,
  string,
  (tensors: Map<string, StoredTensor>) => void,
  RegExp,
])[] = [
  ["a foreign tensor", "model", (tensors) =>
    tensors.set("head.weight", {
      shape: [1],
      data: Float32Array.of(0),
    }), /tensor head\.weight is none of this run/],
  [
    "a missing tensor",
    "model",
    (tensors) => tensors.delete("norm.2.bias"),
    /tensor norm\.2\.bias is missing/,
  ],
  [
    "a tensor of another shape",
    "model",
    (tensors) =>
      tensors.set("norm.2.bias", { shape: [2, 4], data: new Float32Array(8) }),
    /norm\.2\.bias is float32 \[2, 4\], wanted float32 \[8\]/,
  ],
  [
    "a tensor of another kind",
    "model",
    (tensors) =>
      tensors.set("norm.2.bias", { shape: [8], data: new Float64Array(8) }),
    /norm\.2\.bias is float64 \[8\], wanted float32 \[8\]/,
  ],
  ["a number that is none", "model", (tensors) =>
    tensors.set("norm.2.bias", {
      shape: [8],
      data: new Float32Array(8).fill(NaN, 7),
    }), /norm\.2\.bias is not finite/],
  [
    "optimizer state without a parameter",
    "optimizer",
    (tensors) =>
      tensors.set("exp_avg/x", { shape: [1], data: Float32Array.of(0) }),
    /tensor exp_avg\/x is none of this run/,
  ],
  [
    "a parameter without optimizer state",
    "optimizer",
    (tensors) => tensors.delete([...tensors.keys()][3] ?? ""),
    /optimizer\.safetensors: tensor .* is missing/,
  ],
];

for (const [what, file, change, wanted] of TENSOR_FAULTS) {
  Deno.test(`readCheckpoint() refuses ${what} by name`, () =>
    withCheckpoint(async (path) => {
      await rewrite(path, `${file}.safetensors`, change);
      match(await refusal(path), wanted);
    }));
}

for (
  const [text, wanted] of [
    ["{", /run\.json is not JSON/],
    ["null", /version nothing, wanted 1, 2 or 3/],
    ['{"version": 4, "step": 0, "totalSteps": 12}', /version 4, wanted 1, 2/],
    ['{"version": 3, "step": 0, "totalSteps": 12}', /from 3 on a task/],
    ['{"version": 1, "step": 0.5, "totalSteps": 12}', /whole numbers step/],
  ] as const
) {
  Deno.test(`readCheckpoint() refuses a run.json that says ${text}`, () =>
    withCheckpoint(async (path) => {
      await Deno.writeTextFile(join(path, "run.json"), text);
      match(await refusal(path), wanted);
    }));
}

Deno.test("readCheckpoint() refuses a step outside the run", () =>
  withCheckpoint(async (path) => {
    const file = join(path, "run.json");
    const run = JSON.parse(await Deno.readTextFile(file));
    const text = JSON.stringify({ ...run, step: 13 });
    await rewriteFile(path, "run.json", new TextEncoder().encode(text));
    match(await refusal(path), /at step 13, wanted 0 to 12/);
  }));

Deno.test("readCheckpoint() refuses another configuration and names every difference", () =>
  withCheckpoint(async (path) => {
    const other = tinyRun({
      freeze: { ...TINY_CONFIG.freeze, classToken: "neverFrozen" },
      training: { ...TINY_CONFIG.training, seed: 8 },
    });
    const text = await refusal(path, other);
    match(
      text,
      /freeze\.classToken: checkpoint "withLayer0", this run "neverFrozen"/,
    );
    match(text, /training\.seed: checkpoint 7, this run 8/);
    strictEqual(text.split("\n").length, 3);
  }));

Deno.test("readCheckpoint() refuses a model of other sizes", () =>
  withCheckpoint(async (path) => {
    const other = tinyRun({ model: MODEL_PRESETS.nano });
    match(
      await refusal(path, other),
      /model\.embedDim: checkpoint 8, this run 64/,
    );
  }));

Deno.test("readCheckpoint() refuses a run over another number of images", () =>
  withCheckpoint(async (path) => {
    const plan = { ...RUN.plan, totalSteps: 14 };
    match(
      await refusal(path, { ...RUN, plan }),
      /has 12 steps, this one 14: other images/,
    );
  }));

Deno.test("readCheckpoint() refuses a folder that is none", () =>
  inFolder(async (folder) => {
    match(await refusal(join(folder, "nothing")), /no readable run\.json/);
  }));

Deno.test("latestCheckpoint() finds the most steps and passes over unfinished ones", () =>
  inFolder(async (folder) => {
    for (const step of [1, 10, 2]) {
      trained(await writeCheckpoint(folder, RUN, { ...START, step }));
    }
    await Deno.mkdir(join(folder, "step-000000011.partial"));
    await Deno.mkdir(join(folder, "other"));
    const newest = join(folder, "step-000000010");
    strictEqual(trained(await latestCheckpoint(folder)), newest);
    strictEqual(trained(await latestCheckpoint(newest)), newest);
  }));

Deno.test("latestCheckpoint() looks into the folder of a run", () =>
  inFolder(async (folder) => {
    const inside = join(folder, "checkpoints");
    const path = trained(await writeCheckpoint(inside, RUN, START));
    strictEqual(trained(await latestCheckpoint(folder)), path);
  }));

Deno.test("latestCheckpoint() says what it missed", () =>
  inFolder(async (folder) => {
    const missing = join(folder, "nothing");
    deepStrictEqual(
      await latestCheckpoint(missing),
      left({
        _tag: "CheckpointRefused",
        path: missing,
        reason: "there is no such folder",
      }),
    );
    const empty = await latestCheckpoint(folder);
    match(
      empty._tag === "Left" ? describeTrainError(empty.left) : "",
      /it holds no checkpoint/,
    );
  }));

Deno.test("writeCheckpoint() replaces a checkpoint of the same step", () =>
  inFolder(async (folder) => {
    trained(await writeCheckpoint(folder, RUN, START));
    const parameters = new Map(START.parameters);
    parameters.set("norm.0.bias", new Float32Array(8).fill(3));
    const path = trained(
      await writeCheckpoint(folder, RUN, { ...START, parameters }),
    );
    deepStrictEqual(
      trained(await readCheckpoint(path, RUN)).parameters,
      parameters,
    );
  }));
