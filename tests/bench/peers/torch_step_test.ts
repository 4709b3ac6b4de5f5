import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { trainableCountOf } from "../../../bench/peers/compare_pair.ts";
import { PEER_MODELS } from "../../../bench/peers/peer_models.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../train/mod.ts";
import { PYTHON, run, whyNoTorch } from "./python_with_torch.ts";

const PROGRAM = new URL("../../../bench/peers/torch_step.py", import.meta.url)
  .pathname;
const TINY = new URL("../../golden/tiny", import.meta.url).pathname;

const reason = await whyNoTorch();

/** A test that needs PyTorch; where there is none, its name says so. */
function torchTest(name: string, body: () => Promise<void>): void {
  Deno.test({
    name: reason === null ? name : `${name} [skipped: ${reason}]`,
    ignore: reason !== null,
    fn: body,
  });
}

const torch = (...args: readonly string[]) => run(PYTHON, [PROGRAM, ...args]);

/** How a recorded situation compares, as the program prints it. */
interface Checked {
  readonly frozen: number;
  readonly loss: number;
  readonly gradients: number;
  readonly parameters: number | null;
  readonly holds: boolean;
}

const checkedRows = (out: string): readonly Checked[] =>
  out.trim().split("\n").map((line) => JSON.parse(line));

for (const form of ["reference", "fixed"] as const) {
  torchTest(
    `torch_step.py --form ${form} computes the recorded losses, gradients and updates`,
    async () => {
      const { code, out, error } = await torch("--form", form, "--check", TINY);
      strictEqual(error, "");
      const rows = checkedRows(out);
      deepStrictEqual(rows.map(({ frozen }) => frozen), [0, 3, 7]);
      for (const { loss, gradients, holds } of rows) {
        ok(loss <= 1e-6 && gradients <= 1e-5 && holds, out);
      }
      const compared = rows.map(({ parameters }) => parameters !== null);
      deepStrictEqual(compared, [
        true,
        form === "reference",
        form === "reference",
      ]);
      strictEqual(code, 0);
    },
  );

  torchTest(
    `torch_step.py --form ${form} trains as many numbers as our plan says, for every number of frozen layers`,
    async () => {
      const model = PEER_MODELS.small;
      const { out } = await torch(
        "--form",
        form,
        "--count",
        JSON.stringify(model),
      );
      const ours = Array.from({ length: 13 }, (_, frozen) =>
        trainableCountOf({
          ...{ peer: `torch-${form}`, step: "pre-training", model: "small" },
          ...{ batchSize: 1, frozen, threads: 1, rounds: 1, steps: 1 },
        }));
      deepStrictEqual(JSON.parse(out), ours);
    },
  );
}

torchTest(
  "torch_step.py --check ends with 1 if one recorded gradient is another",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      for await (const { name } of Deno.readDir(TINY)) {
        await Deno.copyFile(`${TINY}/${name}`, `${folder}/${name}`);
      }
      const path = `${folder}/tiny_grads_freeze0_2_f32.safetensors`;
      const file = decodeSafetensors(await Deno.readFile(path));
      if (file._tag === "Left") throw new Error(file.left.reason);
      const tensor = file.right.tensors.get("blocks.5.mlp.fc1.weight");
      if (tensor === undefined) throw new Error("no such tensor");
      tensor.data[7] = Number(tensor.data[7]) + 1e-3;
      await Deno.writeFile(path, encodeSafetensors(file.right));
      const { code, out } = await torch("--form", "fixed", "--check", folder);
      strictEqual(code, 1);
      deepStrictEqual(checkedRows(out).map(({ holds }) => holds), [
        true,
        false,
        true,
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
