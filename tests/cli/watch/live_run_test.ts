import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { liveRun, type Look } from "../../../cli/watch/live_run.ts";
import { left } from "../../../core/mod.ts";

/** A follower that counts how often it is asked. */
function counted() {
  const state = { looks: 0, atOnce: 0, most: 0 };
  const follow = async (): Promise<Look> => {
    state.looks++;
    state.most = Math.max(state.most, ++state.atOnce);
    await setTimeout(2);
    state.atOnce--;
    return left({ isThere: true, reason: String(state.looks) });
  };
  return { state, follow };
}

Deno.test("liveRun() looks once for all who ask within an interval, and never twice at once", async () => {
  const { state, follow } = counted();
  const live = liveRun(follow, 60);
  const looks = await Promise.all([live.latest(), live.latest()]);
  strictEqual(looks[0], looks[1]);
  strictEqual(state.looks, 1);
  const hasty = liveRun(follow, 0);
  await Promise.all(Array.from({ length: 9 }, () => hasty.latest()));
  deepStrictEqual([state.looks, state.most], [10, 1]);
});

Deno.test("liveRun() looks as long as somebody listens, and tells each of them", async () => {
  const { state, follow } = counted();
  const live = liveRun(follow, 0.005);
  const heard: Look[][] = [[], []];
  const ends = heard.map((looks) => live.listen((look) => looks.push(look)));
  while ((heard[1]?.length ?? 0) < 3) await setTimeout(1);
  ends[0]?.();
  const first = heard[0]?.length ?? 0;
  ok(first >= 2);
  while ((heard[1]?.length ?? 0) < 6) await setTimeout(1);
  strictEqual(heard[0]?.length, first, "who left hears no more");
  ends[1]?.();
  await setTimeout(10);
  const after = state.looks;
  await setTimeout(30);
  strictEqual(state.looks, after, "nobody listens, nobody looks");
});
