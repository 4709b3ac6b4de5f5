import { deepStrictEqual } from "node:assert/strict";
import { pollUntil } from "../../../ranks/mpi/polling.ts";

Deno.test("pollUntil() asks until the answer is yes", async () => {
  let left = 5;
  deepStrictEqual(await pollUntil(() => --left === 0, () => Infinity), true);
  deepStrictEqual(left, 0);
});

Deno.test("pollUntil() gives up at a deadline that may move, and serves timers meanwhile", async () => {
  const start = performance.now();
  let deadline = start + 20;
  setTimeout(() => deadline = start + 120, 5);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  deepStrictEqual(await pollUntil(() => false, () => deadline), false);
  clearInterval(timer);
  deepStrictEqual(performance.now() >= start + 120, true);
  deepStrictEqual(ticks > 1, true);
});

Deno.test("pollUntil() asks seldom: after the first moments, once a millisecond at most", async () => {
  const eager = performance.now() + 10;
  let asked = 0;
  const isDone = () => {
    if (performance.now() > eager) asked++;
    return false;
  };
  await pollUntil(isDone, () => eager + 200);
  deepStrictEqual(asked <= 201, true);
});
