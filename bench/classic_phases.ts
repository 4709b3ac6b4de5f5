/**
 * Time of the forward and backward pass in each phase of a network's training under
 * FreezeOut, and what freezing so saves of a run, beside the prediction.
 *
 * ```sh
 * deno run -A bench/classic_phases.ts --family densenet --image-size 16 --epochs 10
 * ```
 *
 * Flags are those of `cli/main.ts classic`; images are 2,500 grey ones in ten classes.
 * The phases take turns, on one thread, and processor time is counted: so other work of
 * the machine changes little. The output is a line of JSON.
 */
// deno-lint-ignore-file no-console -- talking is what programs do
import process from "node:process";
import { onnxBackend, type Program } from "../backends/mod.ts";
import type { DeviceTensors } from "../backends/backend.ts";
import {
  CLASSIC_FLAGS,
  classicSettings,
  fittedTo,
} from "../cli/classic/classic_flags.ts";
import { freezeOutEstimate } from "../cli/classic/network_flags.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import {
  convNetDropout,
  convNetPlan,
  convNetStepGraph,
  inputSignatures,
  type Phase,
  phaseFlops,
  savedPart,
  sizeOf,
} from "../core/mod.ts";
import { embeddedFashionMnist } from "../data/mod.ts";
import { initialConvNet, orThrow } from "../train/mod.ts";
import { compileGraph } from "../train/engine/programs.ts";
import { disposeAll, uploadAll } from "../train/engine/tensors.ts";
import { processorHere } from "./processor.ts";

/** Images of a run, and turns that each phase takes. */
const [IMAGES, TURNS] = [2500, 12];

const values = orThrow(parseFlags(CLASSIC_FLAGS, Deno.args));
const source = orThrow(await embeddedFashionMnist());
const config = fittedTo(source, await classicSettings(values), values);
const { model, training: { batchSize: batch } } = config;
const plan = orThrow(convNetPlan(config, IMAGES));
const backend = orThrow(await onnxBackend({ threads: 1 }));

const graphOf = ({ frozenLayers }: Phase) =>
  convNetStepGraph({ ...model, batch, firstTrained: frozenLayers });

/** The network as it begins, images, the first class for all, and nothing dropped. */
function inputs(): DeviceTensors {
  const { parameters, statistics } = initialConvNet({ config, plan });
  const tensors = new Map([...parameters, ...statistics]);
  const signatures = inputSignatures(orThrow(graphOf(plan.phases[0])));
  const { rate } = convNetDropout(model);
  const made = (name: string, size: number): Float32Array =>
    Float32Array.from(
      { length: size },
      (_, i) =>
        name === "targets"
          ? +(i % model.classes === 0)
          : name === "dropout"
          ? 1 / (1 - rate)
          : Math.sin(i * i),
    );
  const all = Object.entries(signatures).map((
    [name, { shape }],
  ) => [name, { shape, data: tensors.get(name) ?? made(name, sizeOf(shape)) }]);
  return uploadAll(backend, Object.fromEntries(all));
}

const given = inputs();

/** Processor time of a run, milliseconds. */
async function timeOf(program: Program): Promise<number> {
  const before = process.cpuUsage();
  const outputs = orThrow(await program.run(given));
  disposeAll(outputs.values());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const programs = new Map<Phase, Program>();
for (const phase of plan.phases) {
  programs.set(phase, orThrow(await compileGraph(backend, graphOf(phase))));
}
const times = new Map<Phase, number>();
for (let turn = 0; turn < TURNS; turn++) {
  for (const [phase, program] of programs) {
    // The shortest is the one that other work disturbed least.
    const time = Math.min(times.get(phase) ?? Infinity, await timeOf(program));
    times.set(phase, time);
  }
}
console.log(JSON.stringify({
  processor: processorHere(),
  model,
  milliseconds: plan.phases.map((phase) => times.get(phase)),
  measuredSaving: savedPart(plan, (phase) => times.get(phase) ?? NaN),
  predictedSaving: savedPart(plan, phaseFlops(plan)),
  freezeOutEstimate: freezeOutEstimate(config),
}));
Deno.exit(0);
