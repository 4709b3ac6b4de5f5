import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { encode, waves } from "../../data/photographs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { timelessRecord } from "../pretrain/program.ts";
import { allGone, ranksTest, runRanks, startRanks } from "./launched.ts";
import { smallRun, wholeRun } from "./small_run.ts";

/** Of so many images one may be bad: 1 %. */
const IMAGES = 112;

/** A folder of photographs, some of which end too soon. */
async function photographs(
  folder: string,
  bad: readonly number[],
): Promise<string> {
  await Deno.mkdir(folder);
  for (let i = 0; i < IMAGES; i++) {
    const whole = await encode(waves(16 + i % 7, 16 + i % 5), "jpeg");
    const bytes = bad.includes(i) ? whole.subarray(0, 200) : whole;
    await Deno.writeFile(join(folder, `${i}.jpg`), bytes);
  }
  return folder;
}

const badImagesOf = async (run: string): Promise<readonly object[]> =>
  JSON.parse(await Deno.readTextFile(join(run, "bad_images.json")));

ranksTest(
  "an image that cannot be read gives way to the same one as with one process, and is listed once, whichever rank met it",
  () =>
    inFolder(async (folder) => {
      const { flags } = await smallRun(folder);
      const data = await photographs(join(folder, "photographs"), [7]);
      const given = ["--data", data, ...flags, "--output-dir"];
      const [alone, run] = [join(folder, "alone"), join(folder, "run")];
      await wholeRun(...given, alone);
      const { code, said, stdout } = await runRanks(4, ...given, run);
      deepStrictEqual([code, said], [0, []]);
      deepStrictEqual(await timelessRecord(run), await timelessRecord(alone));
      const list = await badImagesOf(run);
      deepStrictEqual(list, await badImagesOf(alone));
      strictEqual(list.length, 1);
      match(JSON.stringify(list), /7\.jpg/);
      strictEqual(stdout.match(/could not be read and gave way/g)?.length, 1);
    }),
);

ranksTest(
  "bad images of all ranks together that are more than 1 % end them with one message",
  () =>
    inFolder(async (folder) => {
      const { flags } = await smallRun(folder);
      const bad = [7, 50, 90];
      const data = await photographs(join(folder, "photographs"), bad);
      const run = join(folder, "run");
      const given = ["--data", data, ...flags, "--output-dir", run];
      const launched = startRanks({ ranks: 4, flags: given });
      const { code, said } = await launched.end;
      ok(code !== 0);
      const messages = said.filter((line) => /^rank \d of 4 on /.test(line));
      deepStrictEqual(messages.length, 1, said.join("\n"));
      match(
        messages[0] ?? "",
        /: Cannot read \d of 112 images, more than the 1 % that may be skipped/,
      );
      await allGone(launched);
    }),
);
