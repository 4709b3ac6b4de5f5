import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  describeFault,
  describeFaults,
  excerpt,
  type Fault,
  printable,
  printableLines,
  shown,
} from "../../core/mod.ts";

const text = fc.string({ unit: "binary" });

Deno.test("printable() leaves no control characters and no line ends, and ordinary text as it is", () => {
  fc.assert(fc.property(text, (text) => {
    ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(printable(text)));
    strictEqual(printable(printable(text)), printable(text));
  }));
  strictEqual(printable("Größe 5×5 😀"), "Größe 5×5 😀");
  strictEqual(printable("a\n\u202eb\x9b"), "a\\u{a}\\u{202e}b\\u{9b}");
});

Deno.test("excerpt() is short whatever the text, and the text itself if that is short", () => {
  fc.assert(fc.property(text, fc.nat(300), (text, times) => {
    const long = text.repeat(times);
    const short = excerpt(long);
    ok(short.length <= 120 * "\\u{10ffff}".length);
    if (long.length <= 120) strictEqual(short, printable(long));
    else ok(short.endsWith("..."));
  }));
});

Deno.test("shown() writes what JSON cannot, and little of what is large", () => {
  deepStrictEqual(
    [undefined, -Infinity, "\u001b", { a: [1] }, null].map(shown),
    ["nothing", "-Infinity", '"\\u001b"', '{"a":[1]}', "null"],
  );
  strictEqual(shown(Array(1000).fill(7)).length, 120);
});

Deno.test("describeFault() and describeFaults() stay short and in one line a fault", () => {
  const fault: Fault = {
    _tag: "UnknownField",
    path: `${"x".repeat(5000)}\n`,
    found: "y".repeat(5000),
    wanted: "less",
  };
  const line = describeFault(fault);
  ok(line.length < 300 && !line.includes("\n"));
  const lines = describeFaults([fault, ...Array<Fault>(499).fill(fault)])
    .split("\n");
  strictEqual(lines.length, 101);
  strictEqual(lines.at(-1), "and 400 more");
});

Deno.test("printableLines() keeps the ends of lines", () => {
  strictEqual(printableLines("1 file:\nname\u0007"), "1 file:\nname\\u{7}");
});
