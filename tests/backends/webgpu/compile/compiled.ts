/** Graphs that are compiled, run on the adapter of this machine and compared with their meaning. */
import { deepStrictEqual, fail, ok, strictEqual } from "node:assert/strict";
import type {
  Backend,
  CompileOptions,
  DeviceTensors,
  HostTensor,
  Program,
} from "../../../../backends/backend.ts";
import type { CommandList } from "../../../../backends/webgpu/wgsl/command_list.ts";
import { compileGraph } from "../../../../backends/webgpu/compile/compile_graph.ts";
import { webgpuBackend } from "../../../../backends/webgpu/webgpu_backend.ts";
import {
  type DType,
  type Graph,
  type GraphBuilder,
  inputSignatures,
  interpretGraph,
  type NodeId,
  type Signature,
  traceGraph,
} from "../../../../core/mod.ts";
import { right } from "../../../right.ts";
import { filled } from "../../op_cases.ts";
import { LEAST_LIMITS } from "../run_calls.ts";

/** Writes a graph. */
export type Build = (g: GraphBuilder) => Readonly<Record<string, NodeId>>;

/** Numbers of some inputs; others are random. */
export type Given = Readonly<Record<string, readonly number[]>>;

/** How a graph is compiled, and what it is given. */
export interface Conditions {
  readonly given?: Given;
  readonly replaces?: CompileOptions["replaces"];
  /** Largest error relative to the largest number of the result, or to 1 if that is larger. */
  readonly tolerance?: number;
  /** Rows of the tensors that inputs of whole numbers index; 4 by default. */
  readonly rows?: number;
}

const found = await webgpuBackend();

/** The engine, or nothing where there is no adapter. */
export const engine: Backend | null = found._tag === "Right"
  ? found.right
  : null;

/** Registers a test that needs the adapter. */
export function deviceTest(
  name: string,
  fn: (backend: Backend) => Promise<void>,
): void {
  const reason = found._tag === "Left" ? found.left._tag : "";
  Deno.test({
    name: engine === null ? `${name} [skipped: ${reason}]` : name,
    ignore: engine === null,
    fn: () => fn(engine!),
  });
}

/** The graph that is written. */
export const graphOf = (build: Build): Graph => right(traceGraph(build));

/** The command list of a graph on an adapter with the least limits, checked. */
export function listOf(
  graph: Graph,
  options: Pick<CompileOptions, "replaces" | "guard"> = {},
): CommandList {
  const list = compileGraph(graph, { limits: LEAST_LIMITS, ...options });
  checkBindings(list);
  return list;
}

/** Names of the calls of a list. */
export const callNames = ({ calls }: CommandList): readonly string[] =>
  calls.map(({ name }) => name);

/** Checks that calls bind no more than they may, and nothing that is written twice. */
export function checkBindings(
  { calls }: CommandList,
  most = LEAST_LIMITS.buffers,
): void {
  for (const call of calls) {
    if (call._tag === "GroupedKernel") {
      ok(call.access.length + 1 <= most, `${call.name} binds too much`);
      continue;
    }
    const { bindings, name } = call;
    ok(bindings.length <= most, `${name} binds ${bindings.length}`);
    for (const { value, access } of bindings) {
      const same = bindings.filter((other) => other.value === value);
      ok(access === "read" || same.length === 1, `${name} writes twice`);
    }
  }
}

/** Numbers for every input. */
export function numbersFor(
  graph: Graph,
  { given = {}, rows = 4 }: Conditions,
): Readonly<Record<string, HostTensor>> {
  const entries = Object.entries(inputSignatures(graph));
  return Object.fromEntries(
    entries.map(([name, { shape, dtype }], i): [string, HostTensor] => {
      const random = filled(shape, i + 1).data;
      const numbers = given[name];
      const data = dtype === "int32"
        ? Int32Array.from(
          numbers ?? Array.from(random, (x) => Math.abs(x * 1e4) % rows),
        )
        : Float32Array.from(numbers ?? random);
      return [name, { shape, data }];
    }),
  );
}

/** Uploads tensors. */
export const uploaded = (
  backend: Backend,
  tensors: Readonly<Record<string, HostTensor>>,
): DeviceTensors =>
  new Map(
    Object.entries(tensors).map(([name, x]) => [name, backend.upload(x)]),
  );

const extents = (shape: readonly number[], dtype: DType): string =>
  `${dtype} [${shape.join(", ")}]`;

/** Runs a program once and reads what it gives; inputs stay as they are but for those that are replaced. */
export async function outputsOf(
  backend: Backend,
  program: Program,
  numbers: Readonly<Record<string, HostTensor>>,
  replaced: readonly string[] = [],
): Promise<Readonly<Record<string, ArrayLike<number>>>> {
  const { nodes, outputs: ids } = program.graph;
  const inputs = uploaded(backend, numbers);
  const outputs = await program.run(inputs);
  if (outputs._tag === "Left") throw new Error(JSON.stringify(outputs.left));
  const read: Record<string, ArrayLike<number>> = {};
  for (const [name, x] of outputs.right) {
    const { shape, dtype }: Signature = nodes[ids[name]!] ?? x;
    strictEqual(extents(x.shape, x.dtype), extents(shape, dtype), name);
    read[name] = await x.read();
  }
  for (const [name, x] of inputs) {
    if (replaced.includes(name)) continue;
    deepStrictEqual(await x.read(), numbers[name]!.data, `input ${name}`);
  }
  [...inputs.values(), ...outputs.right.values()].forEach((x) => x.dispose());
  return read;
}

/** Runs a graph twice and compares what it gives with its meaning. */
export async function assertMeaning(
  backend: Backend,
  graph: Graph,
  conditions: Conditions = {},
): Promise<void> {
  const { replaces = {}, tolerance = 5e-6 } = conditions;
  listOf(graph, { replaces });
  const numbers = numbersFor(graph, conditions);
  const wanted = interpretGraph(graph, exactOf(numbers));
  const before = backend.liveTensors();
  const compiled = await backend.compile(graph, { replaces });
  if (compiled._tag === "Left") throw new Error(JSON.stringify(compiled.left));
  const run = () =>
    outputsOf(backend, compiled.right, numbers, Object.values(replaces));
  const found = await run();
  deepStrictEqual(await run(), found, "two runs differ");
  compiled.right.dispose();
  strictEqual(backend.liveTensors(), before, "tensors are left");
  for (const [name, numbers] of Object.entries(wanted)) {
    compare(name, found[name] ?? [], numbers, tolerance);
  }
}

/** The same numbers in float64. */
export const exactOf = (
  numbers: Readonly<Record<string, HostTensor>>,
): Readonly<Record<string, Float64Array>> =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, { data }]) => [
      name,
      Float64Array.from(data),
    ]),
  );

/** Compares numbers with those that are wanted. */
export function compare(
  name: string,
  found: ArrayLike<number>,
  wanted: Float64Array,
  tolerance: number,
): void {
  strictEqual(found.length, wanted.length, `${name} has another size`);
  const scale = wanted.reduce((top, v) => Math.max(top, Math.abs(v)), 1);
  wanted.forEach((v, i) => {
    const error = Math.abs(v - (found[i] ?? NaN)) / scale;
    if (error <= tolerance || Object.is(v, found[i])) return;
    fail(`${name}[${i}] is ${found[i]}, not ${v}: off by ${error}`);
  });
}

/** Registers a test that a graph means on the adapter what it means. */
export function meaningTest(
  name: string,
  build: Build,
  conditions: Conditions = {},
): void {
  deviceTest(
    name,
    (backend) => assertMeaning(backend, graphOf(build), conditions),
  );
}
