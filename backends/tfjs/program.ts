/** A graph compiled for one device. */
import {
  bytesOf,
  type Graph,
  inputSignatures,
  lastUses,
  left,
  type Node,
  type NodeId,
  prune,
  type Result,
  right,
  type Signature,
} from "../../core/mod.ts";
import type { BackendError, DeviceTensors, Program } from "../backend.ts";
import { checkInputs } from "../program_inputs.ts";
import { interrupted } from "../interruptible.ts";
import type {
  ComputedOp,
  Device,
  Kernel,
  Launch,
  StoredTensor,
} from "./device.ts";
import type { TensorPool } from "./tensor_pool.ts";

/** The computation of one node, and the nodes that are no longer needed after it. */
interface Step {
  /** The node. */
  readonly node: NodeId;
  /** Inputs. */
  readonly inputs: readonly NodeId[];
  /** Computes it. */
  readonly launch: Launch;
  /** Nodes that no later step needs; sources belong to others and are not among them. */
  readonly releases: readonly NodeId[];
}

/** Tensors of one run by node. */
type Values = (StoredTensor | undefined)[];

const isSource = (node: Node | undefined): boolean =>
  node?.op === "input" || node?.op === "constant";

/**
 * The same shape as small integers. An extent that comes from a division may be
 * stored as a float64; loops that count to it run at a third of the speed.
 */
const withPlainShape = <S extends Signature>(signature: S): S => ({
  ...signature,
  shape: signature.shape.map((extent) => extent | 0),
});

function launchOf(
  device: Device,
  pool: TensorPool,
  graph: Graph,
  node: Node,
): Launch {
  if (node.op === "reshape") return ([x]) => pool.share(x!, node);
  const kernel = device.kernels[node.op as ComputedOp] as Kernel<ComputedOp>;
  const launch = kernel(
    withPlainShape(node) as Parameters<typeof kernel>[0],
    node.inputs.map((id) => withPlainShape(graph.nodes[id]!)),
  );
  return (inputs) => pool.adopt(launch(inputs));
}

/** Prepares every node of a graph that computes something. */
function stepsOf(
  device: Device,
  pool: TensorPool,
  graph: Graph,
): readonly Step[] {
  const releases = lastUses(graph);
  return graph.nodes.flatMap((node, id) =>
    isSource(node) ? [] : [{
      node: id,
      inputs: node.inputs,
      launch: launchOf(device, pool, graph, node),
      releases: (releases[id] ?? []).filter((used) =>
        !isSource(graph.nodes[used])
      ),
    }]
  );
}

/**
 * Launches all steps in order, one at each turn. Afterwards `values` holds what is
 * left: sources and whatever was never released.
 */
function* launches(
  steps: readonly Step[],
  values: Values,
  pool: TensorPool,
): Generator<void> {
  for (const { node, inputs, launch, releases } of steps) {
    values[node] = launch(inputs.map((id) => values[id]!));
    for (const id of releases) {
      pool.release(values[id]!);
      values[id] = undefined;
    }
    yield;
  }
}

/** Constants of a graph on the device, at their nodes. */
const constantsOf = (graph: Graph, pool: TensorPool): Values =>
  graph.nodes.map((node) =>
    node.op === "constant"
      ? pool.write({
        shape: node.shape,
        data: Float32Array.from(node.attributes.values),
      })
      : undefined
  );

/** The first tensor of a graph that a device cannot hold. */
function tooLarge(
  graph: Graph,
  { info, maxTensorBytes }: Device,
): BackendError | null {
  for (const [id, node] of graph.nodes.entries()) {
    const bytes = bytesOf(node);
    if (bytes > maxTensorBytes) {
      const tensor = node.op === "input"
        ? `input ${node.attributes.name}`
        : `the result [${node.shape.join(", ")}] of node ${id} (${node.op})`;
      return {
        _tag: "TensorTooLarge",
        device: info.name,
        tensor,
        bytes,
        limit: maxTensorBytes,
      };
    }
  }
  return null;
}

