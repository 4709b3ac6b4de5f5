import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describeFaults } from "../../../core/mod.ts";
import {
  decodeMethods,
  methodsIn,
  methodsNamed,
  THESIS_METHODS,
} from "../../../cli/compare/methods.ts";
import { right } from "../../right.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const faultsOf = (input: unknown): string => {
  const result = decodeMethods(input);
  return result._tag === "Left" ? describeFaults(result.left) : "none";
};

Deno.test("decodeMethods() takes a list of names with flags and costs, and names every fault with its place", () => {
  const good = [{ name: "a" }, { name: "b", flags: "--t0 0.8", cost: "a" }];
  deepStrictEqual(right(decodeMethods(good)), good);
  match(faultsOf({}), /wanted a list/);
  match(faultsOf([]), /at least one item/);
  match(
    faultsOf([{ name: "a/b" }]),
    /\[0\]\.name: found "a\/b", wanted letters/,
  );
  match(
    faultsOf([{ name: "untrained" }]),
    /\[0\]\.name: .*other than untrained/,
  );
  match(faultsOf([{ name: ".." }]), /\[0\]\.name: found "\.\."/);
  match(faultsOf([{ name: "a", flag: "" }]), /nearest is "flags"/);
  match(faultsOf([{ name: "a", flags: ["--t0"] }]), /\[0\]\.flags/);
  match(faultsOf([{ name: "a", cost: -1 }]), /\[0\]\.cost: found -1/);
  match(
    faultsOf([{ name: "a" }, { name: "a" }]),
    /\[1\]\.name: found "a", wanted each name once/,
  );
});

Deno.test("methodsNamed() finds methods of the thesis and says which name is nearest", () => {
  deepStrictEqual(
    right(methodsNamed("freezeout,unfrozen")),
    THESIS_METHODS.slice(0, 2),
  );
  const bad = methodsNamed("freezout");
  match(bad._tag === "Left" ? bad.left : "", /nearest is freezeout/);
  strictEqual(methodsNamed("lr-lr,lr-lr")._tag, "Left");
});

Deno.test("methodsIn() refuses a file that is missing or no JSON, and names the file in its faults", () =>
  inFolder(async (folder) => {
    const path = `${folder}/methods.json`;
    await rejects(methodsIn(path));
    await writeFile(path, "[");
    await rejects(methodsIn(path));
    await writeFile(path, '[{"title":"x"}]');
    const result = await methodsIn(path);
    const text = result._tag === "Left" ? describeFaults(result.left) : "";
    match(text, /methods\.json: \[0\]\.name/);
  }));
