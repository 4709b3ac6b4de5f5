/**
 * A graph computed by a session of ONNX Runtime, without the outputs that are inputs,
 * constants or views.
 */
import {
  type Graph,
  inputSignatures,
  left,
  type NodeId,
  prune,
  type Result,
  right,
  type Signature,
} from "../../core/mod.ts";
import type { BackendError, DeviceTensors } from "../backend.ts";
import { checkInputs } from "../program_inputs.ts";
import { interrupted } from "../interruptible.ts";
import { type Engine, failed, messageOf, type Runner } from "./engine.ts";
import {
  type Int8Form,
  type Int8Matrix,
  int8Matrix,
} from "./fuse/int8_matrix.ts";
import { type Lowered, lowerGraph } from "./lower/lower_graph.ts";
import { encodeModel } from "./file/onnx_model.ts";
import { returnFreedMemory } from "./runtime/memory_advice.ts";
import type { Session } from "./runtime/ort_runtime.ts";
import type { Block } from "./tensor_store.ts";

/** The tensor behind an output. */
type OutputSource =
  /** A tensor that the program was given. */
  | { readonly _tag: "Given"; readonly input: string }
  /** Numbers known in advance. */
  | { readonly _tag: "Fixed"; readonly values: readonly number[] }
  /** The result of a node. */
  | { readonly _tag: "Computed"; readonly node: NodeId };

/** The source of a node, through all reshapes, which leave numbers where they are. */
function sourceOf({ nodes }: Graph, id: NodeId): OutputSource {
  let at = id;
  for (let node = nodes[at]; node?.op === "reshape"; node = nodes[at]) {
    [at = -1] = node.inputs;
  }
  const node = nodes[at];
  switch (node?.op) {
    case "input":
      return { _tag: "Given", input: node.attributes.name };
    case "constant":
      return { _tag: "Fixed", values: node.attributes.values };
    default:
      return { _tag: "Computed", node: at };
  }
}

/** The sources of all outputs of a graph, by name. */
function outputSources(graph: Graph): ReadonlyMap<string, OutputSource> {
  return new Map(
    Object.entries(graph.outputs).map(([name, id]) => [
      name,
      sourceOf(graph, id),
    ]),
  );
}

/**
 * The part of a graph that must be computed.
 *
 * @returns The graph of the nodes behind computed outputs; each once, its position as its name.
 */
function computedPart(
  graph: Graph,
  sources: ReadonlyMap<string, OutputSource>,
): Graph {
  const computed = [...sources.values()].flatMap((source) =>
    source._tag === "Computed" ? [[String(source.node), source.node]] : []
  );
  return { nodes: graph.nodes, outputs: Object.fromEntries(computed) };
}

/** A tensor of the session, under its name in the graph. */
type Port = readonly [name: string, signature: Signature];

