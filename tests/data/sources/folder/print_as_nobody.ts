/**
 * Opens folders of images without any privilege and prints what it finds, as JSON.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import process from "node:process";
import { describeDataError, imageFolder } from "../../../../data/mod.ts";

/** The user that owns nothing. */
const NOBODY = 65_534;

if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

async function found(folder: string): Promise<readonly string[]> {
  const source = await imageFolder(folder);
  if (source._tag === "Left") return [describeDataError(source.left)];
  const { length, summary, read } = source.right;
  const reasons: string[] = [];
  for (let i = 0; i < length; i++) {
    const image = await read(i);
    if (image._tag === "Left") reasons.push(describeDataError(image.left));
  }
  return [summary, ...reasons];
}

console.log(JSON.stringify(await Promise.all(Deno.args.map(found))));
