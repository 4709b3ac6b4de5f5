import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { words } from "../../notebook/display.ts";
import {
  live,
  type LiveOptions,
  notebookDisplay,
} from "../../notebook/live.ts";

/** A live text that shows the time, by a clock that is set; drawing takes as long as it is told. */
function shownBy(drawing: number, perSecond?: number) {
  let now = 0;
  const sent: { text: string; isUpdate: boolean; id: string }[] = [];
  const options: LiveOptions = {
    clock: () => now,
    send: (bundle, { id, isUpdate }) => {
      sent.push({ text: bundle["text/plain"] ?? "", isUpdate, id });
      return Promise.resolve();
    },
    ...perSecond === undefined ? {} : { perSecond },
  };
  const shown = live(() => {
    const text = `${now}`;
    now += drawing;
    return words(text);
  }, options);
  const at = async (time: number): Promise<void> => {
    now = Math.max(now, time);
    await shown.draw();
  };
  return { sent, at, end: () => shown.end() };
}

Deno.test("live() shows a value once and then in its place, twice a second at most, and at its end", async () => {
  const { sent, at, end } = shownBy(0);
  for (let time = 0; time <= 1900; time += 100) await at(time);
  await end();
  deepStrictEqual(sent.map(({ text }) => Number(text)), [
    ...[0, 500, 1000, 1500],
    1900,
  ]);
  deepStrictEqual(sent.map(({ isUpdate }) => isUpdate), [
    ...[false, true, true, true],
    true,
  ]);
  strictEqual(new Set(sent.map(({ id }) => id)).size, 1);
});

Deno.test("live() spends a tenth of the time on drawing, however long a drawing takes", async () => {
  const { sent, at } = shownBy(200);
  for (let time = 0; time <= 20_000; time += 50) await at(time);
  ok(200 * sent.length <= 0.11 * 20_000, `${sent.length}`);
  ok(sent.length >= 8, `${sent.length}`);
});

Deno.test("live() draws nothing where there is no notebook", async () => {
  let drawn = 0;
  const shown = live(() => {
    drawn++;
    return words("");
  });
  await shown.draw();
  await shown.end();
  strictEqual(notebookDisplay(), null);
  strictEqual(drawn, 0);
});
