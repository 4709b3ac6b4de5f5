import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { rootKey } from "../../../core/mod.ts";
import {
  contentDigest,
  describeDataError,
  type ImageSource,
  openSource,
  splitSource,
} from "../../../data/mod.ts";
import { openImages, type PretrainImages } from "../../../cli/images/images.ts";
import {
  imagesDiffer,
  otherContents,
} from "../../../cli/images/images_of_run.ts";
import {
  readImagesFile,
  rememberedImages,
  writeImagesFile,
} from "../../../train/mod.ts";
import { encode, waves } from "../../data/photographs.ts";
import { inFolder, noiseSource, valueOf } from "../../data/sources.ts";

const JPEG = await encode(waves(12, 12), "jpeg");

/** A folder with so many images in each of its folders. */
const withImages = (
  counts: Readonly<Record<string, number>>,
  test: (folder: string) => Promise<void>,
): Promise<void> =>
  inFolder(
    Object.fromEntries(
      Object.entries(counts).flatMap(([folder, count]) =>
        Array.from({ length: count }, (_, i) => [`${folder}${i}.jpg`, JPEG])
      ),
    ),
    test,
  );

const namesOf = ({ train, validation }: PretrainImages) =>
  [train, validation].map((source) =>
    Array.from({ length: source?.length ?? 0 }, (_, i) => source?.imageName(i))
  );

Deno.test("openImages() keeps a fifth of classes away from learning", () =>
  withImages({ "a/": 10, "b/": 10 }, async (folder) => {
    const images = valueOf(await openImages(folder, null));
    const [train = [], validation = []] = namesOf(images);
    deepStrictEqual([train.length, validation.length], [16, 4]);
    strictEqual(new Set([...train, ...validation]).size, 20);
    const limited = valueOf(await openImages(folder, 5));
    strictEqual(limited.train.length, 5);
    strictEqual(limited.validation?.length, 4);
  }));

Deno.test("openImages() judges by a part of its own, if it has two classes of those to learn from", () =>
  withImages(
    { "train/a/": 6, "train/b/": 6, "val/a/": 1, "val/b/": 2 },
    async (folder) => {
      const images = valueOf(await openImages(folder, null));
      deepStrictEqual(namesOf(images).map(({ length }) => length), [12, 3]);
      await Deno.rename(join(folder, "val/b"), join(folder, "val/c"));
      const other = valueOf(await openImages(folder, null));
      deepStrictEqual(namesOf(other).map(({ length }) => length), [10, 2]);
      match(
        other.validationSummary,
        /kept away from learning; .*val has other classes/,
      );
    },
  ));

for (
  const [counts, why] of [
    [{ "": 9 }, /they have no classes/],
    [{ "one/": 9 }, /all are of one class/],
    [{ "a/": 2, "b/": 2 }, /too few/],
  ] as const
) {
  Deno.test(`openImages() of ${JSON.stringify(counts)} has nothing to judge by and says why`, () =>
    withImages(counts, async (folder) => {
      const images = valueOf(await openImages(folder, null));
      strictEqual(images.validation, null);
      match(images.validationSummary, why);
    }));
}

Deno.test("openImages() names the flag of a limit that is too large", () =>
  withImages({ "": 3 }, async (folder) => {
    const images = await openImages(folder, 4);
    match(
      images._tag === "Left" ? describeDataError(images.left) : "",
      /--limit: found 4, wanted a whole number in \[1, 3\]/,
    );
  }));

Deno.test("rememberedImages() are read back as they were written", () =>
  inFolder({}, async (folder) => {
    const images = rememberedImages(
      {
        data: "/photos",
        limit: 3,
        classes: ["a", "b"],
        valShare: 0.1,
        heldOut: "by class",
        background: "none",
      },
      noiseSource(3),
    );
    await writeImagesFile(folder, images);
    deepStrictEqual(await readImagesFile(folder), {
      _tag: "Right",
      right: images,
    });
    const earlier = { data: null, limit: null, found: "3 images", names: "" };
    await Deno.writeTextFile(
      join(folder, "images.json"),
      JSON.stringify(earlier),
    );
    deepStrictEqual(await readImagesFile(folder), {
      _tag: "Right",
      right: {
        ...earlier,
        classes: null,
        valShare: null,
        heldOut: "over all",
        background: "none",
      },
    });
    await Deno.writeTextFile(join(folder, "images.json"), `{"data": 3}`);
    const foreign = await readImagesFile(folder);
    match(
      foreign._tag === "Left" ? foreign.left : "",
      /images\.json does not say which images/,
    );
  }));

