import { deepEqual, equal, match } from "node:assert/strict";
import {
  maeModel,
  MODEL_PRESETS,
  stagesOnGrid,
  withTarget,
} from "../../../core/mod.ts";
import {
  cellsNote,
  describeModel,
  modelTable,
} from "../../../cli/output/model_words.ts";

const vitB = MODEL_PRESETS["vit-b"];

Deno.test("modelTable() has a line for each model that has a name", () => {
  const [head = "", ...rows] = modelTable().split("\n");
  match(head, /^model +blocks +width +heads +pixels +patch +parameters$/);
  deepEqual(rows.map((row) => row.split(" ")[0]), Object.keys(MODEL_PRESETS));
  match(rows[4] ?? "", /^vit-b +12 +768 +12 +224 +16 +85\.6 M$/);
});

Deno.test("describeModel() counts what a ViT-B has, without its fixed position table", () => {
  // timm's vit_base_patch16_224 without head: 85,798,656; the table has 197 · 768, the final norm 2 · 768.
  const encoder = 85_798_656 - 197 * 768 - 2 * 768;
  equal((encoder / 1e6).toFixed(1), "85.6");
  match(
    describeModel(vitB),
    /^12 blocks of width 768, 224 px in patches of 16, 4 stages, 85\.6 M /,
  );
});

Deno.test("cellsNote() says what stages predict on an odd grid only", () => {
  equal(cellsNote(vitB), null);
  const stages = stagesOnGrid(vitB.stages, 7);
  match(
    cellsNote({ ...vitB, patchSize: 32, stages }) ?? "",
    /^7 × 7 patches, an odd number, .*: the stages predict 4, 2, 1 and 1 cells/,
  );
});

Deno.test("describeModel() says what stages predict where it is not HOG, and how large MAE's decoder is", () => {
  match(
    describeModel(maeModel(vitB)),
    /, 1 stage of normalised pixels \(MAE\) by a decoder of 8 blocks of width 512, 85\.6 M /,
  );
  match(describeModel(withTarget(vitB, "pixels")), /, 4 stages of pixels, /);
});

Deno.test("cellsNote() says in which cells several stages predict pixels", () => {
  match(
    cellsNote(withTarget(vitB, "pixels")) ?? "",
    /^pixels are predicted within patches: the stages predict 4, 2, 1 and 1 cells/,
  );
  equal(cellsNote(maeModel({ ...vitB, patchSize: 32 })), null);
});
