/**
 * Readers of a run's files against files that are damaged or made to deceive.
 *
 * @module
 */
import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  decodeSafetensors,
  describeTrainError,
  encodeSafetensors,
  initialSnapshot,
  type MetricsLine,
  type StoredTensor,
  type TrainingIdentity,
  trainingParts,
} from "../../train/mod.ts";
import { decodeTraining } from "../../train/run/training_file.ts";
import { joinedParts, type TensorFile } from "../../train/files/safetensors.ts";
import { readCheckpoint } from "../../train/checkpoint/read_checkpoint.ts";
import { readMetrics } from "../../train/run/metrics_record.ts";
import { writeCheckpoint } from "../../train/checkpoint/write_checkpoint.ts";
import { damaged } from "../fuzz/damage.ts";
import { hostileJson } from "../fuzz/hostile_json.ts";
import { fuzzParameters } from "../fuzz/parameters.ts";
import { checkReason, watched } from "../fuzz/watch.ts";
import { inFolder } from "./temporary_folder.ts";
import { tinyRun, trained } from "./tiny_run.ts";

/** A file with a tensor of each kind of number, and one without numbers. */
const FILE: TensorFile = {
  metadata: { format: "pt" },
  tensors: new Map<string, StoredTensor>([
    ["a.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["b", { shape: [2], data: Float64Array.of(0.5, 1) }],
    ["c", { shape: [3], data: BigInt64Array.of(1n, 2n, 3n) }],
    ["d", { shape: [], data: Int32Array.of(7) }],
    ["e", { shape: [5], data: Uint8Array.of(1, 2, 3, 4, 5) }],
    ["none", { shape: [0, 4], data: new Float32Array() }],
  ]),
};

const WHOLE = encodeSafetensors(FILE);

/** Half-precision numbers need twice their bytes, and each is copied once. */
const roomFor = ({ length }: Uint8Array): number => 4 * length + 1000;

const sizeOf = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);

/** A file is read whole, or refused with a reason. */
async function checkFile(bytes: Uint8Array): Promise<void> {
  const file = await watched(roomFor(bytes), () => decodeSafetensors(bytes));
  if (file._tag === "Left") return checkReason(file.left.reason);
  for (const { shape, data } of file.right.tensors.values()) {
    strictEqual(data.length, sizeOf(shape));
  }
  const again = decodeSafetensors(encodeSafetensors(file.right));
  deepStrictEqual(again, file);
}

Deno.test("decodeSafetensors() of damaged files gives whole tensors or one reason", async () => {
  await fc.assert(
    fc.asyncProperty(damaged(WHOLE), checkFile),
    fuzzParameters(2500),
  );
});

/** The header of a file as JSON, and how many bytes of numbers follow. */
function partsOf(bytes: Uint8Array<ArrayBuffer>): readonly [unknown, number] {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  return [JSON.parse(text), bytes.length - 8 - length];
}

/** A file with this text as its header. */
function withHeader(text: string, behind: number): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + header.length + behind);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

const [HEADER, BEHIND] = partsOf(WHOLE);

Deno.test("decodeSafetensors() of hostile headers asks for no more memory than the file has", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileJson(HEADER),
      fc.constantFrom(BEHIND, 0, 8, 4096),
      (header, behind) => checkFile(withHeader(JSON.stringify(header), behind)),
    ),
    fuzzParameters(2500),
  );
});

for (
  const [what, entry] of [
    ["2^60 numbers", { shape: [2 ** 30, 2 ** 30], data_offsets: [0, 2 ** 62] }],
    ["2^60 numbers in 8 bytes", {
      shape: [2 ** 30, 2 ** 30],
      data_offsets: [0, 8],
    }],
    ["no numbers of infinitely many", {
      shape: [...Array(60).fill(2 ** 52), 0],
      data_offsets: [0, 8],
    }],
    ["an end before its start", { shape: [2], data_offsets: [8, 0] }],
  ] as const
) {
  Deno.test(`decodeSafetensors() refuses a tensor with ${what} without asking for memory`, async () => {
    const bytes = withHeader(
      JSON.stringify({ x: { dtype: "F32", ...entry } }),
      8,
    );
    const file = await watched(1000, () => decodeSafetensors(bytes));
    ok(file._tag === "Left");
    checkReason(file.left.reason);
  });
}

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);

/** Makes a checkpoint one of version 1, whose files are read without digests. */
async function withoutDigests(path: string): Promise<void> {
  const file = join(path, "run.json");
  const run = JSON.parse(await Deno.readTextFile(file));
  await Deno.writeTextFile(file, JSON.stringify({ ...run, version: 1 }));
}

Deno.test("readCheckpoint() of damaged files with digests gives exactly the moment or one reason", async () => {
  await inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    const names = Array.from(Deno.readDirSync(path), ({ name }) => name);
    const sound = names.map((name) => Deno.readFileSync(join(path, name)));
    const cases = fc.oneof(
      ...sound.map((bytes, i) =>
        damaged(bytes).map((bytes) => [i, bytes] as const)
      ),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([i, bytes]) => {
        const file = join(path, names[i]!);
        await Deno.writeFile(file, bytes);
        const read = await watched(1e6, () => readCheckpoint(path, RUN));
        await Deno.writeFile(file, sound[i]!);
        if (read._tag === "Right") deepStrictEqual(read.right, START);
        else checkReason(describeTrainError(read.left));
      }),
      fuzzParameters(200),
    );
  });
});

