import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  keptTraining,
  untrainedFile,
} from "../../../cli/evaluate/finetune_folder.ts";
import { inFolder } from "../../train/temporary_folder.ts";

Deno.test("keptTraining() is in the file or folder that is asked for, else where it goes on from", () =>
  inFolder(async (folder) => {
    const file = join(folder, "classifier.safetensors");
    const [begins, other] = [undefined, join(folder, "other.safetensors")];
    const of = async (flags: Parameters<typeof keptTraining>[0]) => {
      const kept = await keptTraining(flags);
      return kept._tag === "Right" ? kept.right : kept.left;
    };
    deepStrictEqual(await of({ output: other }), {
      resume: begins,
      output: other,
    });
    deepStrictEqual(await of({ "output-dir": folder }), {
      ...{ resume: begins, output: file, folder },
    });
    deepStrictEqual(await of({ resume: folder }), {
      ...{ resume: file, output: file, folder },
    });
    deepStrictEqual(await of({ resume: other }), {
      resume: other,
      output: other,
    });
    deepStrictEqual(await of({ resume: folder, output: other }), {
      resume: file,
      output: other,
    });
    await Deno.writeTextFile(file, "");
    match(
      String(await of({ "output-dir": folder })),
      /holds a classifier; go on with --resume/,
    );
    match(String(await of({ output: other, "output-dir": folder })), /one of/);
  }));

Deno.test("untrainedFile() stands beside the file of the trained one", () => {
  strictEqual(untrainedFile("a/b.safetensors"), "a/b-untrained.safetensors");
  strictEqual(untrainedFile("a/b"), "a/b-untrained.safetensors");
});