Deno.test("imagesDiffer() sees fewer and renamed images, wherever the folder lies", () => {
  const choice = {
    data: null,
    limit: null,
    classes: null,
    valShare: null,
    heldOut: "by class",
    background: "none",
  } as const;
  const source = noiseSource(4);
  const before = rememberedImages(choice, source);
  const moved = {
    ...source,
    name: "elsewhere",
    imageName: (i: number) => `elsewhere ${i}`,
  };
  const differ = (now: ImageSource) =>
    imagesDiffer(rememberedImages(choice, now), before, now);
  strictEqual(differ(moved), null);
  const renamed = { ...source, imageName: (i: number) => `noise ${i + 1}` };
  match(differ(renamed) ?? "", /other names/);
  strictEqual(
    differ(noiseSource(3)),
    "it learned from 4 images; here are 3 images",
  );
});

Deno.test("imagesDiffer() knows images that were opened from a folder around them", () => {
  const choice = {
    data: "/photos",
    limit: null,
    classes: null,
    valShare: null,
    heldOut: "over all",
    background: "none",
  } as const;
  const inner = {
    ...noiseSource(4),
    name: "/photos/images",
    imageName: (i: number) => `/photos/images/${i}.jpg`,
  };
  const before = rememberedImages(choice, { ...inner, name: "/photos" });
  const now = rememberedImages(choice, inner);
  strictEqual(now.names === before.names, false);
  strictEqual(imagesDiffer(now, before, inner), null);
  const elsewhere = { ...choice, data: "/other" };
  match(
    imagesDiffer(rememberedImages(elsewhere, inner), before, inner) ?? "",
    /other names/,
  );
});

Deno.test("openImages() takes chosen classes of both splits, and keeps a chosen part to judge by", () =>
  withImages(
    { "train/a/": 20, "train/b/": 20, "train/c/": 9, "val/a/": 2, "val/b/": 1 },
    async (folder) => {
      const choice = { classes: ["b", "a"], valShare: null };
      const images = valueOf(await openImages(folder, null, choice));
      deepStrictEqual(images.train.classNames, ["a", "b"]);
      deepStrictEqual(namesOf(images).map(({ length }) => length), [40, 3]);
      const shared = valueOf(
        await openImages(folder, null, { ...choice, valShare: 0.25 }),
      );
      deepStrictEqual(namesOf(shared).map(({ length }) => length), [30, 10]);
      strictEqual(new Set(namesOf(shared).flat()).size, 40);
    },
  ));

Deno.test("openImages() refuses classes that are not there and shares that leave nothing", () =>
  withImages({ "a/": 3, "b/": 3 }, async (folder) => {
    const textOf = async (
      classes: readonly string[] | null,
      valShare: number | null,
    ) => {
      const images = await openImages(folder, null, { classes, valShare });
      return images._tag === "Left" ? describeDataError(images.left) : "";
    };
    match(
      await textOf(["a", "x"], null),
      /classes: found "?x"?, wanted a class of the source/,
    );
    match(
      await textOf(null, 0.01),
      /--val-share: found 0\.01, wanted a part that leaves/,
    );
    match(
      await textOf(null, 0.99),
      /--val-share: found 0\.99, wanted a part that leaves/,
    );
  }));