Deno.test("readCheckpoint() of damaged and hostile files gives a whole moment or one reason", async () => {
  await inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    const names = ["model.safetensors", "optimizer.safetensors", "run.json"];
    await withoutDigests(path);
    const sound = await Promise.all(
      names.map((name) => Deno.readFile(join(path, name))),
    );
    const json = hostileJson(JSON.parse(new TextDecoder().decode(sound[2])))
      .map((json) => new TextEncoder().encode(JSON.stringify(json)));
    const cases = fc.oneof(
      ...sound.map((bytes, i) =>
        damaged(bytes).map((bytes) => [i, bytes] as const)
      ),
      { weight: 3, arbitrary: json.map((bytes) => [2, bytes] as const) },
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([i, bytes]) => {
        const file = join(path, names[i]!);
        await Deno.writeFile(file, bytes);
        const read = await watched(1e6, () => readCheckpoint(path, RUN));
        await Deno.writeFile(file, sound[i]!);
        if (read._tag === "Left") {
          ok(["CheckpointRefused", "ScheduleDiffers"].includes(read.left._tag));
          return checkReason(describeTrainError(read.left));
        }
        strictEqual(read.right.step, START.step);
        deepStrictEqual([...read.right.parameters.keys()], [
          ...START.parameters.keys(),
        ]);
        for (const [name, numbers] of read.right.parameters) {
          strictEqual(numbers.length, START.parameters.get(name)?.length);
          ok(numbers.every(Number.isFinite));
        }
      }),
      fuzzParameters(800),
    );
  });
});

const TRAINING: TrainingIdentity = {
  ...RUN,
  config: { epochs: 3, rate: 0.1 },
  plan: { ...RUN.plan, totalSteps: 12 },
  stateShapes: () => ({
    parameters: [
      { name: "head.weight", shape: [2, 3] },
      { name: "head.bias", shape: [2] },
    ],
    ...{ optimizer: [], statistics: [], averages: [] },
  }),
};

Deno.test("decodeTraining() of hostile metadata and damaged files gives a whole moment or one reason", async () => {
  const none = new Map<string, Float32Array>();
  const snapshot = {
    ...{ step: 5, skipped: 0 },
    parameters: new Map([
      ["head.weight", new Float32Array(6).fill(0.5)],
      ["head.bias", new Float32Array(2)],
    ]),
    ...{ optimizer: none, statistics: none, averages: none },
  };
  const whole = joinedParts(trainingParts(TRAINING, { snapshot }));
  const [header, behind] = partsOf(whole);
  const cases = fc.oneof(
    damaged(whole),
    hostileJson(header).map((json) => withHeader(JSON.stringify(json), behind)),
  );
  await fc.assert(
    fc.asyncProperty(cases, async (bytes) => {
      const read = await watched(
        roomFor(bytes),
        () => decodeTraining(TRAINING, bytes),
      );
      if (read._tag === "Left") return checkReason(read.left.reason);
      const { step, parameters } = read.right.snapshot;
      ok(Number.isSafeInteger(step) && step >= 0);
      ok(step <= TRAINING.plan.totalSteps);
      deepStrictEqual([...parameters.keys()], [
        "head.weight",
        "head.bias",
      ]);
    }),
    fuzzParameters(1500),
  );
});

/** What the record of a run says of a step. */
const recorded = (step: number): MetricsLine => ({
  step,
  epoch: 0,
  phase: 1,
  frozenLayers: 2,
  rates: [0, 0, 0.1],
  unfrozenRate: 0.1,
  loss: 2.5,
  stageLosses: { 2: 1.25, 3: 1.25 },
  deepestLoss: 1.25,
  milliseconds: { data: 1, gradient: 2, update: 3, compile: 0, total: 6 },
});

Deno.test("readMetrics() of damaged records gives whole lines of steps in a row or one reason", async () => {
  const lines = [3, 4, 5, 6].map(recorded);
  const textOf = (lines: readonly unknown[]): Uint8Array<ArrayBuffer> =>
    new TextEncoder().encode(
      lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
  const cases = fc.oneof(
    damaged(textOf(lines)),
    hostileJson(lines).map((json) =>
      textOf(Array.isArray(json) ? json : [json])
    ),
  );
  await inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    await fc.assert(
      fc.asyncProperty(cases, async (bytes) => {
        await Deno.writeFile(path, bytes);
        const read = await watched(1e6, () => readMetrics(path));
        if (read._tag === "Left") {
          return checkReason(describeTrainError(read.left));
        }
        read.right.forEach((line, i) => {
          strictEqual(line.step, read.right[0]!.step + i);
          const { rates, loss, stageLosses, milliseconds } = line;
          const numbers = [
            ...rates,
            loss,
            ...Object.values(stageLosses),
            ...Object.values(milliseconds),
          ];
          ok(numbers.every(Number.isFinite));
        });
      }),
      fuzzParameters(1000),
    );
  });
});
