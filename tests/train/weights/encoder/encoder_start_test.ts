import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  describeFaults,
  gridSize,
  initialParameters,
  type ModelSpec,
  parameterSpecs,
  resamplePositions,
  rootKey,
  sinCosPositions,
  sizeOf,
} from "../../../../core/mod.ts";
import {
  describeTrainError,
  encoderParameters,
  encoderSnapshot,
  encodeSafetensors,
  initialSnapshot,
  type StoredTensor,
} from "../../../../train/mod.ts";
import { encoderStart } from "../../../../train/weights/encoder/encoder_start.ts";
import { findEncoder } from "../../../../train/weights/encoder/encoder_names.ts";
import { readWeights } from "../../../../train/weights/read_weights.ts";
import { tableRows } from "../../../../train/weights/encoder/encoder_positions.ts";
import { goldenTensors } from "../../../golden_files.ts";
import { faultsOf, right } from "../../../right.ts";
import { TINY_MODEL as GOLDEN_MODEL } from "../../../tiny_model.ts";
import { TINY_MODEL, tinyRun, trained } from "../../tiny_run.ts";

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

Deno.test("encoderStart() takes a file without class token or positions where training begins, and refuses it elsewhere", () => {
  const file = timmFile();
  file.delete("cls_token");
  const own = table(GRID);
  file.set("pos_embed", { shape: [1, 16, 8], data: own.data.slice(8) });
  const start = { partial: true };
  const { parameters, report } = right(encoderStart(TINY_MODEL, file, start));
  ok(report.missing.includes("cls_token"));
  deepStrictEqual(report.positions, {
    grid: 4,
    classToken: false,
    offFixed: 0,
  });
  strictEqual(parameters.get("cls_token")?.length, 8);
  deepStrictEqual(faultsOf(encoderStart(TINY_MODEL, file)), [
    "cls_token: found nothing, wanted float32 [1, 1, 8]",
  ]);
  file.delete("pos_embed");
  const fixed = right(encoderStart(TINY_MODEL, file, start));
  strictEqual(fixed.report.positions.grid, null);
  deepStrictEqual(fixed.parameters.get("pos_embed"), own.data);
  ok(
    faultsOf(encoderStart(TINY_MODEL, file)).some((text) =>
      text.startsWith("pos_embed: found nothing")
    ),
  );
});

Deno.test("encoderStart() refuses what would not be the same encoder, with every fault", () => {
  const file = timmFile();
  file.set("blocks.0.ls1.gamma", { shape: [8], data: new Float32Array(8) });
  file.set("blocks.1.ls1.gamma", { shape: [8], data: new Float32Array(8) });
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
    'pos_embed: found "19 rows", wanted one more than a square grid has, for there is a class token',
    'blocks.*.ls1.gamma: found "a layer scale", wanted an encoder without it',
  ]);
});

const ones = (...shape: readonly number[]): StoredTensor => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(1),
});

/** Parts of other encoders, and what they are called. */
const FOREIGN: Readonly<Record<string, readonly [StoredTensor, string]>> = {
  "blocks.1.gamma_1": [ones(8), "a layer scale"],
  "blocks.1.attn.q_norm.weight": [ones(4), "norms of queries and keys"],
  "blocks.1.mlp.w12.weight": [ones(32, 8), "a gated MLP (SwiGLU)"],
  "blocks.1.attn.relative_position_bias_table": [
    ones(9, 2),
    "relative positions",
  ],
  "rope.freqs": [ones(2, 8), "rotary positions"],
  "blocks.1.attn.qkv.lora_A.default.weight": [ones(2, 8), "an adapter"],
  "reg_token": [ones(1, 4, 8), "register tokens"],
  "register_tokens": [ones(1, 4, 8), "register tokens"],
  "dist_token": [ones(1, 1, 8), "a distillation token"],
  "norm_pre.weight": [ones(8), "a norm before the blocks"],
  "patch_embed.norm.weight": [
    ones(8),
    "a part of a patch embedding that this encoder has not",
  ],
  "blocks.4.norm1.weight": [
    ones(8),
    "a part of a block that this encoder has not",
  ],
  "soft_hints": [ones(1, 7, 8), "tokens that this encoder has not"],
};

