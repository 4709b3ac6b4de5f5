import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  gridSize,
  initialParameters,
  type ModelSpec,
  parameterSpecs,
  resamplePositions,
  rootKey,
  sinCosPositions,
  sizeOf,
} from "../../../core/mod.ts";
import {
  encoderParameters,
  encoderPrefix,
  encoderSnapshot,
  encoderStart,
  encodeSafetensors,
  initialSnapshot,
  readWeights,
  type StoredTensor,
} from "../../../train/mod.ts";
import { goldenTensors } from "../../golden_files.ts";
import { faultsOf, right } from "../../right.ts";
import { TINY_MODEL as GOLDEN_MODEL } from "../../tiny_model.ts";
import { TINY_MODEL, tinyRun, trained } from "../tiny_run.ts";

type Tensors = Map<string, StoredTensor>;

const GRID = gridSize(TINY_MODEL);

const table = (grid: number, model: ModelSpec = TINY_MODEL): StoredTensor => ({
  shape: [1, 1 + grid ** 2, model.embedDim],
  data: Float32Array.from(sinCosPositions(model.embedDim, grid)),
});

/** A file with timm's names: one norm at the end, a head. */
function timmFile(prefix = ""): Tensors {
  const values = initialParameters(TINY_MODEL, rootKey(5));
  const named = encoderParameters(TINY_MODEL).flatMap(({ name, shape }) => {
    const data = values.get(name)!;
    if (!name.startsWith("norm.")) return [[name, { shape, data }] as const];
    return name.startsWith("norm.3.")
      ? [
        [name.replace("norm.3", "norm"), {
          shape,
          data: data.map((v) => v + 2),
        }] as const,
      ]
      : [];
  });
  const head = { shape: [2, 8], data: new Float32Array(16) };
  return new Map(
    [
      ...named,
      ["pos_embed", table(GRID)] as const,
      ["head.weight", head] as const,
    ]
      .map(([name, tensor]) => [prefix + name, tensor]),
  );
}

Deno.test("encoderStart() takes every tensor of the encoder and says what is missing and left over", () => {
  const file = timmFile("module.");
  const { parameters, report } = right(encoderStart(TINY_MODEL, file));
  strictEqual(report.prefix, "module.");
  deepStrictEqual(report.leftOver, ["module.head.weight"]);
  deepStrictEqual(
    report.missing,
    [0, 1, 2].flatMap((k) => [`norm.${k}.weight`, `norm.${k}.bias`]),
  );
  deepStrictEqual(report.positions, { grid: 4, classToken: true, offFixed: 0 });
  deepStrictEqual(
    new Set([...report.used, ...report.leftOver]),
    new Set(file.keys()),
  );
  deepStrictEqual([...parameters.keys()], [
    ...encoderParameters(TINY_MODEL).map(({ name }) => name),
    "pos_embed",
  ]);
  strictEqual(
    parameters.get("blocks.1.attn.qkv.weight")?.at(5),
    (file.get("module.blocks.1.attn.qkv.weight")?.data as Float32Array)[5],
  );
  deepStrictEqual(parameters.get("norm.3.weight"), new Float32Array(8).fill(3));
  deepStrictEqual(parameters.get("norm.0.weight"), new Float32Array(8).fill(1));
});

Deno.test("encoderStart() takes the golden checkpoint with LocalMIM's names as it is", () => {
  const file = goldenTensors("tiny/tiny_weights.safetensors");
  const { parameters, report } = right(encoderStart(GOLDEN_MODEL, file));
  deepStrictEqual(report.missing, []);
  ok(report.leftOver.every((name) => /^(decoder|hog_enc)\./.test(name)));
  ok(report.positions.offFixed < 1e-6);
  for (const [name, values] of parameters) {
    deepStrictEqual(values, file.get(name)?.data, name);
  }
});

for (const method of ["mae", "timm"] as const) {
  Deno.test(`encoderStart() brings positions of another grid to the model's as ${method}, the class token's row apart`, () => {
    const file = timmFile();
    const other = table(6);
    other.data.set(Array(8).fill(9));
    file.set("pos_embed", other);
    const { parameters, report } = right(
      encoderStart(TINY_MODEL, file, { resampling: method }),
    );
    const loaded = parameters.get("pos_embed")!;
    strictEqual(report.positions.grid, 6);
    deepStrictEqual(loaded.subarray(0, 8), new Float32Array(8).fill(9));
    deepStrictEqual(
      loaded.slice(8),
      resamplePositions(
        method,
        GRID,
        (other.data as Float32Array).subarray(8),
        6,
      ),
    );
  });
}

Deno.test("encoderStart() accepts a file without class token and takes the fixed positions if it has none", () => {
  const file = timmFile();
  file.delete("cls_token");
  const own = table(GRID);
  file.set("pos_embed", { shape: [1, 16, 8], data: own.data.slice(8) });
  const { parameters, report } = right(encoderStart(TINY_MODEL, file));
  ok(report.missing.includes("cls_token"));
  deepStrictEqual(report.positions, {
    grid: 4,
    classToken: false,
    offFixed: 0,
  });
  strictEqual(parameters.get("cls_token")?.length, 8);
  file.delete("pos_embed");
  const fixed = right(encoderStart(TINY_MODEL, file));
  strictEqual(fixed.report.positions.grid, null);
  deepStrictEqual(fixed.parameters.get("pos_embed"), own.data);
});

