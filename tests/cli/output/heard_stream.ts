/**
 * Outputs that are kept.
 *
 * @module
 */
import { PassThrough } from "node:stream";

/** An output, a terminal or not, and what was written to it. */
export function heardStream(isTTY: boolean): {
  readonly stream: NodeJS.WriteStream;
  readonly text: () => string;
} {
  const stream = new PassThrough();
  let text = "";
  stream.on("data", (data) => text += data);
  const made = Object.assign(stream, { isTTY, columns: 200 });
  return { stream: made as unknown as NodeJS.WriteStream, text: () => text };
}
