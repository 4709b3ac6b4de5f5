import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { nearestHint } from "../../../core/mod.ts";
import { editDistance, nearestWord } from "../../../core/codec/nearest.ts";

const word = fc.string({ maxLength: 8 }).map((text) => text.toLowerCase());

Deno.test("editDistance() is a metric", () => {
  fc.assert(fc.property(word, word, word, (a, b, c) => {
    strictEqual(editDistance(a, b) === 0, a === b);
    strictEqual(editDistance(a, b), editDistance(b, a));
    ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c));
  }));
});

Deno.test("editDistance() counts letters: kitten to sitting takes 3", () => {
  strictEqual(editDistance("kitten", "sitting"), 3);
  strictEqual(editDistance("", "abc"), 3);
});

Deno.test("nearestWord() gives a known word with few other letters at the least distance", () => {
  // Words that share no beginning or end of two letters with another.
  const known = ["alpha", "beta", "gamma", "delta-rate", "x"];
  const mistake = fc.tuple(fc.constantFrom(...known), fc.nat(4), fc.string());
  fc.assert(fc.property(mistake, ([right, at, letter]) => {
    const written = right.slice(0, at) + letter.slice(0, 1) + right.slice(at);
    const nearest = nearestWord(written, known);
    ok(nearest !== null && known.includes(nearest));
  }));
  strictEqual(nearestWord("epoch", []), null);
});

Deno.test("nearestWord() prefers a word that is begun or ended to one at a shorter distance", () => {
  strictEqual(nearestWord("batch", ["data", "batch-size"]), "batch-size");
  strictEqual(
    nearestWord("save", ["sr-lr", "save-every-steps", "save-every"]),
    "save-every",
  );
  strictEqual(nearestWord("howScale", ["scale", "how"]), "scale");
  strictEqual(nearestWord("vit-base", ["vit-s", "vit-b"]), "vit-b");
});

Deno.test("nearestWord() gives none where none is near", () => {
  strictEqual(nearestWord("dry-run", ["lr-lr", "data", "epochs"]), null);
  strictEqual(nearestWord("learning-rate", ["mask-ratio", "epochs"]), null);
  strictEqual(nearestHint("dry-run", ["lr-lr"]), "");
  strictEqual(
    nearestHint("epoch", ["epochs"], (w) => `--${w}`),
    "; the nearest is --epochs",
  );
});

Deno.test("nearestWord() never gives a word that differs in a number or a size", () => {
  const models = [
    "nano",
    "micro",
    "vit-ti",
    "vit-s",
    "vit-b",
    "vit-l",
    "vit-h",
  ];
  const without = (name: string) => models.filter((other) => other !== name);
  for (const name of models) {
    strictEqual(nearestWord(name, without(name)), null);
  }
  for (const name of ["vit-g", "vit-xl", "vit-giant", "pico", "mini"]) {
    strictEqual(nearestWord(name, models), null, name);
  }
  strictEqual(nearestWord("in-10", ["in-5", "in-25", "in-100"]), null);
  strictEqual(nearestWord("int4", ["float32", "int8"]), null);
  strictEqual(nearestWord("int", ["float32", "int8"]), "int8");
  strictEqual(nearestWord("itn8", ["float32", "int8"]), "int8");
  strictEqual(nearestWord("vti-b", models), "vit-b");
  strictEqual(nearestWord("vit-tiny", models), "vit-ti");
});

Deno.test("nearestWord() of a very long word is found at once", () => {
  const start = performance.now();
  strictEqual(
    nearestWord("epochs".repeat(100_000), ["seed", "epoch"]),
    "epoch",
  );
  ok(performance.now() - start < 1000);
});