Deno.test("encoderStart() refuses what would not be the same encoder, with every fault", () => {
  const file = timmFile();
  file.set("blocks.0.ls1.gamma", { shape: [8], data: new Float32Array(8) });
  file.delete("blocks.2.mlp.fc1.bias");
  file.set("patch_embed.proj.bias", {
    shape: [8],
    data: new Float32Array(8).fill(NaN),
  });
  file.set("blocks.3.norm1.weight", { shape: [9], data: new Float32Array(9) });
  file.set("pos_embed", { shape: [1, 19, 8], data: new Float32Array(19 * 8) });
  deepStrictEqual(faultsOf(encoderStart(TINY_MODEL, file)), [
    'patch_embed.proj.bias: found "a number that is not finite", wanted finite numbers',
    "blocks.2.mlp.fc1.bias: found nothing, wanted float32 [16]",
    'blocks.3.norm1.weight: found "float32 [9]", wanted float32 [8]',
    'pos_embed: found "19 rows", wanted as many rows as a square grid has, or one more',
    'blocks.0.ls1.gamma: found "a part that this encoder has not", wanted the same encoder',
  ]);
});

Deno.test("encoderStart() refuses numbers of 64 bits that are infinite in 32", () => {
  const tensors = timmFile();
  const { shape, data } = tensors.get("cls_token")!;
  const wide = Float64Array.from(data as Float32Array);
  const start = (first: number) =>
    encoderStart(
      TINY_MODEL,
      tensors.set("cls_token", { shape, data: wide.with(0, first) }),
    );
  strictEqual(right(start(2)).parameters.get("cls_token")?.[0], 2);
  deepStrictEqual(faultsOf(start(1e39)), [
    'cls_token: found "a number that is not finite", wanted finite numbers',
  ]);
});

Deno.test("encoderPrefix() strips known wrappers, and asks where it would have to guess", () => {
  const under = (prefix: string) => `${prefix}patch_embed.proj.weight`;
  for (
    const prefix of [
      "",
      "model.",
      "module.",
      "encoder.",
      "model.module.encoder.",
    ]
  ) {
    deepStrictEqual(encoderPrefix(["x", under(prefix)]), {
      _tag: "Right",
      right: prefix,
    });
  }
  const asked = [under("student."), under("teacher.")];
  deepStrictEqual(encoderPrefix(asked, "teacher."), {
    _tag: "Right",
    right: "teacher.",
  });
  const textOf = (names: readonly string[], prefix?: string) => {
    const found = encoderPrefix(names, prefix);
    return found._tag === "Left" ? found.left.wanted : "accepted";
  };
  strictEqual(textOf(asked), 'one of the encoders "student.", "teacher."');
  strictEqual(textOf(asked, "model."), 'one of "student.", "teacher."');
  strictEqual(
    textOf([under("ema.")]),
    '"ema.", if that is the encoder that is meant',
  );
  strictEqual(
    textOf(["fc.weight"]),
    "a Vision Transformer's tensor patch_embed.proj.weight",
  );
});

Deno.test("readWeights() tells safetensors, PyTorch's archives and its old files apart by their content", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/weights`;
  await Deno.writeFile(
    path,
    encodeSafetensors({ metadata: {}, tensors: timmFile() }),
  );
  strictEqual(trained(await readWeights(path)).size, timmFile().size);
  const golden = new URL("../../golden/torch/", import.meta.url);
  await Deno.copyFile(new URL("nested.pth", golden), path);
  ok(trained(await readWeights(path)).has("model.0.weight"));
  await Deno.copyFile(new URL("legacy.pth", golden), path);
  const old = await readWeights(path);
  ok(old._tag === "Left" && old.left._tag === "FileFailed");
  ok(
    old._tag === "Left" && "reason" in old.left &&
      old.left.reason.includes("before 1.6"),
  );
  await Deno.writeFile(path, new Uint8Array(4));
  strictEqual((await readWeights(path))._tag, "Left");
  strictEqual((await readWeights(`${folder}/none`))._tag, "Left");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("encoderSnapshot() replaces the encoder and leaves decoders and optimizer as they start", () => {
  const { config, plan } = tinyRun();
  const start = right(encoderStart(TINY_MODEL, timmFile()));
  const first = initialSnapshot(config, plan);
  const snapshot = encoderSnapshot(config, plan, start);
  deepStrictEqual(snapshot.optimizer, first.optimizer);
  deepStrictEqual([...snapshot.parameters.keys()], [
    ...first.parameters.keys(),
  ]);
  const encoder = new Set(
    encoderParameters(TINY_MODEL).map(({ name }) => name),
  );
  for (const { name, shape } of parameterSpecs(TINY_MODEL)) {
    const values = snapshot.parameters.get(name);
    strictEqual(values?.length, sizeOf(shape));
    const wanted = encoder.has(name) ? start.parameters : first.parameters;
    deepStrictEqual(values, wanted.get(name), name);
  }
});
