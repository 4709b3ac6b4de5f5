/**
 * Digests of a checkpoint's files, in the form of `sha512sum`: a byte that
 * changed on a disk is found out, also by `sha512sum --check SHA512SUMS`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import { fileResult } from "../files/atomic_file.ts";
import { digestDifference } from "../files/byte_blocks.ts";

/** Name of the file of digests in a checkpoint. */
export const DIGESTS_FILE = "SHA512SUMS";

/** SHA-512 in hexadecimal by the name of a file. */
export type Digests = ReadonlyMap<string, string>;

/** Content of the file of digests. */
export function digestsText(digests: Digests): string {
  return [...digests].map(([name, sha512]) => `${sha512}  ${name}\n`).join("");
}

/**
 * Reads the digests of a checkpoint.
 *
 * @param folder The checkpoint.
 * @returns Digests by file, or what is wrong with their file.
 */
export async function readDigests(
  folder: string,
): Promise<Result<string, Digests>> {
  const path = join(folder, DIGESTS_FILE);
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return left(`it has no readable ${DIGESTS_FILE}`);
  const lines = text.right.split("\n");
  const entries = lines.slice(0, -1).map((line) =>
    /^([0-9a-f]{128}) {2}(\S+)$/.exec(line)
  );
  return lines.at(-1) !== "" || entries.includes(null)
    ? left(`${DIGESTS_FILE} is cut off or not a list of digests`)
    : right(new Map(entries.map((m) => [m?.[2] ?? "", m?.[1] ?? ""])));
}

/**
 * Why a file is not as it was written, or `null`.
 *
 * @param digests Digests of the checkpoint.
 * @param name Name of the file.
 * @param found SHA-512 of the file as it is, in hexadecimal.
 */
export function digestFault(
  digests: Digests,
  name: string,
  found: string,
): string | null {
  const wanted = digests.get(name);
  return wanted === undefined
    ? `${DIGESTS_FILE} does not list it`
    : digestDifference(found, wanted);
}
