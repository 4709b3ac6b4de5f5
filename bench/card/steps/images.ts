/** Pictures a second of the loader on this machine. */
import { right } from "../../../core/mod.ts";
import {
  imageFolder,
  IMAGENET_NORMALIZATION,
  type ImageSource,
} from "../../../data/mod.ts";
import { orThrow } from "../../../train/mod.ts";
import { ourLoader, type Task } from "../../data/contenders.ts";
import { eachCase, type Facts, type Part, reasonOf, short } from "../part.ts";
import { randomReals } from "../machine/open_card.ts";

/** Decoded pictures of the size of ImageNet's: what is left of loading without files. */
function decodedPictures(length: number): ImageSource {
  const [width, height] = [500, 375];
  const pixels = Uint8Array.from(
    randomReals(width * height * 3),
    (value) => 128 + 127 * value,
  );
  return {
    name: "decoded pictures",
    summary: `${length} decoded pictures`,
    length,
    classNames: null,
    normalization: IMAGENET_NORMALIZATION,
    label: () => null,
    imageName: (index) => `picture ${index}`,
    read: () =>
      Promise.resolve(
        right({ _tag: "RawImage", ...{ width, height, channels: 3, pixels } }),
      ),
  };
}

/** The best of two passes, after one that does not count. */
async function rateOf(task: Task, workers: number): Promise<Facts> {
  const loader = ourLoader(task, workers);
  try {
    const passes = [];
    for (let i = 0; i < 3; i++) passes.push(await loader.pass());
    const [best] = passes.slice(1).toSorted((a, b) => a.seconds - b.seconds);
    const { images, seconds, processorSeconds } = best!;
    return {
      images,
      imagesPerSecond: short(images / seconds),
      processorMs: short(1000 * processorSeconds / images),
    };
  } finally {
    await loader.end();
  }
}

/** Pictures as files, if this program can write and read them. */
async function filedPictures(
  folder: string,
  count: number,
): Promise<ImageSource | string> {
  try {
    // Its encoder is native code, which a bundle has not.
    const { writePhotographs } = await import("../../data/made_photographs.ts");
    await writePhotographs(folder, count, 92);
    return orThrow(await imageFolder(folder));
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

/** Loading of pictures, on the main thread and with workers. */
export const IMAGES: Part = {
  name: "images",
  about: "pictures a second of the loader",
  share: 4,
  measure: async (context) => {
    const { isTiny, note } = context;
    const [count, batchSize] = isTiny ? [4, 2] : [256, 64];
    const folder = await Deno.makeTempDir();
    try {
      const filed = isTiny
        ? "not in a test"
        : await filedPictures(folder, count);
      const sources = [
        { pictures: "decoded", source: decodedPictures(count) },
        ...typeof filed === "string"
          ? []
          : [{ pictures: "files", source: filed }],
      ];
      const most = Math.max(1, navigator.hardwareConcurrency - 1);
      const workers = isTiny ? [0] : [...new Set([0, Math.min(8, most), most])];
      const cases = sources.flatMap(({ pictures }) =>
        workers.map((workers) => ({ pictures, workers }))
      );
      await eachCase(
        context,
        cases,
        1,
        async ({ pictures, workers }) => {
          const { source } = sources.find((one) => one.pictures === pictures)!;
          const task = { source, batchSize, imageSize: isTiny ? 24 : 224 };
          return await rateOf(task, workers);
        },
        (loaders) =>
          note({
            ...typeof filed === "string" ? { files: filed } : {},
            loaders,
          }),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};
