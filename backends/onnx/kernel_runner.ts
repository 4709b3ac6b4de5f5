/** A graph computed by our own kernels, in place. */
import {
  type Graph,
  inputSignatures,
  prune,
  type Result,
  right,
  type Signature,
} from "../../core/mod.ts";
import type { BackendError, DeviceTensors } from "../backend.ts";
import { checkInputs, type Replaced } from "../program_inputs.ts";
import { type Engine, failed, messageOf, type Runner } from "./engine.ts";
import type { ElementwisePart } from "./kernels/elementwise_parts.ts";
import type { LoadedKernels } from "./kernels/thread_pool.ts";
import { kernelsOf } from "./kernels/kernel_code.ts";
import type { Launch } from "./kernels/launch.ts";
import type { Block } from "./tensor_store.ts";

/** Blocks by the names of tensors. */
type Blocks = ReadonlyMap<string, Block>;

/** Everything that a run needs besides its inputs. */
interface Compiled {
  readonly engine: Engine;
  readonly kernels: LoadedKernels;
  readonly kernelOf: readonly number[];
  readonly parts: readonly ElementwisePart[];
  readonly replaces: Replaced;
  readonly inputs: Readonly<Record<string, Signature>>;
  readonly outputs: Readonly<Record<string, Signature>>;
}

function signaturesOf({ nodes, outputs }: Graph): Compiled["outputs"] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, id]) => {
      const { shape, dtype } = nodes[id]!;
      return [name, { shape, dtype }];
    }),
  );
}

/**
 * The block of each output: that of the input which it replaces, if the kernel that
 * writes it is the one that reads it and it has no other reference.
 */
function outputBlocks(compiled: Compiled, given: Blocks): Blocks {
  const { engine: { store }, parts, replaces, outputs } = compiled;
  const blockOf = ({ tensors }: ElementwisePart, name: string): Block => {
    const input = replaces[name] ?? "";
    const replaced = tensors.includes(input) ? given.get(input) : undefined;
    return replaced?.references === 1
      ? store.retain(replaced)
      : store.acquire(outputs[name]!);
  };
  return new Map(
    parts.flatMap((part) =>
      part.results.map((name) => [name, blockOf(part, name)] as const)
    ),
  );
}

function launchesOf(
  { parts, kernelOf }: Compiled,
  given: Blocks,
  results: Blocks,
): readonly Launch[] {
  const addressIn = (blocks: Blocks) => (name: string): number =>
    blocks.get(name)!.stretch.start;
  return parts.map((part, i) => ({
    kernel: kernelOf[i]!,
    addresses: [
      ...part.tensors.map(addressIn(given)),
      ...part.results.map(addressIn(results)),
    ],
    count: part.count,
    scalars: part.scalars.map((name) => given.get(name)!.numbers[0] ?? NaN),
  }));
}

async function runKernels(
  compiled: Compiled,
  tensors: DeviceTensors,
): Promise<Result<BackendError, DeviceTensors>> {
  const { engine, kernels, inputs, outputs } = compiled;
  const { store } = engine;
  const given = checkInputs(inputs, tensors, store.lent);
  if (given._tag === "Left") return given;
  const results = outputBlocks(compiled, given.right);
  try {
    await kernels.run(launchesOf(compiled, given.right, results));
  } catch (thrown) {
    results.forEach(store.release);
    return failed(engine, messageOf(thrown));
  }
  return right(
    new Map([...results].map((
      [name, block],
    ) => [name, store.lend(block, outputs[name]!)])),
  );
}

/**
 * Compiles an element-wise graph to kernels.
 *
 * @param parts The graph as `elementwiseParts` cuts it.
 */
export function kernelRunner(
  engine: Engine,
  graph: Graph,
  parts: readonly ElementwisePart[],
  replaces: Replaced,
): Runner {
  const { module, kernelOf } = kernelsOf(parts, engine.addresses);
  const kernels = engine.threadPool.load(module);
  const compiled: Compiled = {
    engine,
    kernels,
    kernelOf,
    parts,
    replaces,
    inputs: inputSignatures(prune(graph)),
    outputs: signaturesOf(graph),
  };
  return {
    run: (inputs) => runKernels(compiled, inputs),
    release: () => kernels.release(),
  };
}
