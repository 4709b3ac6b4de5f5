import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { semaphore } from "../../../data/resources/semaphore.ts";

Deno.test("semaphore() never lets work weigh more together than there is room, and begins it in order", async () => {
  const weights = fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(weights, async (all) => {
    const acquire = semaphore(10);
    const begun: number[] = [];
    let now = 0;
    const tasks = all.map(async (weight, i) => {
      using _room = await acquire(weight);
      begun.push(i);
      now += weight;
      ok(now <= 10, `${now}`);
      for (let turn = 0; turn < weight % 3; turn++) await Promise.resolve();
      now -= weight;
      return i;
    });
    strictEqual(String(await Promise.all(tasks)), String(all.map((_, i) => i)));
    strictEqual(String(begun), String(all.map((_, i) => i)));
  }));
});

Deno.test("semaphore() gives the room of work that failed to the next", async () => {
  const acquire = semaphore(1);
  const work = async (result: Promise<string>): Promise<string> => {
    using _room = await acquire();
    return await result;
  };
  const failed = work(Promise.reject(new Error("broken")));
  const next = work(Promise.resolve("done"));
  strictEqual(await failed.catch((error) => error.message), "broken");
  strictEqual(await next, "done");
});
