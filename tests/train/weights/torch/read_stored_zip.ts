import { type Result, right } from "../../../../core/mod.ts";
import {
  readBytes,
  type Reading,
} from "../../../../train/files/byte_reading.ts";
import {
  zipContentReading,
  zipEntriesReading,
} from "../../../../train/weights/torch/stored_zip.ts";

type Files = ReadonlyMap<string, Uint8Array>;

function* filesReading(size: number): Reading<Result<string, Files>> {
  const entries = yield* zipEntriesReading(size);
  if (entries._tag === "Left") return entries;
  const files = new Map<string, Uint8Array>();
  for (const [name, entry] of entries.right) {
    const content = yield* zipContentReading(size, entry);
    if (content._tag === "Left") return content;
    files.set(name, content.right);
  }
  return right(files);
}

/**
 * Every file of an archive in memory.
 *
 * @param bytes The whole archive.
 */
export const readStoredZip = (bytes: Uint8Array): Result<string, Files> =>
  readBytes(bytes, filesReading);
