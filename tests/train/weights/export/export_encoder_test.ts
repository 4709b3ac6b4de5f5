import sharp from "sharp";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  encoderGraph,
  initialParameters,
  interpretGraph,
  type ModelSpec,
  rootKey,
  split,
  uniforms,
} from "../../../../core/mod.ts";
import type { NamedValues } from "../../../../core/graph/interpret.ts";
import { referenceBackend } from "../../../../backends/mod.ts";
import {
  evalTransform,
  imageFolder,
  IMAGENET_NORMALIZATION,
  loadAll,
} from "../../../../data/mod.ts";
import {
  decodeSafetensors,
  encoderFeatures,
  encoderParameters,
  exportEncoder,
  type HostTensors,
  openEncoder,
  orThrow,
  uploadAll,
} from "../../../../train/mod.ts";
import type { EncoderExport } from "../../../../train/weights/export/repository_configs.ts";
import { encoderFiles } from "../../../../train/weights/export/export_encoder.ts";
import { encoderStart } from "../../../../train/weights/encoder/encoder_start.ts";
import { joinedParts } from "../../../../train/files/safetensors.ts";
import { largestDifference } from "../../../golden_files.ts";
import { right } from "../../../right.ts";
import { TINY_MODEL } from "../../tiny_run.ts";
import { withTorch } from "../pytorch.ts";

const MODEL: ModelSpec = {
  ...TINY_MODEL,
  imageSize: 32,
  patchSize: 8,
  inChannels: 3,
  embedDim: 16,
  numHeads: 4,
};

/** Parameters none of which is 0 or 1, and positions of its own. */
function parametersOf(model: ModelSpec): HostTensors {
  const values = initialParameters(model, rootKey(11));
  const noise = (name: string, length: number) =>
    uniforms(split(rootKey(12), name), length);
  const moved = encoderParameters(model).map(({ name }) => {
    const first = values.get(name)!;
    const shift = noise(name, first.length);
    return [name, first.map((v, i) => v + 0.2 * shift[i]!)] as const;
  });
  const table = Float32Array.from(noise("pos_embed", 17 * model.embedDim));
  return new Map([...moved, ["pos_embed", table]]);
}

const PARAMETERS = parametersOf(MODEL);

const EXPORT: EncoderExport = {
  model: MODEL,
  parameters: PARAMETERS,
  normalization: IMAGENET_NORMALIZATION,
  resizeSize: 32,
  title: "Tiny",
  history: ["Made for a test."],
};

/** Two pictures of the model's own size, so that nobody has to resize them. */
async function writePictures(folder: string): Promise<readonly string[]> {
  const paths = ["a", "b"].map((name) => `${folder}/${name}.png`);
  for (const [k, path] of paths.entries()) {
    const levels = uniforms(split(rootKey(13), k), 32 * 32 * 3);
    const pixels = Uint8Array.from(levels, (u) => Math.floor(256 * u));
    const raw = { width: 32, height: 32, channels: 3 } as const;
    await sharp(pixels, { raw }).png().toFile(path);
  }
  return paths;
}

/** The pictures of a folder as the model sees them, and their features by this library. */
async function ownNumbers(folder: string) {
  const source = orThrow(await imageFolder(folder));
  const { imageSize, inChannels, embedDim } = MODEL;
  const { normalization } = EXPORT;
  const transform = orThrow(
    evalTransform({ imageSize, inChannels, normalization }),
  );
  const batches = () => loadAll({ source, transform, batchSize: 2 });
  const first = (await batches().next()).value;
  if (first === undefined) throw new Error("no pictures");
  const { images } = orThrow(first);
  const inputs: NamedValues = Object.fromEntries(
    [...PARAMETERS, ["pixel_values", images] as const]
      .map(([name, data]) => [name, Float64Array.from(data)]),
  );
  const graph = right(encoderGraph(MODEL, 2));
  const { last_hidden_state: tokens } = interpretGraph(graph, inputs);
  const backend = referenceBackend();
  const shapes = new Map(
    encoderParameters(MODEL).map(({ name, shape }) => [name, shape]),
  );
  const parameters = uploadAll(
    backend,
    Object.fromEntries(
      [...PARAMETERS].map((
        [name, data],
      ) => [name, { shape: shapes.get(name) ?? [1, 17, embedDim], data }]),
    ),
  );
  const feature = { tokens: "patches", stages: [3] } as const;
  const [found] = orThrow(
    await encoderFeatures(backend, MODEL, [parameters], batches(), 2, feature),
  );
  return { images, tokens: tokens!, features: found!.features };
}

