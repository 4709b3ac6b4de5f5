import { strictEqual } from "node:assert/strict";
import { Tally } from "../../../data/report/counts.ts";

Deno.test("Tally tells each kind with its first name, the most frequent first, many kinds together", () => {
  const tally = new Tally();
  strictEqual(tally.isEmpty, true);
  strictEqual(tally.words, "");
  for (const name of ["a.txt", "b.txt"]) tally.add(".txt", name);
  tally.add("links", "c");
  const other = new Tally();
  other.add(".txt", "z.txt");
  "defghi".split("").forEach((kind) => other.add(kind, kind));
  tally.addAll(other);
  strictEqual(
    tally.words,
    "3 .txt (a.txt), 1 links (c), 1 d (d), 1 e (e), 1 f (f), 1 g (g), 2 of other kinds",
  );
});
