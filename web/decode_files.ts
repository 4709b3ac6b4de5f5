/** Picture files of a page as pixels, by the browser's own decoders. */
import { left, type Result, right } from "../core/mod.ts";
import type { RawImage, Size } from "../data/image/raw_image.ts";
import {
  badImage,
  type DataError,
  reasonOf,
} from "../data/report/data_error.ts";

/** Options of decoding. */
export interface DecodeOptions {
  /**
   * Pixels of the shorter side above which a picture is made smaller, `≥ 1`: pixels that a
   * small model never sees need no memory. 256 by default.
   */
  readonly shortestSide?: number;
  /** Colour behind transparent parts, as CSS writes it; white by default. */
  readonly background?: string;
  /** Told after each file how many there were. */
  readonly onProgress?: (done: number) => void;
}

/** Pictures of files, and what could not be read. */
export interface DecodedFiles {
  /** The pictures, in the order of their files. */
  readonly images: readonly RawImage[];
  /** Why files are no pictures, one error for each. */
  readonly unreadable: readonly DataError[];
}

/** The used part of a canvas's context; declarations of other runtimes have none. */
interface Drawing {
  fillStyle: string;
  imageSmoothingQuality: "high";
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(
    image: ImageBitmap,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void;
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
  ): { readonly data: Uint8ClampedArray };
}

/** A canvas to draw on, or `null` where the page has none. */
function drawingOf(size: Size): Drawing | null {
  const canvas = new OffscreenCanvas(size.width, size.height) as unknown as {
    getContext(kind: "2d", options: object): Drawing | null;
  };
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** The size at which a picture is kept. */
function keptSize({ width, height }: Size, shortestSide: number): Size {
  const scale = Math.min(1, shortestSide / Math.min(width, height));
  const scaled = (side: number) => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/** Red, green and blue of pixels that have alpha too. */
function colours(levels: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array(levels.length / 4 * 3);
  for (let from = 0, to = 0; from < levels.length; from += 4, to += 3) {
    pixels[to] = levels[from] ?? 0;
    pixels[to + 1] = levels[from + 1] ?? 0;
    pixels[to + 2] = levels[from + 2] ?? 0;
  }
  return pixels;
}

/**
 * The pixels of a picture file, turned as its orientation says, as it is seen in the page.
 *
 * @param file A file, for example one that was dropped onto the page.
 * @returns The picture in colour, or why it cannot be decoded.
 */
export async function decodeFile(
  file: File,
  { shortestSide = 256, background = "white" }: DecodeOptions = {},
): Promise<Result<DataError, RawImage>> {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = keptSize(bitmap, shortestSide);
    const context = drawingOf({ width, height });
    if (context === null) return badImage(file.name, "the page cannot draw");
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    const pixels = colours(data);
    return right({ _tag: "RawImage", width, height, channels: 3, pixels });
  } catch (thrown) {
    return badImage(file.name, reasonOf(thrown));
  }
}

/**
 * The pixels of picture files, one after the other.
 *
 * @param files For example those of a drop or of a file input.
 * @returns The pictures and what could not be read; `BadFolder` if there is no picture at all.
 *
 * @example Train on what was chosen
 * ```ts ignore
 * import { decodeFiles, imagesOf, orThrow } from "@vitfreeze/vitfreeze/web";
 *
 * const input = document.querySelector<HTMLInputElement>("input[type=file]")!;
 * const { images } = orThrow(await decodeFiles(input.files!));
 * const source = imagesOf("chosen pictures", images);
 * ```
 */
export async function decodeFiles(
  files: Iterable<File>,
  options: DecodeOptions = {},
): Promise<Result<DataError, DecodedFiles>> {
  const images: RawImage[] = [];
  const unreadable: DataError[] = [];
  for (const file of files) {
    const decoded = await decodeFile(file, options);
    if (decoded._tag === "Right") images.push(decoded.right);
    else unreadable.push(decoded.left);
    options.onProgress?.(images.length + unreadable.length);
  }
  return images.length > 0 ? right({ images, unreadable }) : left({
    _tag: "BadFolder",
    path: "the chosen files",
    found: unreadable.length === 0 ? "nothing" : "no picture",
    wanted: "pictures that this browser shows",
  });
}
