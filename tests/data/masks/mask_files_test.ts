import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  describeDataError,
  type ImageSource,
  openMasked,
  selectImages,
} from "../../../data/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { PICTURE, writeFiles } from "./mask_folders.ts";

/** Names of the images from a folder on. */
const namesOf = (source: ImageSource | null, folder: string) =>
  source === null ? null : Array.from(
    { length: source.length },
    (_, i) => source.imageName(i).slice(folder.length + 1),
  );

/** What is opened: names of both parts, and the mask of the last image to learn from. */
interface Opened {
  readonly train: readonly string[] | null;
  readonly validation: readonly string[] | null;
  readonly mask: string | null;
  readonly summary: string;
}

/** Opens files that are written first. */
async function opened(
  names: readonly string[],
  masks?: string,
): Promise<Opened | string> {
  const folder = await Deno.makeTempDir();
  try {
    await writeFiles(folder, names);
    const found = masks === undefined
      ? await openMasked(folder)
      : await openMasked(folder, `${folder}/${masks}`);
    if (found._tag === "Left") {
      return describeDataError(found.left).replaceAll(folder, "FOLDER");
    }
    const { train, validation } = found.right;
    const mask = await train.mask?.(train.length - 1);
    return {
      train: namesOf(train, folder),
      validation: namesOf(validation, folder),
      mask: mask?._tag === "Right"
        ? mask.right.name.slice(folder.length + 1)
        : null,
      summary: train.summary.replaceAll(folder, "FOLDER"),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openMasked() takes the PNG file beside an image for its mask, and leaves out what has none", async () => {
  deepStrictEqual(
    await opened([
      "a.jpg",
      "a.png",
      "b.jpg",
      "sub/c.jpg",
      "sub/c.PNG",
      "d.png",
    ]),
    {
      train: ["a.jpg", "sub/c.jpg"],
      validation: null,
      mask: "sub/c.PNG",
      summary:
        "2 images with masks; 2 without a mask left out, FOLDER/b.jpg, FOLDER/d.png",
    },
  );
});

Deno.test("openMasked() opens ADE20K's folders, parts within and around them, and stated ones", async () => {
  const parts = (train: string, validation: string, mask: string) => ({
    ...{ train: [train], validation: [validation], mask },
    summary: "1 image with masks",
  });
  deepStrictEqual(
    await opened([
      ...["images/training/1.jpg", "annotations/training/1.png"],
      ...["images/validation/2.jpg", "annotations/validation/2.png"],
    ]),
    parts(
      ...["images/training/1.jpg", "images/validation/2.jpg"] as const,
      "annotations/training/1.png",
    ),
  );
  deepStrictEqual(
    await opened([
      ...["train/images/1.jpg", "train/masks/1.png"],
      ...["val/images/2.jpg", "val/masks/2.png"],
    ]),
    parts(
      ...["train/images/1.jpg", "val/images/2.jpg"] as const,
      "train/masks/1.png",
    ),
  );
  deepStrictEqual(
    await opened(["train/1.jpg", "train/1.png", "val/2.jpg", "val/2.png"]),
    parts("train/1.jpg", "val/2.jpg", "train/1.png"),
  );
  const stated = await opened(["a.jpg", "of a/a.png"], "of a");
  strictEqual(typeof stated === "string" ? stated : stated.mask, "of a/a.png");
});

Deno.test("openMasked() says what it wants where no image has a mask, or several folders may be meant", async () => {
  match(
    String(await opened(["a.jpg", "b.jpg"])),
    /^Cannot use FOLDER: found 2 images and no mask of any \(FOLDER\/a\.jpg, FOLDER\/b\.jpg\), wanted a PNG mask beside each image/,
  );
  match(
    String(await opened(["images/a.jpg", "masks/a.png", "labels/a.png"])),
    /^Cannot use FOLDER: found several folders of masks or of pictures \(images, labels, masks\)/,
  );
  match(
    String(
      await openMasked("nowhere").then((found) =>
        found._tag === "Left" && describeDataError(found.left)
      ),
    ),
    /^Cannot use nowhere: found nothing there/,
  );
});

Deno.test("selectImages() keeps each image and its mask together, and a mask that is none is a fault by its name", () =>
  inFolder(async (folder) => {
    const { width, height } = PICTURE;
    await writeFiles(folder, [
      ...["a.jpg", "a.png", "b.jpg", "c.jpg", "c.png"],
      ["b.png", new TextEncoder().encode("no picture")],
    ]);
    const found = await openMasked(folder);
    if (found._tag === "Left") throw new Error("unreachable");
    const some = selectImages(found.right.train, Int32Array.of(2, 1));
    match(some.imageName(0), /c\.jpg$/);
    const [own, bad] = [await some.mask?.(0), await some.mask?.(1)];
    if (own?._tag !== "Right" || bad?._tag !== "Left") {
      throw new Error("found another mask");
    }
    strictEqual(own.right.name, `${folder}/c.png`);
    strictEqual(own.right.levels.length, width * height);
    match(describeDataError(bad.left), /^Cannot read image .*b\.png: found /);
  }));
