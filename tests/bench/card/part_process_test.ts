import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Part } from "../../../bench/card/part.ts";
import { partApart, servePart } from "../../../bench/card/part_process.ts";

const TASK = { part: "some", seconds: 10, isTiny: true };

/** What a program of this text comes to as a part. */
async function apart(text: string, seconds = TASK.seconds) {
  const program = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(program, text);
    return await partApart(`file://${program}`, { ...TASK, seconds });
  } finally {
    await Deno.remove(program);
  }
}

const part = (measure: Part["measure"]): Part => ({
  ...{ name: "some", about: "something", share: 1 },
  measure,
});

Deno.test("a part makes known what it has found, and its error at last", async () => {
  const lines: string[] = [];
  const failing = part(({ note, secondsLeft, isTiny }) => {
    note({ isTiny, isInTime: secondsLeft() > 5 });
    throw new Error("the device was lost");
  });
  await servePart(failing, TASK, (line) => lines.push(line));
  deepStrictEqual(lines, [
    'card: {"facts":{"isTiny":true,"isInTime":true}}',
    'card: {"error":"the device was lost"}',
  ]);
});

Deno.test("what a part has found outlives its process", async () => {
  const ended = await apart(`
    console.log('card: {"facts":{"a":1}}');
    console.log("some words of the driver");
    console.log('card: {"facts":{"a":1,"b":2}}');
    console.error("a complaint");
    Deno.stdout.writeSync(new TextEncoder().encode('card: {"facts":{"a'));
    Deno.exit(3);
  `);
  deepStrictEqual(ended.facts, { a: 1, b: 2 });
  strictEqual(ended.error, "it ended with 3: a complaint");
});

Deno.test("a part that hangs is ended after its time", async () => {
  const ended = await apart(
    `console.log('card: {"facts":{"a":1}}'); setInterval(() => {}, 1000);`,
    // The time that it has beyond its own is 20 seconds.
    -17,
  );
  match(ended.error ?? "", /did not end in time/);
  ok(ended.seconds < 15);
  deepStrictEqual(ended.facts, { a: 1 });
});