for (const [name, [tensor, what]] of Object.entries(FOREIGN)) {
  Deno.test(`encoderStart() refuses ${name} by what it is, at every prefix`, () => {
    for (const prefix of ["", "model."]) {
      const file = timmFile(prefix).set(prefix + name, tensor);
      const path = (prefix + name).replace(/blocks\.\d/, "blocks.*");
      deepStrictEqual(faultsOf(encoderStart(TINY_MODEL, file)), [
        `${path}: found "${what}", wanted an encoder without it`,
      ]);
    }
  });
}

Deno.test("encoderStart() refuses what was fine-tuned, once for its norm, and passes over the state of its optimizer", () => {
  const file = timmFile()
    .set("fc_norm.weight", ones(8))
    .set("fc_norm.bias", ones(8))
    .set("exp_avg/cls_token", ones(1, 1, 8))
    .set("exp_avg_sq/blocks.0.norm1.weight", ones(8));
  deepStrictEqual(faultsOf(encoderStart(TINY_MODEL, file)), [
    'fc_norm: found "a norm behind the mean of the tokens, not before it", wanted an encoder from before it was fine-tuned, or one without it',
  ]);
});

Deno.test("encoderStart() leaves heads, decoders and whatever is outside of the encoder", () => {
  const others = {
    "m.head.weight": ones(2, 8),
    "m.mask_token": ones(1, 1, 8),
    "m.decoder_pos_embed": ones(1, 17, 8),
    "m.decoder_blocks.0.attn.rel_pos": ones(8),
    "m.head.lora_A": ones(8),
    "m.properties": ones(8),
    "m.contrast.ids": ones(5),
    "text.reg_token": ones(1, 4, 8),
  };
  const file = new Map([...timmFile("m."), ...Object.entries(others)]);
  const { report } = right(encoderStart(TINY_MODEL, file));
  deepStrictEqual(
    new Set(report.leftOver),
    new Set(Object.keys(others)),
  );
});

Deno.test("encoderStart() names what a needed tensor is that could not be read", () => {
  const file = timmFile();
  file.delete("blocks.0.attn.proj.bias");
  const unread = new Map([
    ["blocks.0.attn.proj.bias", "int16 [8]"],
    ["ids", "bool [5]"],
  ]);
  deepStrictEqual(faultsOf(encoderStart(TINY_MODEL, file, {}, { unread })), [
    'blocks.0.attn.proj.bias: found "int16 [8]", wanted float32 [8]',
  ]);
  unread.delete("blocks.0.attn.proj.bias");
  const opaque = new Map([["args", "argparse.Namespace"]]);
  const { report } = right(
    encoderStart(TINY_MODEL, timmFile(), {}, { unread, opaque }),
  );
  deepStrictEqual(report.leftOver, ["head.weight", "ids"]);
  deepStrictEqual(report.opaque, ["args (argparse.Namespace)"]);
});

Deno.test("encoderStart() takes zeros for biases of queries, keys and values that a model has not at all", () => {
  const file = timmFile();
  const names = [0, 1, 2, 3].map((i) => `blocks.${i}.attn.qkv.bias`);
  file.delete(names[0]!);
  deepStrictEqual(faultsOf(encoderStart(TINY_MODEL, file)), [
    "blocks.0.attn.qkv.bias: found nothing, wanted float32 [24]",
  ]);
  for (const name of names) file.delete(name);
  const { parameters, report } = right(encoderStart(TINY_MODEL, file));
  deepStrictEqual(report.zeros, names);
  deepStrictEqual(parameters.get(names[2]!), new Float32Array(24));
});

