/**
 * Prints width and height of a drawing that comes as a file, as JSON.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import sharp from "sharp";

const [path = ""] = Deno.args;
const { format, width, height } = await sharp(path).metadata();
if (format !== "svg") throw new Error(`${path} is ${format}`);
console.log(JSON.stringify({ width, height }));
