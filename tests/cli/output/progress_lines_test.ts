import { deepStrictEqual } from "node:assert/strict";
import { progressLines } from "../../../cli/output/progress_lines.ts";

/** Lines of so many seconds, of which each is asked for, by what is known at each. */
function linesOf(
  seconds: number,
  knownAt: (second: number) => string,
): readonly string[] {
  let second = 0;
  const written: string[] = [];
  const lines = progressLines(
    () => knownAt(second),
    (line) => void written.push(`${second}: ${line}`),
    0,
  );
  for (; second <= seconds; second++) lines.tick(1000 * second);
  return written;
}

Deno.test("progressLines() writes the first line after five seconds, and one every ten", () => {
  deepStrictEqual(linesOf(30, (second) => `${second} done`), [
    "5: 5 done",
    "15: 15 done",
    "25: 25 done",
  ]);
});

Deno.test("progressLines() writes nothing of short work, nor where nothing is known", () => {
  deepStrictEqual(linesOf(4, () => "done"), []);
  deepStrictEqual(linesOf(60, () => ""), []);
});

Deno.test("progressLines() says nothing twice, and news at once where a line is due", () => {
  const known = (second: number) => second < 23 ? "compiling" : "1 of 4";
  deepStrictEqual(linesOf(60, known), ["5: compiling", "23: 1 of 4"]);
});
