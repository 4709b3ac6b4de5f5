import { deepStrictEqual } from "node:assert/strict";
import { counted } from "../../../data/mod.ts";

Deno.test("counted() writes one thing and several", () => {
  deepStrictEqual([0, 1, 2].map((n) => counted(n, "file")), [
    "0 files",
    "1 file",
    "2 files",
  ]);
  deepStrictEqual([1, 2].map((n) => counted(n, "class")), [
    "1 class",
    "2 classes",
  ]);
  deepStrictEqual(["epoch", "batch"].map((noun) => counted(2, noun)), [
    "2 epochs",
    "2 batches",
  ]);
});
