import { strictEqual } from "node:assert/strict";
import {
  ownMemory,
  recycledMemory,
} from "../../../data/resources/recycled_memory.ts";

Deno.test("recycledMemory() lends what was given back, if it is large enough, and nothing twice", () => {
  const memory = recycledMemory(100, ownMemory);
  const [first, second] = [memory.take(40), memory.take(40)];
  strictEqual(first === second, false);
  memory.give(first);
  strictEqual(memory.take(30), first);
  memory.give(second);
  const larger = memory.take(41);
  strictEqual(larger.byteLength, 41);
  strictEqual(memory.take(1) === second, false);
});

Deno.test("recycledMemory() does not keep what is larger than it may be", () => {
  const memory = recycledMemory(100, ownMemory);
  const [small, large] = [memory.take(100), memory.take(101)];
  memory.give(large);
  memory.give(small);
  strictEqual(memory.take(50), small);
  strictEqual(memory.take(50) === large, false);
});
