import { deepStrictEqual, throws } from "node:assert/strict";
import { Writable } from "node:stream";
import { keepOpen } from "../../../examples/pretrain/keep_open.ts";

/** A stream that throws while its disk is full. */
const onDisk = (written: string[], isFull: () => boolean): Writable => {
  const stream = new Writable();
  stream.write = (text: string): boolean => {
    if (isFull()) throw new Error("No space left on device (os error 28)");
    written.push(text);
    return true;
  };
  return stream;
};

Deno.test("keepOpen() loses what cannot be written and writes what can", () => {
  const written: string[] = [];
  let isFull = false;
  const stream = onDisk(written, () => isFull);
  isFull = true;
  throws(() => stream.write("a"), /No space/);
  keepOpen(stream);
  deepStrictEqual(stream.write("b"), false);
  stream.emit("error", new Error("EPIPE: broken pipe, write"));
  isFull = false;
  deepStrictEqual(stream.write("c"), true);
  deepStrictEqual(written, ["c"]);
});
