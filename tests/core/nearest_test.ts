import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { editDistance, nearestWord } from "../../core/mod.ts";

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

Deno.test("nearestWord() gives a known word at the least distance", () => {
  fc.assert(
    fc.property(word, fc.array(word, { minLength: 1 }), (written, known) => {
      const nearest = nearestWord(written, known);
      ok(nearest !== null && known.includes(nearest));
      const least = Math.min(...known.map((k) => editDistance(written, k)));
      strictEqual(editDistance(written, nearest), least);
    }),
  );
  strictEqual(nearestWord("epoch", []), null);
});

Deno.test("nearestWord() of a very long word is found at once", () => {
  const start = performance.now();
  strictEqual(
    nearestWord("epochs".repeat(100_000), ["seed", "epoch"]),
    "epoch",
  );
  ok(performance.now() - start < 1000);
});
