/**
 * Parts of files.
 *
 * @module
 */

/** Fills as much of a buffer as the file has from its position on. */
async function fill(file: Deno.FsFile, buffer: Uint8Array): Promise<number> {
  let at = 0;
  while (at < buffer.length) {
    const count = await file.read(buffer.subarray(at));
    if (count === null) break;
    at += count;
  }
  return at;
}

/**
 * Reads bytes of an open file.
 *
 * @param file The file; nobody else may read it at the same time.
 * @param from First byte.
 * @param length How many.
 * @returns The bytes; fewer where the file ends before.
 * @throws What the system says.
 */
export async function readAt(
  file: Deno.FsFile,
  from: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, await fill(file, bytes));
}

/**
 * Reads bytes of a file. It is opened for each read, so that several reads do not
 * move each other's position and a file that is gone is found out.
 *
 * @param path The file.
 * @param from First byte.
 * @param length How many.
 * @throws What the system says, or that the file is shorter.
 */
export async function readRange(
  path: string,
  from: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  const bytes = await readAt(file, from, length);
  if (bytes.length === length) return bytes;
  throw new Error(`${path} is shorter than ${from + length} bytes`);
}