/** Everything that a run needs besides its inputs. */
interface Compiled {
  readonly device: Device;
  readonly pool: TensorPool;
  readonly graph: Graph;
  readonly wanted: Readonly<Record<string, Signature>>;
  readonly steps: readonly Step[];
  readonly constants: Values;
}

/**
 * Prepares a graph for a device.
 *
 * @returns A program, or `TensorTooLarge`, or what a kernel says against its node.
 */
export function compileProgram(
  device: Device,
  pool: TensorPool,
  graph: Graph,
): Result<BackendError, Program> {
  const needed = prune(graph);
  const error = tooLarge(needed, device);
  if (error !== null) return left(error);
  try {
    return right(programOf({
      device,
      pool,
      graph: needed,
      wanted: inputSignatures(needed),
      steps: stepsOf(device, pool, needed),
      constants: constantsOf(needed, pool),
    }, graph));
  } catch (thrown) {
    return failed(device, messageOf(thrown));
  }
}

function programOf(compiled: Compiled, graph: Graph): Program {
  const { device, pool } = compiled;
  let disposed = false;
  return {
    graph,
    run: (inputs, signal) =>
      disposed
        ? Promise.resolve(failed(device, "the program was disposed"))
        : runProgram(compiled, inputs, signal),
    dispose: () => {
      disposed = true;
      compiled.constants.splice(0).forEach((x) => x && pool.release(x));
    },
  };
}

const failed = (
  { info }: Device,
  reason: string,
): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: info.name, reason });

/** Milliseconds for which a run that can be stopped holds the thread. */
const LONGEST_HOLD = 200;

/**
 * Takes the first turns of launches that compute at once, and lets timers and signals
 * in between; what is left when a signal comes is not launched.
 */
async function takeTurns(
  turns: Iterator<void>,
  signal: AbortSignal,
): Promise<void> {
  let since = performance.now();
  while (!signal.aborted && !turns.next().done) {
    if (performance.now() - since < LONGEST_HOLD) continue;
    await new Promise((resume) => setTimeout(resume, 0));
    since = performance.now();
  }
}

async function runProgram(
  { device, pool, graph, wanted, steps, constants }: Compiled,
  given: DeviceTensors,
  signal?: AbortSignal,
): Promise<Result<BackendError, DeviceTensors>> {
  const lost = device.failure();
  if (lost !== null) return failed(device, lost);
  const inputs = checkInputs(wanted, given, pool.lent);
  if (inputs._tag === "Left") return inputs;
  const values = graph.nodes.map((node, id) =>
    node.op === "input" ? inputs.right.get(node.attributes.name) : constants[id]
  );
  const outputs = new Map<string, StoredTensor>();
  const turns = launches(steps, values, pool);
  const stop = device.isImmediate ? signal : undefined;
  const complaint = await complaintOf(async () => {
    if (stop !== undefined) await takeTurns(turns, stop);
    if (stop?.aborted) return null;
    return await device.watch(() => {
      while (!turns.next().done);
      for (const [name, id] of Object.entries(graph.outputs)) {
        outputs.set(name, pool.share(values[id]!, graph.nodes[id]!));
      }
    });
  });
  steps.forEach(({ node }) => values[node] && pool.release(values[node]));
  if (complaint !== null) {
    outputs.forEach(pool.release);
    return failed(device, complaint);
  }
  if (stop?.aborted && outputs.size === 0) {
    return left(interrupted(device.info));
  }
  return right(new Map([...outputs].map(([name, x]) => [name, pool.lend(x)])));
}

/** Message of a thrown value. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** Error of the device or of a kernel. */
async function complaintOf(
  action: () => Promise<string | null>,
): Promise<string | null> {
  try {
    return await action();
  } catch (thrown) {
    return messageOf(thrown);
  }
}
