/** Images as PNG files, without native code: wherever streams can be packed. */
import type { PlotSize } from "./theme.ts";

/** Pixels of an image as they are shown. */
export interface PictureImage extends PlotSize {
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  /** `[height, width, channels]`, row-major. */
  readonly pixels: Uint8Array;
}

/** What a PNG file begins with. */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/** Kinds of pixels by their channels. */
const COLOUR_TYPES = { 1: 0, 3: 2 } as const;

/** Remainders of one byte by the reversed polynomial of CRC-32. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) {
    rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  }
  return rest;
});

function checksum(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest = (REMAINDERS[(rest ^ byte) & 0xff] ?? 0) ^ (rest >>> 8);
  }
  return ~rest >>> 0;
}

/** A part of a file: its length, its name and content, their checksum. */
function chunk(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(12 + content.length);
  const view = new DataView(all.buffer);
  view.setUint32(0, content.length);
  all.set(new TextEncoder().encode(name), 4);
  all.set(content, 8);
  const end = 8 + content.length;
  view.setUint32(end, checksum(all.subarray(4, end)));
  return all;
}

/** Width, height, 8 bits a channel, kind of pixels; neither filters nor interlacing of its own. */
function header({ width, height, channels }: PictureImage): Uint8Array {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([8, COLOUR_TYPES[channels]], 8);
  return bytes;
}

/** Rows, each behind the number of its filter, which is none. */
function rows(
  { width, height, channels, pixels }: PictureImage,
): Uint8Array<ArrayBuffer> {
  const row = width * channels;
  const all = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) {
    all.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  }
  return all;
}

async function packed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * The image as a lossless data URI, so that a picture needs no second file.
 *
 * @param image As many pixels as its sizes say.
 * @returns `data:image/png;base64,…`.
 * @throws RangeError If the image has other than `width · height · channels` numbers, or none.
 */
export async function pngDataUri(image: PictureImage): Promise<string> {
  const { width, height, channels, pixels } = image;
  const wanted = width * height * channels;
  if (pixels.length !== wanted || wanted === 0) {
    throw new RangeError(
      `an image of ${width}×${height} with ${channels} channels has ${pixels.length} numbers, wanted ${wanted}, and at least 1`,
    );
  }
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header(image)),
    chunk("IDAT", await packed(rows(image))),
    chunk("IEND", new Uint8Array()),
  ];
  const text = parts.flatMap((part) =>
    Array.from(part, (byte) => String.fromCharCode(byte))
  ).join("");
  return `data:image/png;base64,${btoa(text)}`;
}
