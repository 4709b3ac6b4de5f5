import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { imageRank, noImageAmong } from "../../../data/sources/file_names.ts";

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

Deno.test("noImageAmong() says what to do about images that are out of reach", () => {
  const advice = {
    "train.zip": /still packed/,
    "cifar-10-batches-py/data_batch_1": /its binary version is read/,
    "train/data-00000-of-00002.arrow": /Parquet is read: load_from_disk/,
    "mnist-train.arrow": /Parquet is read/,
    "a.tfrecord-00000-of-00010": /TFRecord is not read/,
    "train_32x32.mat": /a MATLAB file is not read/,
    "kmnist.npz": /a NumPy file is not read/,
    "a.HEIC": /converted to JPEG or PNG/,
    "a.mp4": /a video/,
    "1.jpg.gz": /still packed/,
  };
  for (const [name, text] of Object.entries(advice)) {
    match(noImageAmong(["a.txt", name]), text);
  }
  strictEqual(noImageAmong([]), "no file");
  strictEqual(
    noImageAmong(["a.txt", "b.txt"], 9),
    "no image among 9 files (a.txt)",
  );
});
