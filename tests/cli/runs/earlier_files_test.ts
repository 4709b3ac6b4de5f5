import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { untrainedFile } from "../../../cli/evaluate/output_file.ts";
import { type ConfigKind, settingsFrom } from "../../../cli/runs/settings.ts";
import { right } from "../../../core/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const KIND: ConfigKind<unknown, Record<never, never>> = {
  task: "finetune",
  files: ["classifier.safetensors"],
  decode: right,
  base: () => null,
  changed: right,
};

Deno.test("a run begins with the file of an earlier version, in the folder that it lies in if that was named", () =>
  inFolder(async (folder) => {
    const file = join(folder, "classifier.safetensors");
    await Deno.writeTextFile(file, "");
    const of = async (flags: object) => {
      const { file, outputDir, earlier } = await settingsFrom(KIND, flags);
      return { file, outputDir, earlier };
    };
    const earlier = null;
    const other = join(folder, "other");
    deepStrictEqual(await of({}), { file: null, outputDir: null, earlier });
    deepStrictEqual(await of({ resume: folder }), {
      ...{ file, outputDir: folder, earlier },
    });
    deepStrictEqual(await of({ resume: "auto", "output-dir": folder }), {
      ...{ file, outputDir: folder, earlier },
    });
    deepStrictEqual(await of({ resume: file }), {
      ...{ file, outputDir: null, earlier },
    });
    deepStrictEqual(await of({ resume: file, "output-dir": other }), {
      ...{ file, outputDir: other, earlier },
    });
  }));

Deno.test("untrainedFile() stands beside the file of the trained one", () => {
  strictEqual(untrainedFile("a/b.safetensors"), "a/b-untrained.safetensors");
  strictEqual(untrainedFile("a/b"), "a/b-untrained.safetensors");
});
