import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { planOf } from "../../core/mod.ts";
import { DISPLAY, type Displayed } from "../../notebook/display.ts";
import { recipe } from "../../notebook/settings.ts";
import { show } from "../../notebook/show.ts";
import { table } from "../../notebook/table.ts";
import type { StepReport } from "../../train/mod.ts";
import { right } from "../right.ts";

const formsOf = (value: Displayed) => Object.keys(value[DISPLAY]());

const reportAt = (step: number): StepReport => ({
  ...{ step, epoch: 0, phase: step > 1 ? 1 : 0, images: 4 },
  frozenLayers: step > 1 ? 1 : 0,
  liveStages: [0, 1],
  ...{ rates: [0.1], unfrozenRate: 0.1, loss: 3 - step },
  stageLosses: { 0: 2, 1: 1 - step / 4 },
  deepestLoss: 1 - step / 4,
  milliseconds: { data: 1, gradient: 30, update: 2, compile: 0, total: 33 },
});

Deno.test("show() draws plans and losses, and leaves both plain data", () => {
  const plan = right(planOf(recipe("nano"), 8000));
  const reports = [0, 1, 2].map(reportAt);
  const before = JSON.stringify([plan, reports]);
  deepStrictEqual(formsOf(show(plan)), ["image/svg+xml", "text/plain"]);
  deepStrictEqual(formsOf(show(reports)), ["image/svg+xml", "text/plain"]);
  deepStrictEqual(formsOf(show(planOf(recipe("nano"), 8000))), [
    "image/svg+xml",
    "text/plain",
  ]);
  strictEqual(JSON.stringify([plan, reports]), before);
  ok(!(DISPLAY in plan) && !(DISPLAY in reports));
});

Deno.test("show() says every fault in a line of text, and nothing else", () => {
  const { training, ...config } = recipe("nano");
  const bad = planOf(
    { ...config, training: { ...training, epochs: 0, batchSize: 0.5 } },
    8000,
  );
  const shown = show(bad);
  deepStrictEqual(formsOf(shown), ["text/plain"]);
  deepStrictEqual(String(shown).split("\n").map((line) => line.split(":")[0]), [
    "training.epochs",
    "training.batchSize",
  ]);
  if (bad._tag === "Left") strictEqual(String(show(bad.left)), String(shown));
});

Deno.test("show() says what happened in some steps", () => {
  const text = show([0, 1, 2].map(reportAt))[DISPLAY]()["text/plain"];
  strictEqual(
    text,
    "steps 0 to 2 · loss of the deepest stage 1.00 → 0.500 · 1 layer frozen · 0 s",
  );
  ok(String(show(reportAt(1))).startsWith("step 1 · "));
});

Deno.test("table() has a column for each name, an empty cell where a row lacks it, and no markup of its words", () => {
  const made = table([{ a: 1 / 3, b: "<i>" }, { a: 12, c: null }]);
  strictEqual(String(made), "     a  b    c\n0.3333  <i>\n    12");
  const html = made[DISPLAY]()["text/html"] ?? "";
  ok(html.includes("&lt;i&gt;") && !html.includes("<i>"));
  strictEqual(html.match(/<td/g)?.length, 6);
  ok(/<th[^>]*right[^>]*>a<.*<th[^>]*left[^>]*>b</.test(html));
});
