/**
 * Each program with exactly the permissions that `docs/permissions.md` names, and
 * without each of them.
 *
 * @module
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { inFolder } from "../train/temporary_folder.ts";
import { writeNano } from "./evaluate/program.ts";
import { type ProgramEnd, writeSmallIdx } from "./pretrain/program.ts";

const ROOT = new URL("../../", import.meta.url);

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Runs Deno at the top of the repository, without a terminal. */
async function deno(...args: readonly string[]): Promise<ProgramEnd> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/** A permission: its flag and its values, none for all. */
type Permission = readonly [flag: string, values: readonly string[]];

/** The rows of the table, by program. */
async function documented(): Promise<
  ReadonlyMap<string, readonly Permission[]>
> {
  const table = await Deno.readTextFile(new URL("docs/permissions.md", ROOT));
  const rows = table.matchAll(/^\| `(\w+\/\w+\.ts)`\s+\| (.*) \|$/gm);
  return new Map(
    Array.from(rows, ([, program = "", cell = ""]) => {
      const flags = Array.from(cell.matchAll(/`([^`]+)`/g), ([, flag = ""]) => {
        const [name = "", values] = flag.split("=");
        return [name, values?.split(",") ?? []] as const;
      });
      return [program, flags] as const;
    }),
  );
}

const flagOf = ([name, values]: Permission): string =>
  values.length === 0 ? name : `${name}=${values.join(",")}`;

/** Every way to leave one value or one whole permission out. */
function lessThan(all: readonly Permission[]): readonly {
  readonly left: Permission;
  readonly rest: readonly Permission[];
}[] {
  return all.flatMap(([name, values], i) =>
    values.length < 2
      ? [{ left: [name, values] as const, rest: all.toSpliced(i, 1) }]
      : values.map((value, k) => ({
        left: [name, [value]] as const,
        rest: all.with(i, [name, values.toSpliced(k, 1)]),
      }))
  );
}

/** What stands for the capitals of the table, and the command line of each program. */
interface Stage {
  readonly places: Readonly<Record<string, string>>;
  readonly calls: Readonly<Record<string, readonly string[]>>;
}

async function stageIn(folder: string): Promise<Stage> {
  const encoder = await writeNano(`${folder}/encoder`);
  const data = await writeSmallIdx(`${folder}/data`, { train: 40, t10k: 20 });
  const { npmCache } = JSON.parse((await deno("info", "--json")).stdout);
  const [svg, run, out] = ["plan.svg", "run", "out"].map((name) =>
    `${folder}/${name}`
  );
  const onData = ["--data", data, "--backend", "onnx"];
  const short = ["--epochs", "1", "--warmup-epochs", "0", "--batch-size", "20"];
  return {
    places: {
      DENO: Deno.execPath(),
      DATA: data,
      ENCODER: encoder,
      RUN: run!,
      OUT: out!,
      SVG: svg!,
      NPM: npmCache,
    },
    calls: {
      "examples/print_plan.ts": ["--model", "nano", "--svg", svg!],
      "examples/pretrain.ts": [
        ...["--output-dir", run!, "--model", "nano", ...onData],
        ...[...short, "--accum-iter", "1"],
      ],
      "examples/knn.ts": [encoder, ...onData],
      "examples/linear_probe.ts": [encoder, ...onData, ...short],
      "examples/finetune.ts": [
        encoder,
        ...onData,
        ...short,
        "--accum-iter",
        "1",
      ],
      "examples/export.ts": [encoder, out!, "--data", data],
      "bench/step.ts": [
        "--model",
        "nano",
        "--frozen",
        "6",
        "--backend",
        "wasm",
        "--batch-size",
        "2",
        "--steps",
        "1",
      ],
    },
  };
}

/** Runs a program with some permissions, its output folders gone before. */
async function runWith(
  { places, calls }: Stage,
  program: string,
  permissions: readonly Permission[],
): Promise<ProgramEnd> {
  for (const place of [places["RUN"], places["OUT"], places["SVG"]]) {
    await Deno.remove(place!, { recursive: true }).catch(() => {});
  }
  const flags = permissions.map(([name, values]) =>
    flagOf([name, values.map((value) => places[value] ?? value)])
  );
  return await deno(
    ...["run", "--no-check", "--no-prompt", "--quiet", ...flags],
    ...[program, ...calls[program] ?? []],
  );
}

Deno.test("each program works with the permissions that docs/permissions.md names, and without any of them says in a line which it needs", async (t) => {
  const rows = await documented();
  await inFolder(async (folder) => {
    const stage = await stageIn(folder);
    strictEqual(String([...rows.keys()]), String(Object.keys(stage.calls)));
    for (const [program, permissions] of rows) {
      await t.step(`${program} with exactly these`, async () => {
        const head = await Deno.readTextFile(new URL(program, ROOT));
        for (const permission of permissions) {
          ok(
            head.includes(flagOf(permission)),
            `the head of ${program} says ${flagOf(permission)}`,
          );
        }
        const end = await runWith(stage, program, permissions);
        strictEqual(end.code, 0, end.stderr);
      });
      for (const { left, rest } of lessThan(permissions)) {
        await t.step(`${program} without ${flagOf(left)}`, async () => {
          const end = await runWith(stage, program, rest);
          ok(end.code === 1 || end.code === 2, `${end.code}: ${end.stdout}`);
          match(end.stderr, new RegExp(`^needs ${left[0]}\\b.*$`, "m"));
          ok(!/^\s+at /m.test(end.stderr), end.stderr);
        });
      }
    }
  });
});
