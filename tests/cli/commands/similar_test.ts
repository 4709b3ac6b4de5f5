import { match, ok, strictEqual } from "node:assert/strict";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  writeMade,
  writeNoise,
} from "../../train/weights/classifier/made_classifier.ts";
import { lastLine, runExample } from "../evaluate/program.ts";

const CPU = ["--backend", "cpu"];

Deno.test("similar.ts lists the nearest pictures and draws them, and leaves a picture out of its own row", () =>
  inFolder(async (folder) => {
    const made = await writeMade(folder);
    await Deno.mkdir(`${folder}/photos`);
    await writeNoise(`${folder}/photos`, ["a", "b", "c"]);
    const svg = `${folder}/similar.svg`;
    const args = [
      ...[made, `${folder}/photos/a.png`, "--data", `${folder}/photos`],
      ...["--most", "2", "--svg", svg, ...CPU],
    ];
    const end = await runExample("similar.ts", ...args);
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /a\.png: \(it is one of them, and left out\)$/m);
    strictEqual(
      end.stdout.match(/^ {2}-?[01]\.\d{4} {2}.*\.png$/gm)?.length,
      2,
    );
    match(await Deno.readTextFile(svg), /<image [\s\S]*<image [\s\S]*<image /);
    const json = await runExample("similar.ts", ...args, "--json");
    const [row] = lastLine(json).similar as { isAmongThem: boolean }[];
    ok(row?.isAmongThem);
    const grey = await runExample("similar.ts", ...args, "--tokens", "patches");
    strictEqual(grey.code, 2);
    match(grey.stderr, /^--tokens: found with a classifier/m);
  }));
