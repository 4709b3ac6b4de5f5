import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  describeFault,
  MODEL_PRESETS,
  modelNamed,
  SIZE_PRESETS,
  timmModelName,
} from "../../../core/mod.ts";

/** Preset, side of a patch and side of the images as one text. */
function sizesOf(name: string): string {
  const named = modelNamed(name);
  if (named._tag === "Left") return describeFault(named.left);
  const { preset, patchSize, imageSize } = named.right;
  return `${preset} ${patchSize} ${imageSize}`;
}

Deno.test("modelNamed() understands the names of timm, MAE, transformers, torchvision and papers", () => {
  const wanted = {
    "vit_tiny_patch16_224": "vit-ti 16 224",
    "vit_small_patch16_224": "vit-s 16 224",
    "vit_base_patch16_224": "vit-b 16 224",
    "vit_large_patch16_224": "vit-l 16 224",
    "vit_huge_patch14_224": "vit-h 14 224",
    "vit_base_patch32_384": "vit-b 32 384",
    "vit_small_patch8_224.dino": "vit-s 8 224",
    "vit_base_patch16_224.augreg_in21k": "vit-b 16 224",
    "timm/vit_base_patch16_384.augreg_in21k_ft_in1k": "vit-b 16 384",
    "hf_hub:timm/vit_base_patch16_224.mae": "vit-b 16 224",
    "vit_base_patch16_224_in21k": "vit-b 16 224",
    "google/vit-base-patch16-224-in21k": "vit-b 16 224",
    "deit_tiny_patch16_224": "vit-ti 16 224",
    "facebook/deit-base-patch16-384": "vit-b 16 384",
    "facebook/vit-mae-base": "vit-b 16 224",
    "facebook/vit-mae-huge": "vit-h 14 224",
    "facebook/vit-msn-large": "vit-l 16 224",
    "facebook/dino-vitb8": "vit-b 8 224",
    "mae_vit_base_patch16": "vit-b 16 224",
    "MIM_vit_large_patch16": "vit-l 16 224",
    "vit_b_16": "vit-b 16 224",
    "vit_h_14": "vit-h 14 224",
    "ViT-B/16": "vit-b 16 224",
    "ViT-L/32": "vit-l 32 224",
    "ViT-Ti/16": "vit-ti 16 224",
    "VIT-S": "vit-s 16 224",
  };
  deepStrictEqual(
    Object.fromEntries(
      Object.keys(wanted).map((name) => [name, sizesOf(name)]),
    ),
    wanted,
  );
});

Deno.test("modelNamed() gives every preset by its own name and by timm's", () => {
  for (const [preset, model] of Object.entries(MODEL_PRESETS)) {
    const { patchSize, imageSize } = model;
    const wanted = { preset, patchSize, imageSize };
    deepStrictEqual(modelNamed(preset), { _tag: "Right", right: wanted });
    const timm = timmModelName(model);
    const isLarge = Object.values(SIZE_PRESETS).some((name) => name === preset);
    strictEqual(timm !== null, isLarge);
    if (timm !== null) strictEqual(sizesOf(timm), sizesOf(preset));
  }
  strictEqual(timmModelName({ ...MODEL_PRESETS["vit-b"], patchSize: 8 }), null);
});

Deno.test("modelNamed() refuses sizes and architectures that have no preset", () => {
  const presets = "one of nano, micro, vit-ti, vit-s, vit-b, vit-l, vit-h";
  for (
    const name of [
      "vit_giant_patch14_224",
      "vit_medium_patch16_256",
      "ViT-g/14",
    ]
  ) {
    strictEqual(
      sizesOf(name),
      `model: found "${name}", wanted a size that has a preset (tiny, small, base, large, huge), or ${presets}`,
    );
  }
  for (
    const name of [
      "vit_base_patch16_clip_224",
      "vit_base_r50_s16_224",
      "deit3_base_patch16_224",
      "deit_base_distilled_patch16_224",
      "swin_base_patch4_window7_224",
      "resnet50",
      "",
    ]
  ) {
    strictEqual(
      sizesOf(name),
      `model: found "${name}", wanted ${presets}, or timm's name of a plain Vision Transformer`,
    );
  }
});

Deno.test("modelNamed() gives a preset or one fault, whatever is written", () => {
  const part = fc.constantFrom(
    "vit",
    "base",
    "_",
    "-",
    "/",
    ".",
    "16",
    "patch",
  );
  const text = fc.oneof(fc.string(), fc.array(part).map((all) => all.join("")));
  fc.assert(fc.property(text, (name) => {
    const named = modelNamed(name);
    ok(
      named._tag === "Left" || Object.hasOwn(MODEL_PRESETS, named.right.preset),
    );
  }));
});