Deno.test("encoderFiles() hold the encoder with timm's names, as encoderStart() reads it", () => {
  const files = right(encoderFiles(EXPORT));
  deepStrictEqual([...files.keys()], [
    "model.safetensors",
    "config.json",
    "preprocessor_config.json",
    "onnx/model.onnx",
    "README.md",
  ]);
  const file = decodeSafetensors(
    joinedParts(files.get("model.safetensors") as readonly Uint8Array[]),
  );
  if (file._tag === "Left") throw new Error(file.left.reason);
  strictEqual(file.right.metadata["format"], "pt");
  const { parameters, report } = right(encoderStart(MODEL, file.right.tensors));
  deepStrictEqual(report.leftOver, []);
  deepStrictEqual(
    report.missing,
    [0, 1, 2].flatMap((k) => [`norm.${k}.weight`, `norm.${k}.bias`]),
  );
  for (const [name, values] of PARAMETERS) {
    if (!report.missing.includes(name)) {
      deepStrictEqual(parameters.get(name), values, name);
    }
  }
});

Deno.test("encoderFiles() name timm's own model where it has the sizes, and write its fixed positions out", () => {
  const model: ModelSpec = {
    ...TINY_MODEL,
    imageSize: 224,
    patchSize: 16,
    embedDim: 192,
    numHeads: 3,
    depth: 12,
    stages: [{ tap: 11, scale: 1, weight: 1 }],
    mlpRatio: 4,
  };
  const parameters = initialParameters(model, rootKey(0));
  const files = right(
    encoderFiles({ ...EXPORT, model, parameters, resizeSize: 256 }),
  );
  const config = JSON.parse(files.get("config.json") as string);
  strictEqual(config.architecture, "vit_tiny_patch16_224");
  deepStrictEqual(config.pretrained_cfg.input_size, [1, 224, 224]);
  strictEqual(config.pretrained_cfg.crop_pct, 224 / 256);
  strictEqual(config.intermediate_size, 768);
  const preprocessor = JSON.parse(
    files.get("preprocessor_config.json") as string,
  );
  deepStrictEqual(preprocessor.size, { shortest_edge: 256 });
  match(
    files.get("README.md") as string,
    /12 blocks of width 192 with 3 heads/,
  );
  const file = decodeSafetensors(
    joinedParts(files.get("model.safetensors") as readonly Uint8Array[]),
  );
  strictEqual(
    file._tag === "Right" &&
      right(encoderStart(model, file.right.tensors)).report.positions.offFixed,
    0,
  );
});

Deno.test("exportEncoder() refuses a folder that is not empty", async () => {
  const folder = await Deno.makeTempDir();
  const names = orThrow(await exportEncoder(folder, EXPORT));
  ok(
    (await Deno.stat(`${folder}/onnx/model.onnx`)).isFile && names.length === 5,
  );
  const again = await exportEncoder(folder, EXPORT);
  ok(again._tag === "Left" && again.left._tag === "FileFailed");
  match(
    again._tag === "Left" && "reason" in again.left ? again.left.reason : "",
    /choose a folder without files/,
  );
  await Deno.remove(folder, { recursive: true });
});