/** A file with LocalMIM's norms of so many taps. */
function withNorms(count: number): Tensors {
  const file = timmFile();
  file.delete("norm.weight");
  file.delete("norm.bias");
  for (let k = 0; k < count; k++) {
    const data = new Float32Array(8).fill(k + 1);
    file.set(`norm.${k}.weight`, { shape: [8], data });
    file.set(`norm.${k}.bias`, { shape: [8], data });
  }
  return file;
}

Deno.test("encoderStart() gives the last tap the last norm of a file, and other taps theirs only if they are as many", () => {
  const oneTap = { ...TINY_MODEL, stages: TINY_MODEL.stages.slice(-1) };
  const single = right(encoderStart(oneTap, withNorms(4)));
  strictEqual(single.parameters.get("norm.0.weight")?.[0], 4);
  const same = right(encoderStart(TINY_MODEL, withNorms(4)));
  deepStrictEqual(
    [0, 1, 2, 3].map((k) => same.parameters.get(`norm.${k}.bias`)?.[0]),
    [1, 2, 3, 4],
  );
  const { parameters, report } = right(encoderStart(TINY_MODEL, withNorms(2)));
  strictEqual(parameters.get("norm.3.weight")?.[0], 2);
  ok(report.missing.includes("norm.0.weight"));
  ok(report.leftOver.includes("norm.0.weight"));
});

Deno.test("tableRows() is the grid with a class row exactly where there is a class token", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2000 }), fc.boolean(), (rows, hasToken) => {
      const found = tableRows(rows, hasToken);
      const patches = rows - (hasToken ? 1 : 0);
      const isSquare = patches > 0 && Number.isInteger(Math.sqrt(patches));
      strictEqual(found._tag === "Right", isSquare);
      if (found._tag === "Right") {
        const { grid, classRows } = found.right;
        strictEqual(grid ** 2 + classRows, rows);
        strictEqual(classRows === 1, hasToken);
      }
    }),
    // 6 × 8 patches with a class row are as many rows as 7 × 7.
    { examples: [[49, true], [50, true], [49, false], [0, true], [1, true]] },
  );
});

/** The weights of timm's names under those of another library. */
function renamed(
  rules: readonly (readonly [RegExp, string])[],
  divided: boolean,
): Tensors {
  const file = new Map<string, StoredTensor>();
  for (const [name, tensor] of timmFile()) {
    const rule = rules.find(([pattern]) => pattern.test(name));
    const own = rule === undefined ? name : name.replace(...rule);
    if (!divided || !name.includes(".qkv.")) {
      file.set(own, tensor);
      continue;
    }
    const [rows = 0, ...others] = tensor.shape;
    const size = tensor.data.length / 3;
    for (const [i, part] of ["query", "key", "value"].entries()) {
      file.set(own.replace("qkv", part), {
        shape: [rows / 3, ...others],
        data: tensor.data.slice(i * size, (i + 1) * size),
      });
    }
  }
  return file;
}

const BLOCK = /^blocks\.(\d)\./.source;

/** Rules from timm's names to those of other libraries. */
const LIBRARIES: Readonly<
  Record<string, readonly [readonly (readonly [RegExp, string])[], boolean]>
