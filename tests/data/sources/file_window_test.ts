import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { FileWindow } from "../../../data/sources/read_file.ts";
import { inFolder } from "../sources.ts";

Deno.test("FileWindow gives the bytes of the file in any order, fewer at its end", () => {
  const size = 100_000;
  const whole = Uint8Array.from({ length: size }, (_, i) => i ** 2 >>> 3);
  const part = fc.record({
    from: fc.nat(size + 10),
    length: fc.oneof(fc.nat(600), fc.nat(50_000)),
  });
  return inFolder({ "x": whole }, async (folder) => {
    await fc.assert(
      fc.asyncProperty(fc.array(part), async (parts) => {
        using file = await Deno.open(`${folder}/x`);
        const window = new FileWindow(file);
        for (const { from, length } of parts) {
          const bytes = (await window.bytes(from, length)).slice();
          deepStrictEqual(bytes, whole.slice(from, from + length));
        }
      }),
      { numRuns: 50 },
    );
  });
});

Deno.test("FileWindow lets others have their turn between many reads", () =>
  inFolder({ "x": new Uint8Array(1_000_000) }, async (folder) => {
    using file = await Deno.open(`${folder}/x`);
    const window = new FileWindow(file);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    for (let i = 0; i < 5000; i++) await window.bytes(i * 71_993 % 900_000, 9);
    clearInterval(timer);
    deepStrictEqual(turns > 0, true);
  }));