/** Compares what transformers.js makes of an export with this library's features. */
async function checkTransformers(encoder: EncoderExport): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/pictures`);
  const pictures = await writePictures(`${folder}/pictures`);
  orThrow(await exportEncoder(`${folder}/tiny`, encoder));
  const script = new URL("transformers_features.ts", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.pathname, folder, "tiny", ...pictures],
  }).output();
  const text = new TextDecoder();
  ok(success, text.decode(stderr));
  const found = JSON.parse(text.decode(stdout).trim().split("\n").at(-1) ?? "");
  const { tokens, features } = await ownNumbers(`${folder}/pictures`);
  deepStrictEqual(found.dims, [2, 17, 16]);
  const errors = [
    largestDifference(found.tokens, tokens),
    largestDifference(found.pooled, features),
  ];
  ok(errors.every((error) => error < 1e-4), `off by ${errors}`);
  await Deno.remove(folder, { recursive: true });
}

Deno.test("transformers.js extracts this library's features from an exported encoder to 1e-4", () =>
  checkTransformers(EXPORT));

Deno.test("transformers.js finds the numbers of an exported encoder in a file of their own", () =>
  checkTransformers({ ...EXPORT, mostOnnxBytes: 999 }));

Deno.test("openEncoder() refuses an exported encoder of which a bit of a number was changed", async () => {
  const folder = await Deno.makeTempDir();
  orThrow(await exportEncoder(folder, EXPORT));
  const path = `${folder}/model.safetensors`;
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.with(-3, bytes.at(-3)! ^ 4));
  const opened = await openEncoder(folder);
  match(
    opened._tag === "Left" && "reason" in opened.left ? opened.left.reason : "",
    /its SHA-512 begins/,
  );
  await Deno.remove(folder, { recursive: true });
});

const GREY: ModelSpec = { ...MODEL, inChannels: 1 };

/** The same 32×32 pixels in three colours, in four channels, and others in one. */
function writeKinds(folder: string): Promise<readonly string[]> {
  const levels = uniforms(split(rootKey(14), 0), 32 * 32 * 3);
  const colours = Uint8Array.from(levels, (u) => Math.floor(256 * u));
  const clear = Uint8Array.from({ length: 32 * 32 * 4 }, (_, i) => {
    const [pixel, c] = [Math.floor(i / 4), i % 4];
    return c === 3 ? pixel % 256 : colours[3 * pixel + c]!;
  });
  const grey = colours.subarray(0, 32 * 32);
  const kinds = [[3, colours], [4, clear], [1, grey]] as const;
  return Promise.all(kinds.map(async ([channels, pixels]) => {
    const raw = { width: 32, height: 32, channels };
    const path = `${folder}/${channels}.png`;
    await sharp(pixels, { raw }).png().toFile(path);
    return path;
  }));
}

/** Normalised grey of pictures, by the weights of ITU-R 601 as that standard has them. */
async function greyOf(paths: readonly string[], mean: number, std: number) {
  const grey = paths.map(async (path) => {
    const colours = await sharp(path).removeAlpha().toColourspace("srgb").raw()
      .toBuffer();
    return Float64Array.from({ length: 32 * 32 }, (_, i) => {
      const [r = 0, g = 0, b = 0] = colours.subarray(3 * i, 3 * i + 3);
      return ((0.299 * r + 0.587 * g + 0.114 * b) / 255 - mean) / std;
    });
  });
  return (await Promise.all(grey)).flatMap((part) => [...part]);
}

Deno.test("transformers.js extracts a grey encoder's features from colour, transparent and grey pictures to 1e-3", async () => {
  const folder = await Deno.makeTempDir();
  const pictures = await writeKinds(folder);
  const parameters = parametersOf(GREY);
  const normalization = { mean: [0.286], deviation: [0.353] };
  const encoder = { ...EXPORT, model: GREY, parameters, normalization };
  orThrow(await exportEncoder(`${folder}/tiny`, encoder));
  const script = new URL("transformers_features.ts", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.pathname, folder, "tiny", ...pictures],
  }).output();
  const text = new TextDecoder();
  ok(success, text.decode(stderr));
  const found = JSON.parse(text.decode(stdout).trim().split("\n").at(-1) ?? "");
  const inputs: NamedValues = Object.fromEntries([
    ...[...parameters].map(([name, data]) =>
      [name, Float64Array.from(data)] as const
    ),
    ["pixel_values", Float64Array.from(await greyOf(pictures, 0.286, 0.353))],
  ]);
  const graph = right(encoderGraph(GREY, 3));
  const { last_hidden_state: tokens } = interpretGraph(graph, inputs);
  deepStrictEqual(found.dims, [3, 17, 16]);
  // The standard's weights have three digits, ours sixteen bits.
  const error = largestDifference(found.tokens, tokens!);
  ok(error < 1e-3, `off by ${error}`);
  const opened = orThrow(await openEncoder(`${folder}/tiny`));
  strictEqual(opened.model.inChannels, 1);
  deepStrictEqual(
    opened.parameters.get("patch_embed.proj.weight"),
    parameters.get("patch_embed.proj.weight"),
  );
  deepStrictEqual(opened.normalization?.mean, [0.286, 0.286, 0.286]);
  await Deno.remove(folder, { recursive: true });
});

/** A Vision Transformer as timm's, with only what the encoder needs. */
const TORCH_ENCODER = `
import json, struct, sys, numpy, torch
from torch import nn