> = {
  transformers: [[
    [/^cls_token/, "vit.embeddings.cls_token"],
    [/^pos_embed/, "vit.embeddings.position_embeddings"],
    [/^patch_embed\.proj/, "vit.embeddings.patch_embeddings.projection"],
    [RegExp(`${BLOCK}norm1`), "vit.encoder.layer.$1.layernorm_before"],
    [RegExp(`${BLOCK}norm2`), "vit.encoder.layer.$1.layernorm_after"],
    [
      RegExp(`${BLOCK}attn.qkv`),
      "vit.encoder.layer.$1.attention.attention.qkv",
    ],
    [
      RegExp(`${BLOCK}attn.proj`),
      "vit.encoder.layer.$1.attention.output.dense",
    ],
    [RegExp(`${BLOCK}mlp.fc1`), "vit.encoder.layer.$1.intermediate.dense"],
    [RegExp(`${BLOCK}mlp.fc2`), "vit.encoder.layer.$1.output.dense"],
    [/^norm\./, "vit.layernorm."],
    [/^head/, "classifier"],
  ], true],
  torchvision: [[
    [/^cls_token/, "class_token"],
    [/^pos_embed/, "encoder.pos_embedding"],
    [/^patch_embed\.proj/, "conv_proj"],
    [RegExp(`${BLOCK}norm(\\d)`), "encoder.layers.encoder_layer_$1.ln_$2"],
    [
      RegExp(`${BLOCK}attn.qkv.`),
      "encoder.layers.encoder_layer_$1.self_attention.in_proj_",
    ],
    [
      RegExp(`${BLOCK}attn.proj`),
      "encoder.layers.encoder_layer_$1.self_attention.out_proj",
    ],
    [RegExp(`${BLOCK}mlp.fc1`), "encoder.layers.encoder_layer_$1.mlp.0"],
    [RegExp(`${BLOCK}mlp.fc2`), "encoder.layers.encoder_layer_$1.mlp.3"],
    [/^norm\./, "encoder.ln."],
    [/^head/, "heads.head"],
  ], false],
  mmpretrain: [[
    [/^(cls_token|pos_embed)/, "backbone.$1"],
    [/^patch_embed\.proj/, "backbone.patch_embed.projection"],
    [RegExp(`${BLOCK}norm(\\d)`), "backbone.layers.$1.ln$2"],
    [RegExp(`${BLOCK}attn`), "backbone.layers.$1.attn"],
    [RegExp(`${BLOCK}mlp.fc1`), "backbone.layers.$1.ffn.layers.0.0"],
    [RegExp(`${BLOCK}mlp.fc2`), "backbone.layers.$1.ffn.layers.1"],
    [/^norm\./, "backbone.ln1."],
    [/^head/, "head.layers.head"],
  ], false],
};

for (const [library, [rules, divided]] of Object.entries(LIBRARIES)) {
  Deno.test(`encoderStart() finds the same encoder under the names of ${library}, and refuses a part of its blocks by name`, () => {
    const file = renamed(rules, divided);
    const { parameters, report } = right(encoderStart(TINY_MODEL, file));
    const timm = right(encoderStart(TINY_MODEL, timmFile()));
    deepStrictEqual(parameters, timm.parameters);
    strictEqual(report.leftOver.length, 1);
    const block = [...file.keys()].find((name) =>
      /norm1|ln_?1|before/.test(name)
    );
    const other = block!.replace(
      /(norm1|ln_?1|layernorm_before).*/,
      "layer_scale",
    );
    file.set(other, ones(8));
    match(
      faultsOf(encoderStart(TINY_MODEL, file)).join(),
      /layer_scale: found "a layer scale"/,
    );
    file.delete(other);
    file.delete(block!);
    strictEqual(encoderStart(TINY_MODEL, file)._tag, "Left");
  });
}

