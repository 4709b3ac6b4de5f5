/**
 * Sources and folders made for tests.
 *
 * @module
 */
import {
  type Faults,
  type Key,
  left,
  type Result,
  right,
  rootKey,
  split,
  uniforms,
} from "../../core/mod.ts";
import {
  type DataError,
  describeDataError,
  type ImageSource,
} from "../../data/mod.ts";
import type { RawImage } from "../../data/image/raw_image.ts";

/** An image of random levels. */
export function noiseImage(
  seed: number,
  width: number,
  height: number,
  channels: 1 | 3,
): RawImage {
  const levels = uniforms(rootKey(seed), width * height * channels)
    .map((u) => Math.floor(256 * u));
  return {
    _tag: "RawImage",
    width,
    height,
    channels,
    pixels: new Uint8Array(levels),
  };
}

/** A source of grey noise, 8×8, in three classes. */
export function noiseSource(length: number): ImageSource {
  return {
    name: "noise",
    summary: `${length} images`,
    length,
    classNames: ["a", "b", "c"],
    normalization: { mean: [0.5], deviation: [0.25] },
    label: (index) => index % 3,
    imageName: (index) => `noise ${index}`,
    read: (index) => Promise.resolve(right(noiseImage(index, 8, 8, 1))),
  };
}

/** The same noise, of which some images cannot be read. */
export function spoiledSource(
  length: number,
  ...unreadable: readonly number[]
): ImageSource {
  const all = noiseSource(length);
  return {
    ...all,
    read: (index) =>
      unreadable.includes(index)
        ? Promise.resolve(
          left({ _tag: "BadImage", image: `noise ${index}`, reason: "torn" }),
        )
        : all.read(index),
  };
}

/** The value of a success; fails the test on a failure. */
export function valueOf<A>(result: Result<DataError | Faults, A>): A {
  if (result._tag === "Right") return result.right;
  const error = result.left;
  throw new Error(
    "_tag" in error ? describeDataError(error) : JSON.stringify(error),
  );
}

/** Text of a failure; fails the test on a success. */
export function errorOf(result: Result<DataError, unknown>): string {
  if (result._tag === "Right") throw new Error("succeeded");
  return describeDataError(result.left);
}

/** Runs a test in a folder of its own. */
export async function inFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      const parent = `${folder}/${path}`.replace(/\/[^/]*$/, "");
      await Deno.mkdir(parent, { recursive: true });
      if (path.endsWith("/")) continue;
      const bytes = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content;
      await Deno.writeFile(`${folder}/${path}`, bytes);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The bytes of an idx file of unsigned bytes. */
export function idxFile(
  shape: readonly number[],
  values: ArrayLike<number>,
): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((extent, i) => header.setUint32(4 + 4 * i, extent));
  return Uint8Array.of(
    ...new Uint8Array(header.buffer),
    ...Array.from(values),
  );
}

/** Packs bytes with gzip. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = new Blob([Uint8Array.from(bytes)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Keys of a made-up sample by purpose. */
export function sampleKeys(seed: number): (purpose: string) => Key {
  return (purpose) => split(rootKey(seed), purpose);
}