class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)
    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, c))

class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x)))

class Block(nn.Module):
    def __init__(self, width, heads, hidden, eps):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps), Mlp(width, hidden)
    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))

class PatchEmbed(nn.Module):
    def __init__(self, channels, width, side):
        super().__init__()
        self.proj = nn.Conv2d(channels, width, side, side)
    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)

class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, eps = c["hidden_size"], c["layer_norm_eps"]
        grid = c["image_size"] // c["patch_size"]
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.patch_embed = PatchEmbed(c["num_channels"], width, c["patch_size"])
        self.blocks = nn.Sequential(*[Block(width, c["num_attention_heads"], c["intermediate_size"], eps) for _ in range(c["num_hidden_layers"])])
        self.norm = nn.LayerNorm(width, eps)
    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.norm(self.blocks(x))

folder, images = sys.argv[1], sys.argv[2]
config = json.load(open(folder + "/config.json"))
data = open(folder + "/model.safetensors", "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + length])
assert header.pop("__metadata__")["format"] == "pt"
state = {k: torch.from_numpy(numpy.frombuffer(data[8 + length:][v["data_offsets"][0]:v["data_offsets"][1]], "<f4").copy()).reshape(v["shape"]) for k, v in header.items()}
encoder = Encoder(config)
encoder.load_state_dict(state, strict=True)
side = config["image_size"]
x = torch.from_numpy(numpy.fromfile(images, "<f4")).reshape(-1, config["num_channels"], side, side)
with torch.no_grad():
    print(json.dumps(encoder(x).reshape(-1).tolist()))
`;

withTorch(
  "a plain ViT in PyTorch loads an exported encoder and computes the same tokens to 1e-4",
  async (run) => {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(`${folder}/pictures`);
    await writePictures(`${folder}/pictures`);
    orThrow(await exportEncoder(`${folder}/tiny`, EXPORT));
    const { images, tokens } = await ownNumbers(`${folder}/pictures`);
    await Deno.writeFile(`${folder}/images`, new Uint8Array(images.buffer));
    const found = JSON.parse(
      await run(TORCH_ENCODER, `${folder}/tiny`, `${folder}/images`),
    );
    const error = largestDifference(found, tokens);
    ok(error < 1e-4, `off by ${error}`);
    await Deno.remove(folder, { recursive: true });
  },
);
