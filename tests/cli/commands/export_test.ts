import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { openEncoder, orThrow } from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine, runExample, writeNano } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

Deno.test("export.ts writes a checkpoint's encoder, which openEncoder() reads again", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 10, t10k: 10 });
    const out = `${folder}/out`;
    const end = await runExample(
      "export.ts",
      encoder,
      out,
      "--data",
      data,
      "--title",
      "Nano",
    );
    strictEqual(end.code, 0, end.stderr);
    strictEqual(lastLine(end).folder, out);
    match(await Deno.readTextFile(`${out}/README.md`), /^# Nano$/m);
    const [before, after] = [
      orThrow(await openEncoder(encoder)),
      orThrow(await openEncoder(out)),
    ];
    deepStrictEqual(
      after.parameters.get("blocks.5.mlp.fc2.weight"),
      before.parameters.get("blocks.5.mlp.fc2.weight"),
    );
    deepStrictEqual(
      after.parameters.get("norm.0.weight"),
      before.parameters.get("norm.3.weight"),
    );
  }));

Deno.test("export.ts wants to know the images of a checkpoint without a run", () =>
  inFolder(async (folder) => {
    const end = await runExample(
      "export.ts",
      await writeNano(folder),
      `${folder}/out`,
    );
    strictEqual(end.code, 2);
    match(end.stderr, /name images of that kind: --data/);
  }));
