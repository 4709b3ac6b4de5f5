import { deepStrictEqual } from "node:assert/strict";
import { eventLoopTurn } from "../../train/event_loop.ts";

Deno.test("eventLoopTurn() lets messages and timers through that were there before", async () => {
  const heard: string[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => heard.push("message");
  port2.postMessage(null);
  setTimeout(() => heard.push("timer"), 0);
  const until = performance.now() + 5;
  while (performance.now() < until);
  for (let turn = 0; turn < 20 && heard.length < 2; turn++) {
    await eventLoopTurn();
  }
  port1.close();
  port2.close();
  deepStrictEqual(heard.toSorted(), ["message", "timer"]);
});
