/**
 * Ends its process while phases are compiled: after so many milliseconds, by the
 * program's own will, by a second Ctrl-C's handler or by an exception.
 *
 * @module
 */
import process from "node:process";
import { onnxBackend } from "../../backends/mod.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  planOf,
} from "../../core/mod.ts";
import { orThrow, pretrainTask } from "../../train/mod.ts";
import { compilePhase } from "../../train/engine/step/phase.ts";

const [how = "", milliseconds = "0"] = process.argv.slice(2);
const end = (): never => process.exit(7);
process.on("SIGINT", end);
process.on("uncaughtException", end);

const backend = orThrow(await onnxBackend({ threads: 1 }));
const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano };
const plan = orThrow(planOf(config, 100_000));
for (const phase of plan.phases.slice(0, 3)) {
  void compilePhase(backend, pretrainTask({ config, plan }), phase);
}
setTimeout(() => {
  if (how === "exception") throw new Error("nobody waits for this");
  if (how === "signal") Deno.kill(Deno.pid, "SIGINT");
  else end();
}, Number(milliseconds));
