/**
 * A graph computed by a session of ONNX Runtime.
 *
 * @module
 */
import {
  type Graph,
  inputSignatures,
  prune,
  type Result,
  right,
  type Signature,
} from "../../core/mod.ts";
import type { BackendError, DeviceTensors } from "../backend.ts";
import { checkInputs } from "../check_inputs.ts";
import { type Engine, failed, messageOf, type Runner } from "./engine.ts";
import { type Lowered, lowerGraph } from "./lower/lower_graph.ts";
import {
  computedPart,
  type OutputSource,
  outputSources,
} from "./output_sources.ts";
import { encodeModel } from "./proto/model.ts";
import type { Session } from "./runtime/ort_runtime.ts";
import type { Block, TensorStore } from "./tensor_store.ts";

/** A tensor of the session, under its name in the graph. */
type Port = readonly [name: string, signature: Signature];

/** Everything that a run needs besides its inputs. */
interface Compiled {
  readonly store: TensorStore;
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
  return await runtime.open(encodeModel(model), {
    threads,
    inputs: model.inputs.map(({ name }) => name),
    outputs: model.outputs.map(({ name }) => name),
  });
}

async function compile(engine: Engine, graph: Graph): Promise<Compiled> {
  const needed = prune(graph);
  const sources = outputSources(needed);
  const part = prune(computedPart(needed, sources));
  const lowered = lowerGraph(part);
  const session = await openSession(engine, lowered);
  const given = inputSignatures(part);
  return {
    store: engine.store,
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
  { store }: Compiled,
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
  const { graph, sources, store } = program;
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
): Promise<Result<BackendError, DeviceTensors>> {
  const { store, session, wanted, inputs, outputs } = program;
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
    );
    return right(lendOutputs(program, given.right, results));
  } catch (thrown) {
    return failed(messageOf(thrown));
  } finally {
    [...held, ...results.values()].forEach(store.release);
  }
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
  const compiled = await compile(engine, graph);
  return {
    run: (inputs) => runProgram(compiled, inputs),
    release: () => compiled.session?.release(),
  };
}