Deno.test("openImages() keeps its share of each class away, and says which are too small", () =>
  withImages({ "a/": 40, "b/": 10, "c/": 1 }, async (folder) => {
    const { train, validation, validationSummary } = valueOf(
      await openImages(folder, null),
    );
    const labels = (source: typeof train | null) =>
      Array.from({ length: source?.length ?? 0 }, (_, i) => source?.label(i));
    const counts = [train, validation].map((source) =>
      [0, 1, 2].map((c) => labels(source).filter((l) => l === c).length)
    );
    deepStrictEqual(counts, [[32, 8, 1], [8, 2, 0]]);
    strictEqual(
      validationSummary,
      "10 other images, kept away from learning; no image of c among them",
    );
  }));

Deno.test("openImages() draws over all classes for a run that was begun so", () =>
  withImages({ "a/": 15, "b/": 5 }, async (folder) => {
    const choice = { classes: null, valShare: null };
    const before = valueOf(
      await openImages(folder, null, { ...choice, heldOut: "over all" }),
    );
    const all = valueOf(await openSource(folder));
    const { share } = valueOf(splitSource(all, 4, rootKey(0)));
    deepStrictEqual(
      namesOf(before)[1],
      Array.from({ length: 4 }, (_, i) => share.imageName(i)),
    );
  }));

Deno.test("openImages() judges by the classes that both parts have, by name, and names the others", () =>
  withImages(
    {
      ...{ "train/a/": 3, "train/b/": 3, "train/c/": 3 },
      ...{ "val/0/": 2, "val/b/": 2, "val/c/": 1 },
    },
    async (folder) => {
      const { train, validation, validationSummary } = valueOf(
        await openImages(folder, null),
      );
      deepStrictEqual([train.length, validation?.length], [9, 3]);
      deepStrictEqual([0, 1, 2].map((i) => validation?.label(i)), [1, 1, 2]);
      deepStrictEqual(validation?.classNames, ["a", "b", "c"]);
      match(
        validationSummary,
        /; no image of a among them; 0 left out, not learned from$/,
      );
    },
  ));

Deno.test("openImages() says that a part without classes cannot judge", () =>
  withImages({ "train/a/": 6, "train/b/": 6, "test/": 3 }, async (folder) => {
    const { validationSummary } = valueOf(await openImages(folder, null));
    match(validationSummary, /kept away from learning; .*test has no classes$/);
  }));

Deno.test("openImages() prints no name that a terminal would obey", () =>
  withImages(
    {
      "train/a/": 1,
      "train/b\u001b[2J/": 1,
      "val\u202e/a/": 1,
      "val\u202e/b/": 1,
    },
    async (folder) => {
      await Deno.writeTextFile(
        join(folder, "train/a/\u001b]0;x\u0007.txt"),
        "",
      );
      const { train, validationSummary } = valueOf(
        await openImages(folder, null),
      );
      match(train.summary, /left out: a\/\\u\{1b\}\]0;x\\u\{7\}\.txt/);
      strictEqual(
        /[\p{Cc}\p{Cf}]/u.test(train.summary + validationSummary),
        false,
      );
    },
  ));

Deno.test("otherContents() tells one mended image, or 1 %, from images that were replaced", async () => {
  const choice = {
    data: null,
    limit: null,
    classes: null,
    valShare: null,
    heldOut: "by class" as const,
    background: "none" as const,
  };
  const source = noiseSource(300);
  const changed = (count: number): ImageSource => ({
    ...source,
    read: (index) => source.read(index < count ? index + 1000 : index),
  });
  const remembered = async (from: ImageSource) =>
    rememberedImages(choice, from, await contentDigest(from));
  const before = await remembered(source);
  const after = async (count: number) =>
    otherContents(await remembered(changed(count)), before, source);
  strictEqual(await after(0), null);
  for (const [count, isMended] of [[1, true], [3, true], [4, false]] as const) {
    const other = await after(count);
    strictEqual(other?.isMended, isMended, `${count}`);
    match(
      other?.words ?? "",
      new RegExp(`^${count} of 300 images have other .* the first at noise 0$`),
    );
  }
  const old = rememberedImages(choice, source);
  strictEqual(otherContents(await remembered(changed(9)), old, source), null);
});
