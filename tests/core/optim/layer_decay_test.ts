import { ok, strictEqual } from "node:assert/strict";
import { layerDecay, type Shape } from "../../../core/mod.ts";
import { goldenJson } from "../../golden_files.ts";

interface Group {
  readonly "lr_scale": number;
  readonly "weight_decay": number;
  readonly params: readonly string[];
}

/** Positions and class token have three axes, other weights but those of norms two. */
const shapeOf = (name: string): Shape =>
  name === "cls_token" || name === "pos_embed"
    ? [1, 1, 36]
    : name.endsWith(".bias") || /norm\d?\.weight$/.test(name)
    ? [36]
    : [36, 36];

Deno.test("layerDecay() gives the groups of the reference, decay 0.75 over 12 blocks", () => {
  const groups = goldenJson("finetune_layer_decay.json") as readonly Group[];
  const names = groups.flatMap(({ params }) => params);
  const found = new Map(
    layerDecay(names.map((name) => ({ name, shape: shapeOf(name) })), 12, 0.75)
      .map((entry) => [entry.name, entry]),
  );
  strictEqual(groups.length, 28);
  for (const group of groups) {
    for (const name of group.params) {
      const { rateScale = NaN, decayed } = found.get(name) ?? {};
      ok(Math.abs(rateScale - group["lr_scale"]) < 1e-12, name);
      strictEqual(decayed, group["weight_decay"] > 0, name);
    }
  }
});
