import { ok, strictEqual } from "node:assert/strict";
import {
  type CommandName,
  programName,
} from "../../../cli/output/program_name.ts";
import { runScript } from "../../programs.ts";

const COMMANDS: readonly CommandName[] = [
  "pretrain",
  "plan",
  "watch",
  "evaluate",
  "knn",
  "probe",
  "finetune",
  "compare",
  "classic",
  "predict",
  "similar",
  "export",
];

Deno.test("programName() names a script where one was started, else the command", () => {
  const script = "/home/me/examples/pretrain.ts";
  strictEqual(programName("knn", script), "examples/knn.ts");
  strictEqual(
    programName("knn", "C:\\me\\examples\\knn.ts"),
    "examples/knn.ts",
  );
  strictEqual(programName("knn", "/home/me/cli/main.ts"), "cli/main.ts knn");
  strictEqual(programName("knn", ""), "cli/main.ts knn");
});

Deno.test("programName() of a script is a file that exists, and its help names it", async () => {
  for (const command of COMMANDS) {
    const script = programName(command, "/examples/knn.ts");
    ok(await Deno.stat(new URL(`../../../${script}`, import.meta.url)));
  }
  const { stdout } = await runScript("examples/linear_probe.ts", "--help");
  ok(stdout.includes("deno run -A examples/linear_probe.ts ENCODER"), stdout);
});