/** Everything that a run needs besides its inputs. */
interface Compiled {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly wanted: Readonly<Record<string, Signature>>;
  readonly sources: ReadonlyMap<string, OutputSource>;
  /** `null` if there is nothing to compute. */
  readonly session: Session | null;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Blocks by the names of ports. */
type Blocks = ReadonlyMap<string, Block>;

async function openSession(
  { runtime, threads }: Engine,
  { model }: Lowered,
): Promise<Session | null> {
  if (model.outputs.length === 0) return null;
  // ONNX Runtime walks back from the last node that nothing uses, so it would compute
  // the deepest gradient first and keep every activation for the others until then.
  const nodes = model.nodes.toReversed();
  return await runtime.open(encodeModel({ ...model, nodes }), {
    threads,
    inputs: model.inputs.map(({ name }) => name),
    outputs: model.outputs.map(({ name }) => name),
  });
}

/** Matrices by the names of the inputs that they stand for. */
type Weights = ReadonlyMap<string, Int8Matrix>;

async function compile(
  engine: Engine,
  graph: Graph,
  weights: Weights,
): Promise<Compiled> {
  const needed = prune(graph);
  const sources = outputSources(needed);
  const part = prune(computedPart(needed, sources));
  const lowered = lowerGraph("fused", part, weights);
  const session = await openSession(engine, lowered);
  const given = inputSignatures(part);
  return {
    engine,
    graph: needed,
    wanted: inputSignatures(needed),
    sources,
    session,
    inputs: lowered.inputs.map((name) => [name, given[name]!]),
    outputs: lowered.outputs.map((name) => [name, needed.nodes[+name]!]),
  };
}

/** One reference to the block behind each output. */
function outputBlock(
  { engine: { store } }: Compiled,
  source: OutputSource,
  signature: Signature,
  given: Blocks,
  results: Blocks,
): Block {
  switch (source._tag) {
    case "Given":
      return store.retain(given.get(source.input)!);
    case "Computed":
      return store.retain(results.get(String(source.node))!);
    case "Fixed": {
      const block = store.acquire(signature);
      block.numbers.set(source.values);
      return block;
    }
  }
}

function lendOutputs(
  program: Compiled,
  given: Blocks,
  results: Blocks,
): DeviceTensors {
  const { graph, sources, engine: { store } } = program;
  return new Map(
    [...sources].map(([name, source]) => {
      const { shape, dtype } = graph.nodes[graph.outputs[name] ?? -1]!;
      const signature = { shape, dtype };
      const block = outputBlock(program, source, signature, given, results);
      return [name, store.lend(block, signature)];
    }),
  );
}

async function runProgram(
  program: Compiled,
  tensors: DeviceTensors,
  signal: AbortSignal | undefined,
): Promise<Result<BackendError, DeviceTensors>> {
  const { engine, session, wanted, inputs, outputs } = program;
  const { store } = engine;
  const given = checkInputs(wanted, tensors, store.lent);
  if (given._tag === "Left") return given;
  const results = new Map<string, Block>();
  const held = [...given.right.values()].map(store.retain);
  try {
    for (const [name, signature] of outputs) {
      results.set(name, store.acquire(signature));
    }
    const bind = (blocks: Blocks) => ([name, { shape }]: Port) =>
      store.bound(blocks.get(name)!, shape);
    await session?.run(
      inputs.map(bind(given.right)),
      outputs.map(bind(results)),
      signal,
    );
    return right(lendOutputs(program, given.right, results));
  } catch (thrown) {
    return signal?.aborted
      ? left(interrupted(engine.device))
      : failed(engine, messageOf(thrown));
  } finally {
    [...held, ...results.values()].forEach(store.release);
  }
}

/** Runs a compiled graph; after the first run much is not needed again. */
function runnerOf(compiled: Compiled): Runner {
  let isFirst = true;
  return {
    run: async (inputs, signal) => {
      const outputs = await runProgram(compiled, inputs, signal);
      // Copies of a start, for example.
      if (isFirst) returnFreedMemory();
      isFirst = false;
      return outputs;
    },
    release: () => compiled.session?.release(),
  };
}

/**
 * Compiles a graph to a session.
 *
 * @throws With what ONNX Runtime says against the model.
 */
export async function sessionRunner(
  engine: Engine,
  graph: Graph,
): Promise<Runner> {
  return runnerOf(await compile(engine, graph, new Map()));
}

function rounded(
  names: readonly string[],
  signatures: Compiled["wanted"],
  given: Blocks,
  form: Int8Form,
): Weights {
  return new Map(
    names.map((name) => {
      const [columns = 0, rows = 0] = signatures[name]?.shape ?? [];
      const numbers = given.get(name)?.numbers as Float32Array;
      return [name, int8Matrix(numbers, columns, rows, form)];
    }),
  );
}

/**
 * Compiles a graph to a session that holds some of its inputs itself, in 8-bit
 * integers. It is made when these are known: at the first run.
 *
 * @param names Names of the inputs, matrices that are the same in every run.
 */
export function int8SessionRunner(
  engine: Engine,
  graph: Graph,
  names: readonly string[],
  form: Int8Form,
): Runner {
  const wanted = inputSignatures(prune(graph));
  const used = names.filter((name) => name in wanted);
  let runner: Runner | null = null;
  let making: Promise<Runner> | null = null;
  const make = async (given: Blocks): Promise<Runner> => {
    const weights = rounded(used, wanted, given, form);
    return runner = runnerOf(await compile(engine, graph, weights));
  };
  return {
    run: async (inputs, signal) => {
      const given = checkInputs(wanted, inputs, engine.store.lent);
      if (given._tag === "Left") return given;
      try {
        making ??= make(given.right);
        return await (await making).run(inputs, signal);
      } catch (thrown) {
        // A failed attempt may succeed when it is repeated.
        if (runner === null) making = null;
        return failed(engine, messageOf(thrown));
      }
    },
    release: () => runner?.release(),
  };
}
