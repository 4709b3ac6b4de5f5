import fc from "fast-check";
import { match, strictEqual } from "node:assert/strict";
import { duplicateKey } from "../../../train/files/safetensors_header.ts";
import { decodeSafetensors } from "../../../train/mod.ts";

Deno.test("duplicateKey() of what JSON.stringify writes is none", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
    strictEqual(duplicateKey(JSON.stringify(value, null, indent)), null);
  }));
});

Deno.test("duplicateKey() finds a key that any object has twice, however it is written", () => {
  fc.assert(fc.property(fc.string(), fc.jsonValue(), (key, value) => {
    const [name, inner] = [JSON.stringify(key), JSON.stringify(value)];
    const json = `{"a":[${inner},{${name} : ${inner},\n${name}:1}]}`;
    strictEqual(duplicateKey(json), key);
  }));
  strictEqual(duplicateKey('{"a":1,"\\u0061":2}'), "a");
  strictEqual(duplicateKey('{"a":{"a":["a","a"]},"b":"a"}'), null);
});

Deno.test("decodeSafetensors() refuses a header that says a tensor twice", () => {
  const entry = (dtype: string, shape: number): string =>
    `"x":{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[0,4]}`;
  const text = `{${entry("U8", 4)},${entry("F32", 1)}}`;
  const bytes = new Uint8Array(8 + text.length + 4);
  bytes[0] = text.length;
  bytes.set(new TextEncoder().encode(text), 8);
  const file = decodeSafetensors(bytes);
  match(
    file._tag === "Left" ? file.left.reason : "",
    /^the header says x twice$/,
  );
});
