import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { imageFormat, isImageName } from "../../../data/image/image_format.ts";

/** Characters of Latin-1 as bytes. */
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("imageFormat() goes by the first bytes", () => {
  const heads = {
    jpeg: "\xff\xd8\xff\xe0\0\x10JFIF",
    png: "\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    webp: "RIFF\x24\0\0\0WEBPVP8 ",
    gif: "GIF87a\x01\0",
    tiff: "II*\0\x08\0\0\0",
    avif: "\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf",
    bmp: "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    pnm: "P5 # grey\n1 1 255\n",
  };
  for (const [format, head] of Object.entries(heads)) {
    strictEqual(imageFormat(bytes(head)), format);
  }
  strictEqual(imageFormat(bytes("MM\0*\0\0\0\x08")), "tiff");
  strictEqual(imageFormat(bytes("\0\0\0\x20ftypavif\0\0\0\0")), "avif");
});

Deno.test("imageFormat() knows nothing of what is not decoded", () => {
  const others = [
    "",
    "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "<!DOCTYPE html>",
    "%PDF-1.7",
    "BM is the beginning of a text",
    "P7\nWIDTH 1",
    "P6000",
    "\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    // "avif" where the version stands, and behind the end of the box.
    "\0\0\0\x10ftypheicavifavif",
    "RIFF\x24\0\0\0WAVEfmt ",
    "\0\0\0\x0cJXL \r\n\x87\n",
    "\x89PNG\n\n\x1a\n",
  ];
  deepStrictEqual(
    others.map((head) => imageFormat(bytes(head))),
    others.map(() => null),
  );
});

Deno.test("isImageName() knows suffixes in small and capital letters", () => {
  const names = ["a.JFIF", "b.Bmp", "c.ppm", "d.jpe", "e.svg", "jpg", "f.jpg~"];
  deepStrictEqual(names.map(isImageName), [
    ...[true, true, true, true],
    ...[false, false, false],
  ]);
});
