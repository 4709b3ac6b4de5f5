/** Unpacking of files that were packed by gzip. */

const isGzip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Most bytes that an archive may unpack to; larger data sets of this kind do not exist. */
const MOST_UNPACKED = 2 ** 30;

/** The bytes of a packed file; throws once there are more than wanted. */
async function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const plain = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  // Not every browser can iterate over a stream.
  for (
    let part = await plain.read();
    !part.done;
    part = await plain.read()
  ) {
    length += part.value.length;
    if (length > most) {
      await plain.cancel();
      throw new Error(`it unpacks to more than ${most} bytes`);
    }
    parts.push(part.value);
  }
  const all = new Uint8Array(length);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/**
 * The content of a file, unpacked if it is a gzip archive by its first bytes.
 *
 * @param most Most bytes that it may unpack to.
 * @throws Error What is wrong with the archive.
 */
export async function unpacked(
  bytes: Uint8Array<ArrayBuffer>,
  most: number = MOST_UNPACKED,
): Promise<Uint8Array<ArrayBuffer>> {
  return isGzip(bytes) ? await gunzip(bytes, most) : bytes;
}
