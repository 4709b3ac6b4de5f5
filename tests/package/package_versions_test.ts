import { deepStrictEqual, ok } from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { addressOf, ROOT } from "../programs.ts";

/** One file of a module graph, as `deno info` prints it. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly specifier: string }[];
}

/** Files that are reached from what the package exports, from its program and its workers. */
const ENTRIES = [
  ...Object.values(config.exports),
  "cli/main.ts",
  "data/loader/render_worker.ts",
  "backends/onnx/kernels/kernel_worker.ts",
];

const MAP: Readonly<Record<string, string>> = config.imports;

async function modulesOf(entry: string): Promise<readonly ModuleInfo[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  return modules.filter(({ specifier }: ModuleInfo) =>
    specifier.startsWith(addressOf(""))
  );
}

/** Names that a file asks the runtime to resolve. */
async function resolvedBy(address: string): Promise<readonly string[]> {
  const text = await Deno.readTextFile(new URL(address));
  return [...text.matchAll(/import\.meta\.resolve\("([^"]+)"\)/g)]
    .map(([, name = ""]) => name)
    // Outside Deno a package is known by its name alone.
    .filter((name) => name.startsWith("npm:"));
}

/** Fault of the name of a package, or `null`. */
function faultOf(specifier: string): string | null {
  const [name = ""] = specifier.replace(/^npm:/, "")
    .match(/^(@[^/@]+\/)?[^/@]+/) ?? [];
  const wanted = MAP[name];
  if (wanted === undefined) return `${specifier} is not in deno.json`;
  return specifier === wanted || specifier.startsWith(`${wanted}/`)
    ? null
    : `found ${specifier}, wanted ${wanted} as deno.json says`;
}

Deno.test("code that is published names packages with the versions of deno.json: imported by its path it has no import map", async () => {
  const named = new Map<string, readonly string[]>();
  for (
    const { specifier, dependencies = [] }
      of (await Promise.all(ENTRIES.map(modulesOf))).flat()
  ) {
    if (named.has(specifier)) continue;
    const imported = dependencies.map((each) => each.specifier)
      .filter((name) => !/^(\.|node:)/.test(name));
    named.set(specifier, [...imported, ...await resolvedBy(specifier)]);
  }
  const faults = [...named].flatMap(([file, names]) =>
    names.flatMap((name) => faultOf(name) ?? []).map((fault) =>
      `${file.slice(addressOf("").length)}: ${fault}`
    )
  );
  ok([...named.values()].flat().length > 30, "there are more imports");
  deepStrictEqual(faults, []);
});

Deno.test("faultOf() refuses another version, no version and an unknown package", () => {
  const wanted = MAP["fp-ts"] ?? "";
  deepStrictEqual(
    ["npm:fp-ts@2.0.0", "fp-ts", "npm:left-pad@1.0.0", wanted].map(faultOf),
    [
      `found npm:fp-ts@2.0.0, wanted ${wanted} as deno.json says`,
      `found fp-ts, wanted ${wanted} as deno.json says`,
      "npm:left-pad@1.0.0 is not in deno.json",
      null,
    ],
  );
});

Deno.test("deno.json denies the scripts of all packages that have any: the first start says nothing of them", async () => {
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const packages: Readonly<Record<string, { readonly scripts?: boolean }>> =
    lock.npm;
  const withScripts = Object.entries(packages)
    .filter(([, { scripts }]) => scripts === true)
    .map(([name]) => `npm:${name.replace(/(.)@.*$/, "$1")}`);
  deepStrictEqual(config.allowScripts.deny.toSorted(), withScripts.toSorted());
});
