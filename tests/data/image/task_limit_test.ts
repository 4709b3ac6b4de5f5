import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { taskLimit } from "../../../data/image/task_limit.ts";

Deno.test("taskLimit() never lets tasks weigh more together than there is room, and begins them in order", async () => {
  const weights = fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(weights, async (all) => {
    const limit = taskLimit(10);
    const begun: number[] = [];
    let now = 0;
    const tasks = all.map((weight, i) =>
      limit(async () => {
        begun.push(i);
        now += weight;
        ok(now <= 10, `${now}`);
        for (let turn = 0; turn < weight % 3; turn++) await Promise.resolve();
        now -= weight;
        return i;
      }, weight)
    );
    strictEqual(String(await Promise.all(tasks)), String(all.map((_, i) => i)));
    strictEqual(String(begun), String(all.map((_, i) => i)));
  }));
});

Deno.test("taskLimit() gives the room of a task that failed to the next", async () => {
  const limit = taskLimit(1);
  const failed = limit(() => Promise.reject(new Error("broken")));
  const next = limit(() => Promise.resolve("done"));
  strictEqual(await failed.catch((error) => error.message), "broken");
  strictEqual(await next, "done");
});
