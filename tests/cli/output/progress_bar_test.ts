import { match, strictEqual } from "node:assert/strict";
import {
  barsOn,
  underBar,
  waitingFor,
  workBar,
  workWords,
} from "../../../cli/output/progress_bar.ts";
import { heardStream } from "./heard_stream.ts";

Deno.test("workWords() estimates the time that is left from what is done, and does not change without news", () => {
  let now = 0;
  const words = workWords("images", 100, () => now);
  strictEqual(words(0, true), "0/100 · images");
  now = 4000;
  strictEqual(words(0, true), "0/100 · images");
  strictEqual(words(20, true), "20/100 · images · 16 s left");
  now = 9000;
  strictEqual(words(20, true), "20/100 · images · 16 s left");
});

Deno.test("workWords() of work of unknown size tells on a terminal how long it takes", () => {
  let now = 0;
  const words = workWords("opening the images", null, () => now);
  strictEqual(words(0, false), "opening the images …");
  now = 61_000;
  strictEqual(words(0, false), "opening the images … 1 min 1 s");
  strictEqual(words(0, true), "opening the images …");
});

Deno.test("workBar() on a terminal moves within a unit of work", () => {
  const { stream, text } = heardStream(true);
  const words = (done: number) => `at ${done}`;
  const bar = workBar(stream, { words, total: 2 });
  bar.update(0.5);
  bar.end();
  match(text(), /░{24} at 0/);
  match(text(), /█{6}░{18} at 0\.5/);
});

Deno.test("workBar() in a file writes nothing of work that is quick", () => {
  const { stream, text } = heardStream(false);
  const bar = workBar(stream, { words: (done) => `at ${done}`, total: 2 });
  bar.above(() => void stream.write("above\n"));
  for (const done of [0, 1, 2]) bar.update(done);
  bar.end();
  strictEqual(text(), "above\n");
});

Deno.test("quick work is not shown, and what it gives or throws is passed on", async () => {
  for (const isTTY of [true, false]) {
    const { stream, text } = heardStream(isTTY);
    const startBar = barsOn(stream);
    const given = await underBar({ startBar }, "images", 3, (options) => {
      for (const done of [1, 2, 3]) options.onProgress?.(done);
      return Promise.resolve("all");
    });
    strictEqual(given, "all");
    const fails = () => Promise.reject(new Error("no"));
    const failure = await waitingFor("a file", fails, startBar)
      .catch(({ message }: Error) => message);
    strictEqual(failure, "no");
    strictEqual(text(), "");
  }
});
