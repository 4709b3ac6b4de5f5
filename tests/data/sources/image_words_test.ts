import { deepStrictEqual } from "node:assert/strict";
import { imageRank } from "../../../data/sources/image_words.ts";

Deno.test("imageRank() puts images first and what is about others last, by whole words", () => {
  const ranks = {
    2: ["image", "img", "rgb", "images", "input_image", "JPEGImages"],
    1: ["left", "flower", "imagination", "normalized", "x", "maskara"],
    0: [
      ...["mask", "masks", "depth_map", "seg", "conditioning_image"],
      ...["SegmentationClass", "gt", "label", "image_mask"],
    ],
  };
  for (const [rank, names] of Object.entries(ranks)) {
    deepStrictEqual(
      names.map((name) => [name, imageRank(name)]),
      names.map((name) => [name, Number(rank)]),
    );
  }
});
