import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { rootKey } from "../../../core/mod.ts";
import { openSource, splitSource } from "../../../data/mod.ts";
import {
  type ImagesOfRun,
  imagesOfRun,
} from "../../../cli/images/images_of_run.ts";
import { type HeldOut, rememberedImages } from "../../../train/mod.ts";
import { inFolder, valueOf } from "../../data/sources.ts";

/** A folder with classes to learn from and to judge by, and images to test without. */
const FILES = Object.fromEntries(
  ["train/a", "train/b", "val/a", "val/b", "test"].flatMap((folder) =>
    Array.from({ length: 10 }, (_, i) => [`${folder}/${i}.gif`, "GIF89a"])
  ),
);

/** Settings of a run that kept four images away from learning, by either draw. */
async function settingsOf(
  data: string,
  heldOut: HeldOut,
): Promise<ImagesOfRun> {
  const choice = {
    ...{ data, limit: null, classes: null, valShare: null, heldOut },
    background: "none" as const,
  };
  const all = valueOf(await openSource(data));
  const { rest } = valueOf(splitSource(all, 4, rootKey(0)));
  const images = rememberedImages(choice, rest);
  return { ...choice, earlier: { images, allowDataChange: false } };
}

Deno.test("imagesOfRun() keeps away what an earlier run kept away, though there is a part to judge by", () =>
  inFolder(FILES, async (folder) => {
    const settings = await settingsOf(folder, "over all");
    const { train, validation } = await imagesOfRun(settings);
    deepStrictEqual([train.length, validation?.length], [16, 4]);
    deepStrictEqual(
      rememberedImages(settings, train).names,
      settings.earlier?.images.names,
    );
  }));

Deno.test("imagesOfRun() opens the images of other runs as they are", () =>
  inFolder(FILES, async (folder) => {
    const settings = await settingsOf(folder, "by class");
    const fresh = { ...settings, earlier: null };
    for (const each of [settings, fresh]) {
      const { train, validation } = await imagesOfRun(each);
      strictEqual(train.length, 20);
      strictEqual(validation?.name, `${folder}/val`);
    }
  }));