Deno.test("encoderStart() refuses an encoder that has queries and keys without values", () => {
  const [rules, divided] = LIBRARIES["transformers"]!;
  const file = renamed(rules, divided);
  file.delete("vit.encoder.layer.2.attention.attention.value.weight");
  match(
    faultsOf(encoderStart(TINY_MODEL, file)).join(),
    /blocks\.2\.attn\.qkv\.weight: found nothing, wanted float32 \[8, 8\]/,
  );
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

Deno.test("findEncoder() takes the only encoder under any words, and asks where there are several", () => {
  const under = (prefix: string) => `${prefix}patch_embed.proj.weight`;
  const prefixIn = (names: readonly string[], asked?: string) => {
    const place = findEncoder(names, asked);
    return place._tag === "Right" ? place.right.prefix : place.left;
  };
  for (
    const prefix of [
      "",
      "model.",
      "module._orig_mod.",
      "teacher.backbone.",
      "base_model.model.",
      "state_dict_ema.visual.trunk.",
    ]
  ) {
    strictEqual(prefixIn(["x", under(prefix)]), prefix);
  }
  const both = [under("student."), under("teacher.")];
  for (const asked of ["teacher.", "teacher"]) {
    strictEqual(prefixIn(both, asked), "teacher.");
  }
  const textOf = (names: readonly string[], prefix?: string) => {
    const found = findEncoder(names, prefix);
    return found._tag === "Left" ? describeFaults([found.left]) : "accepted";
  };
  strictEqual(
    textOf(both),
    'prefix: found nothing, wanted one of "student.", "teacher.", for there are several',
  );
  strictEqual(
    textOf(both, "model."),
    'prefix: found "model.", wanted one of "student.", "teacher."',
  );
  strictEqual(
    textOf(["fc.weight"]),
    'prefix: found ["fc.weight"], wanted a Vision Transformer\'s tensor patch_embed.proj.weight',
  );
  strictEqual(
    textOf(["visual.transformer.resblocks.0.ln_1.weight"]),
    "prefix: found \"CLIP's encoder\", wanted a Vision Transformer's tensor patch_embed.proj.weight",
  );
});

Deno.test("readWeights() tells safetensors, PyTorch's archives and its old files apart by their content, and names what is neither", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/weights`;
  await Deno.writeFile(
    path,
    encodeSafetensors({ metadata: {}, tensors: timmFile() }),
  );
  strictEqual(
    trained(await readWeights(path)).tensors.size,
    timmFile().size,
  );
  const golden = new URL("../../../golden/torch/", import.meta.url);
  for (
    const [file, name] of [["nested", "model.0.bias"], ["legacy", "0.bias"]]
  ) {
    await Deno.copyFile(new URL(`${file}.pth`, golden), path);
    ok(trained(await readWeights(path)).tensors.has(name!));
  }
  for (
    const [content, what] of [
      [
        `version https://git-lfs.github.com/spec/v1\noid sha256:${
          "a".repeat(64)
        }\nsize 3\n`,
        /Git LFS pointer/,
      ],
      ["<!doctype html><html>rate limited</html>", /an HTML page/],
      ["\x1f\x8b\b\0\0\0\0\0\0\0", /compressed by gzip/],
      ["", /an empty file/],
      ["abc", /a text file/],
    ] as const
  ) {
    const bytes = Uint8Array.from(content, (letter) => letter.charCodeAt(0));
    await Deno.writeFile(path, bytes);
    const found = await readWeights(path);
    ok(found._tag === "Left");
    match(describeTrainError(found.left), what);
  }
  strictEqual((await readWeights(`${folder}/none`))._tag, "Left");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readWeights() reads the chosen tensors of a safetensors file beside those of other kinds", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/weights`;
  const entry = (dtype: string, start: number, end: number) => ({
    dtype,
    shape: [2],
    data_offsets: [start, end],
  });
  const write = (half: string) => {
    const text = JSON.stringify({
      a: entry("F32", 0, 8),
      mask: entry("BOOL", 8, 10),
      ids: entry(half, 10, 14),
      b: entry("F32", 14, 22),
    });
    const header = new TextEncoder().encode(text);
    const bytes = new Uint8Array(8 + header.length + 22);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    return Deno.writeFile(path, bytes);
  };
  await write("I16");
  const { tensors, unread } = trained(
    await readWeights(path, () => (name) => name === "b"),
  );
  deepStrictEqual([...tensors.keys()], ["b"]);
  deepStrictEqual(Object.fromEntries(unread), {
    a: "F32 [2]",
    mask: "BOOL [2]",
    ids: "I16 [2]",
  });
  await write("I64");
  const wrong = await readWeights(path);
  match(
    wrong._tag === "Left" ? describeTrainError(wrong.left) : "accepted",
    /tensor ids has 4 bytes, wanted 16/,
  );
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
