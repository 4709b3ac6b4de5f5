import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  planOf,
  predictedSaving,
} from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { programAddress, runProgram } from "../../programs.ts";
import { right } from "../../right.ts";

const PROGRAM = "print_plan.ts";

interface Output {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function run(...args: readonly string[]): Promise<Output> {
  const { code, stdout, stderr } = await runProgram(PROGRAM, ...args);
  return { code, out: stdout, error: stderr };
}

Deno.test("print_plan prints a line for each layer and phase, and what is saved", async () => {
  const { code, out, error } = await run();
  equal(code, 0);
  equal(error, "");
  match(out, /^ {4}0 {2}patch_embed {2}1 {6}0\.512000 .* 51\.20 {2}32,000$/m);
  match(out, /^ {3}12 {2}block 11 {5}4 tap {2}1\.000000 .* never$/m);
  equal(out.match(/–/g)?.length, 13);
  match(out, /^Saves 17\.3 % of the floating-point operations/m);
  match(out, /as much as 120 with it/);
});

Deno.test("print_plan --json prints the plan and nothing else, which decodePlan() reads", async () => {
  const { out, error } = await run("--json", "--t0", "0.9");
  equal(error, "");
  const plan = right(decodePlan(JSON.parse(out)));
  const { freeze } = DEFAULT_PRETRAIN_CONFIG;
  const config = { ...DEFAULT_PRETRAIN_CONFIG, freeze: { ...freeze, t0: 0.9 } };
  deepEqual(plan, right(planOf(config, 1_281_167)));
});

Deno.test("print_plan --saving plans backwards", async () => {
  const { out } = await run("--json", "--saving", "0.25", "--model", "vit-s");
  const saving = predictedSaving(right(decodePlan(JSON.parse(out))));
  ok(saving >= 0.25 && saving < 0.2501);
});

Deno.test("print_plan --same-cost-as-unfrozen plans the epochs that the saving is worth", async () => {
  const { out } = await run("--same-cost-as-unfrozen", "--model", "vit-s");
  const [, epochs] = out.match(/^100 epochs → (\d+): the cost of 100/m) ?? [];
  const plain = await run("--model", "vit-s");
  match(
    plain.out,
    new RegExp(`^100 epochs .* as much as ${epochs} with it`, "m"),
  );
});

Deno.test("print_plan --svg draws the plan", async () => {
  const file = await Deno.makeTempFile({ suffix: ".svg" });
  const { code } = await run("--svg", file);
  equal(code, 0);
  const svg = await Deno.readTextFile(file);
  await Deno.remove(file);
  match(svg, /^<svg xmlns/);
  match(svg, /Epoch/);
});

Deno.test("print_plan refuses what it does not know, on the error stream", async () => {
  const { code, out, error } = await run("--epoch", "3", "--t0", "2");
  equal(code, 2);
  equal(out, "");
  match(error, /--epoch: .* the nearest is --epochs/);
  match(
    error,
    /--t0: found "2", wanted a number in \(0, 1\]; the nearest is 1/,
  );
});

Deno.test("print_plan --help has a line for every flag", async () => {
  const { code, out } = await run("--help");
  equal(code, 0);
  for (const flag of ["model", "t0", "sr-lr", "saving", "svg", "json"]) {
    match(out, new RegExp(`^  --${flag}( \\S+)? {2,}\\S`, "m"));
  }
});

Deno.test("print_plan needs no tensor library", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", programAddress(PROGRAM)],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly modules: readonly { readonly specifier: string }[];
  };
  const packages = modules.map(({ specifier }) => specifier)
    .filter((specifier) => specifier.startsWith("npm:"));
  ok(packages.length > 0);
  doesNotMatch(packages.join(), /tensorflow|onnxruntime|sharp/);
});

Deno.test("print_plan --svg says which file cannot be written", async () => {
  const file = "/nowhere/plan.svg";
  const { code, error } = await run("--svg", file);
  equal(code, 1);
  match(error, /^Cannot use \/nowhere\/plan\.svg: No such file/);
});
