import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { left, type Result, right } from "../../../core/mod.ts";
import { stopWith, workAhead } from "../../../data/loader/work_ahead.ts";

/** What is done for a piece, soon when the signal is aborted. */
type Work<Value> = (
  piece: number,
  signal: AbortSignal,
) => Promise<Result<string, Value>>;

/** Pieces of work that begin when they are asked for. */
function* pieces<Value>(
  count: number,
  work: Work<Value>,
  signal: AbortSignal,
): Generator<Promise<Result<string, Value>>> {
  for (let piece = 0; piece < count; piece++) yield work(piece, signal);
}

/** Their results, some of them ahead. */
function resultsOf<Value>(
  { count, ahead, work, signal }: {
    count: number;
    ahead: number;
    work: Work<Value>;
    signal?: AbortSignal;
  },
) {
  const stop = stopWith(signal);
  return workAhead(pieces(count, work, stop.signal), ahead, stop);
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 0));

/** Work that notes which pieces were begun and how many ran at once. */
function observed() {
  const begun: number[] = [];
  let [running, most] = [0, 0];
  const work = async (piece: number): Promise<Result<string, number>> => {
    begun.push(piece);
    most = Math.max(most, ++running);
    await settle();
    running--;
    return right(piece);
  };
  return { begun, work, running: () => running, most: () => most };
}

Deno.test("workAhead() gives every piece once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(6), fc.nat(4), async (count, ahead) => {
      const { work, most } = observed();
      const results = await Array.fromAsync(resultsOf({ count, ahead, work }));
      deepStrictEqual(
        results,
        Array.from({ length: count }, (_, i) => right(i)),
      );
      ok(most() <= 1 + ahead, "no more at once than may be ahead");
    }),
    { numRuns: 30 },
  );
});

Deno.test("workAhead() goes on while the consumer is busy, as far as it may and no further", async () => {
  for (const ahead of [0, 1, 3]) {
    const { begun, work } = observed();
    const results = resultsOf({ count: 10, ahead, work });
    strictEqual(begun.length, 0, "nothing is begun before it is asked for");
    await results.next();
    for (let i = 0; i < 20; i++) await settle();
    strictEqual(begun.length, 1 + ahead);
    await results.next();
    for (let i = 0; i < 20; i++) await settle();
    strictEqual(begun.length, 2 + ahead);
    await results.return();
  }
});

Deno.test("workAhead() leaves nothing running when the consumer leaves the loop", async () => {
  const { begun, work, running } = observed();
  for await (const _ of resultsOf({ count: 100, ahead: 5, work })) break;
  strictEqual(running(), 0);
  const before = begun.length;
  for (let i = 0; i < 20; i++) await settle();
  strictEqual(begun.length, before);
});

Deno.test("workAhead() tells its work to stop when the consumer leaves the loop", async () => {
  const signals: AbortSignal[] = [];
  const work = (piece: number, signal: AbortSignal) => {
    signals.push(signal);
    return Promise.resolve(right(piece));
  };
  for await (const _ of resultsOf({ count: 5, ahead: 1, work })) {
    ok(signals.every(({ aborted }) => !aborted));
    break;
  }
  ok(signals.length > 0 && signals.every(({ aborted }) => aborted));
});

Deno.test("workAhead() ends after the first failure", async () => {
  const work = (piece: number) =>
    Promise.resolve(piece === 2 ? left("broken") : right(piece));
  const results = await Array.fromAsync(
    resultsOf({ count: 9, ahead: 2, work }),
  );
  deepStrictEqual(results, [right(0), right(1), left("broken")]);
});

Deno.test("workAhead() ends when the signal is aborted, before or on the way", async () => {
  const { begun, work } = observed();
  const aborted = AbortSignal.abort();
  deepStrictEqual(
    await Array.fromAsync(
      resultsOf({ count: 9, ahead: 2, work, signal: aborted }),
    ),
    [],
  );
  strictEqual(begun.length, 0);
  const controller = new AbortController();
  const seen = [];
  for await (
    const result of resultsOf({
      count: 9,
      ahead: 2,
      work,
      signal: controller.signal,
    })
  ) {
    seen.push(result);
    if (seen.length === 3) controller.abort();
  }
  deepStrictEqual(seen, [right(0), right(1), right(2)]);
});

Deno.test("workAhead() gives up a piece that is under way when the signal is aborted", async () => {
  const controller = new AbortController();
  const work = (_piece: number, signal: AbortSignal) =>
    new Promise<Result<string, string>>((resolve) => {
      const giveUp = (): void => resolve(right("incomplete"));
      if (signal.aborted) giveUp();
      signal.addEventListener("abort", giveUp);
    });
  const next = resultsOf({
    count: 3,
    ahead: 1,
    work,
    signal: controller.signal,
  }).next();
  await settle();
  controller.abort();
  deepStrictEqual(await next, { done: true, value: undefined });
});
