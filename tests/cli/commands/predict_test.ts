import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  writeMade,
  writeNoise,
} from "../../train/weights/classifier/made_classifier.ts";
import { runExample, writeNano } from "../evaluate/program.ts";
import { endOf, programAddress, scriptCommand } from "../../programs.ts";

const CPU = ["--backend", "cpu"];

const rowsOf = (text: string): readonly string[] => text.trimEnd().split("\n");

Deno.test("predict.ts prints a row for each picture, the reason of one that cannot be read, and its count beside them", () =>
  inFolder(async (folder) => {
    const made = await writeMade(folder);
    const [a = ""] = await writeNoise(folder, ["a, b"]);
    const text = `${folder}/text.jpg`;
    await Deno.writeTextFile(text, "no picture");
    const end = await runExample("predict.ts", made, a, text, ...CPU);
    strictEqual(end.code, 0, end.stderr);
    const [head, first = "", second = "", ...none] = rowsOf(end.stdout);
    deepStrictEqual(none, []);
    strictEqual(head, "path,class,probability,class_2,probability_2,error");
    ok(first.startsWith(`"${a}",`), first);
    match(first, /,0\.\d{4},.*,0\.\d{4},$/);
    match(second, /text\.jpg,,,,,"found a text file, wanted /);
    match(end.stderr, /^1 of 2 pictures could not be read, the first /m);
    const bad = await runExample("predict.ts", made, text, ...CPU);
    strictEqual(bad.code, 1);
    match(bad.stderr, /^no picture could be read$/m);
  }));

Deno.test("predict.ts says of a pre-training what would give it a head", () =>
  inFolder(async (folder) => {
    const [picture = ""] = await writeNoise(folder, ["a"]);
    const encoder = await writeNano(`${folder}/encoder`);
    const end = await runExample("predict.ts", encoder, picture);
    strictEqual(end.code, 2);
    strictEqual(end.stdout, "");
    match(
      end.stderr,
      /^Cannot use .*no head for classes: `finetune` .*`probe`/m,
    );
  }));

Deno.test("predict.ts takes names on the standard input, and refuses too many on the command line", () =>
  inFolder(async (folder) => {
    const made = await writeMade(folder);
    const names = await writeNoise(folder, ["a", "b"]);
    const many = Array(2000).fill(names[0]);
    const end = await runExample("predict.ts", made, ...many);
    strictEqual(end.code, 2);
    match(end.stderr, /^found 2000 names of .*, wanted at most 20 kB: /m);
    const args = [made, "-", "--top", "1", ...CPU];
    const child = scriptCommand(programAddress("predict.ts"), args, {
      stdin: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${names.join("\n")}\n`));
    await writer.close();
    const read = await endOf(child.output());
    strictEqual(read.code, 0, read.stderr);
    deepStrictEqual(
      rowsOf(read.stdout).slice(1).map((row) => row.split(",")[0]),
      names,
    );
  }));
