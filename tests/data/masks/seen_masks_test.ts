import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  describeDataError,
  embeddedFashionMnist,
  figureMasks,
  openMasked,
  type SeenMask,
  seenMasks,
} from "../../../data/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { orThrow } from "../../../train/mod.ts";
import { halves, PICTURE, writeFiles } from "./mask_folders.ts";

const SIZE = { imageSize: 10, resizeSize: 10 };

/** Masks of a folder as they are seen, and the error that ends them. */
async function allSeen(folder: string) {
  const { train } = orThrow(await openMasked(folder));
  const masks: SeenMask[] = [];
  for await (const seen of seenMasks(train, SIZE)) {
    if (seen._tag === "Left") {
      return { masks, error: describeDataError(seen.left) };
    }
    masks.push(seen.right);
  }
  return { masks, error: null };
}

Deno.test("seenMasks() shows the middle of each mask in the order of the source, and goes on behind what cannot be read", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, [
      ...["a.jpg", "a.png", "b.jpg", "c.jpg", "c.png"],
      ["b.png", new TextEncoder().encode("no picture")],
    ]);
    const { masks, error } = await allSeen(folder);
    strictEqual(error, null);
    deepStrictEqual(masks.map(({ index, levels }) => [index, levels._tag]), [
      [0, "Right"],
      [1, "Left"],
      [2, "Right"],
    ]);
    const half = Uint8Array.from({ length: 100 }, (_, i) => i % 10 < 5 ? 0 : 1);
    deepStrictEqual(masks[0]?.levels, { _tag: "Right", right: half });
    match(masks[1]?.name ?? "", /b\.png$/);
  }));

Deno.test("seenMasks() refuses a mask of another size than its image, by name", () =>
  inFolder(async (folder) => {
    const { width, height } = PICTURE;
    await writeFiles(folder, [
      ...["a.jpg", "a.png", "b.jpg"],
      ["b.png", await halves(height, width)],
    ]);
    const { masks, error } = await allSeen(folder);
    strictEqual(masks.length, 1);
    match(
      error ?? "",
      /^Cannot use .*b\.png: found a mask of 10×12 pixels, wanted 12×10, as .*b\.jpg has$/,
    );
  }));

Deno.test("figureMasks() splits the pixels of the embedded pictures at their level, into one figure or that of a class", async () => {
  const images = orThrow(await embeddedFashionMnist());
  const image = orThrow(await images.read(7));
  if (image._tag !== "RawImage") throw new Error("unreachable");
  for (const [kind, number] of [["figure", 1], ["class", 7]] as const) {
    const { source, names } = figureMasks(images, kind);
    strictEqual(names[number], kind === "figure" ? "figure" : "Shirt");
    const mask = await source.mask?.(7);
    if (mask?._tag !== "Right") throw new Error("unreachable");
    const { levels, width } = mask.right;
    strictEqual(width, 28);
    levels.forEach((level, i) =>
      strictEqual(level, image.pixels[i]! >= 32 ? number : 0)
    );
  }
  const unlabelled = { ...images, label: () => null };
  const none = await figureMasks(unlabelled, "class").source.mask?.(0);
  strictEqual(none?._tag, "Left");
});
