/**
 * Work of a training step on a graphics card as it is planned: dispatches and bytes, beside
 * those of one launch for each node and the least that the graph allows. It needs no card.
 *
 * ```sh
 * deno run -A bench/design.ts --batch-size 64
 * ```
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-env=WS_NO_BUFFER_UTIL,NODE_ENV
 * ```
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { parseArgs } from "node:util";
import { referenceBackend } from "../backends/mod.ts";
import { compileGraph } from "../backends/webgpu/compile/compile_graph.ts";
import { bytesOf } from "../backends/webgpu/runtime/memory/lifetimes.ts";
import { shareScratch } from "../backends/webgpu/runtime/memory/sharing.ts";
import type {
  CommandList,
  Value,
} from "../backends/webgpu/wgsl/command_list.ts";
import { type Graph, MODEL_PRESETS, sizeOf } from "../core/mod.ts";
import { joinedStep } from "../train/engine/step/joined_phase.ts";
import { planPhase } from "../train/engine/step/phase.ts";
import type { Task } from "../train/engine/task.ts";
import { orThrow, pretrainTask } from "../train/mod.ts";
import { textTable } from "../cli/output/text_table.ts";
import { benchedPlan, configOf } from "./step/step_spec.ts";

/** The planned work of a step. */
interface Row {
  readonly model: string;
  readonly frozen: number;
  readonly activations: "f32" | "bf16";
  /** Dispatches, each grouped kernel as one. */
  readonly dispatches: number;
  /** Launches of one for each node that computes. */
  readonly nodes: number;
  /** Gigabytes that kernels read and write. */
  readonly moved: number;
  /** The same with one launch for each node. */
  readonly movedByNodes: number;
  /** The least: given and kept tensors once, and what the backward pass needs once written and once read. */
  readonly least: number;
  /** Gigabytes of intermediate values in memory. */
  readonly scratch: number;
}

/** Limits of large cards. */
const LIMITS = {
  ...{ workgroupBytes: 32_768, invocations: 256, buffers: 8, isGpu: true },
} as const;

/** Bytes of one binding. */
const BINDING = 2 ** 31;

const FREE = new Set(["input", "constant", "reshape"]);

const bytesOfShape = (shape: readonly number[]): number => 4 * sizeOf(shape);

/** Launches and bytes of one for each node. */
function byNodes({ nodes }: Graph): { count: number; bytes: number } {
  const computed = nodes.filter(({ op }) => !FREE.has(op));
  const bytes = computed.map(({ shape, inputs }) =>
    bytesOfShape(shape) +
    inputs.reduce((sum, id) => sum + bytesOfShape(nodes[id]!.shape), 0)
  );
  return {
    count: computed.length,
    bytes: bytes.reduce((sum, part) => sum + part, 0),
  };
}

/** Bytes that kernels of a list read and write. */
function movedBy({ calls, values }: CommandList): number {
  const sum = (ids: Iterable<number>): number =>
    [...new Set(ids)].reduce((total, id) => total + bytesOf(values[id]!), 0);
  return calls.reduce(
    (total, call) =>
      total +
      (call._tag === "Kernel"
        ? sum(call.bindings.map(({ value }) => value))
        : call.members.reduce((all, { values }) => all + sum(values), 0)),
    0,
  );
}

/** Bytes that no order of kernels can avoid while each intermediate tensor goes through memory once. */
function leastOf({ values, replaced }: CommandList, kept: number): number {
  const isReplaced = new Set(Object.values(replaced));
  const given = values.reduce((sum, value: Value) => {
    const { place } = value;
    if (place._tag === "Scratch") return sum;
    const isTwice = place._tag === "Input" && isReplaced.has(place.name);
    return sum + bytesOf(value) * (isTwice ? 2 : 1);
  }, 0);
  return given + 2 * kept;
}

async function rowOf(
  model: keyof typeof MODEL_PRESETS,
  frozen: number,
  batchSize: number,
  activations: "f32" | "bf16",
): Promise<Row> {
  const config = configOf(MODEL_PRESETS[model], batchSize);
  const plan = orThrow(benchedPlan(config));
  const phase = plan.phases.find(({ frozenLayers }) => frozenLayers === frozen);
  if (phase === undefined) {
    throw new Error(`${model} has no phase with ${frozen} frozen layers`);
  }
  const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
  const planned = orThrow(await planPhase(referenceBackend(), task, phase));
  const { graph, replaces, guard } = orThrow(joinedStep(task, planned, true));
  const list = compileGraph(graph, {
    ...{ limits: LIMITS, activations },
    ...replaces === undefined ? {} : { replaces },
    ...guard === undefined ? {} : { guard },
  });
  const scratch = shareScratch(list, BINDING).bytes
    .reduce((sum, bytes) => sum + bytes, 0);
  const { count, bytes } = byNodes(graph);
  return {
    ...{ model, frozen, activations },
    dispatches: list.calls.length,
    nodes: count,
    moved: movedBy(list) / 1e9,
    movedByNodes: bytes / 1e9,
    least: leastOf(list, scratch) / 1e9,
    scratch: scratch / 1e9,
  };
}

const { values } = parseArgs({
  options: {
    "batch-size": { type: "string", default: "64" },
    json: { type: "boolean", default: false },
  },
});
const batchSize = Number(values["batch-size"]);
if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
  console.error(`--batch-size ${values["batch-size"]} is no whole number`);
  Deno.exit(2);
}

const rows: Row[] = [];
for (const model of ["vit-b", "vit-s", "nano"] as const) {
  for (const frozen of model === "nano" ? [0, 3, 5] : [0, 7, 11]) {
    for (const activations of ["f32", "bf16"] as const) {
      rows.push(await rowOf(model, frozen, batchSize, activations));
    }
  }
}
if (values.json) console.log(JSON.stringify({ batchSize, rows }, null, 1));
else {
  const digits = (number: number) => number.toPrecision(3);
  console.log(textTable(
    [
      ["model", "left"],
      ["frozen", "right"],
      ["activations", "left"],
      ["dispatches", "right"],
      ["nodes", "right"],
      ["GB moved", "right"],
      ["by nodes", "right"],
      ["least", "right"],
      ["GB scratch", "right"],
    ],
    rows.map((row) => [
      row.model,
      String(row.frozen),
      row.activations,
      String(row.dispatches),
      String(row.nodes),
      digits(row.moved),
      digits(row.movedByNodes),
      digits(row.least),
      digits(row.scratch),
    ]),
  ));
}
