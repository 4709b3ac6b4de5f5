/**
 * A graph compiled for one device.
 *
 * @module
 */
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
import { checkInputs } from "../check_inputs.ts";
import type {
  ComputedOp,
  Device,
  Kernel,
  Launch,
  StoredTensor,
} from "./kernel.ts";
import type { TensorPool } from "./tensor_pool.ts";

/** How to compute one node and what is no longer needed then. */
interface Step {
  readonly node: NodeId;
  readonly inputs: readonly NodeId[];
  readonly launch: Launch;
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

function runSteps(
  steps: readonly Step[],
  values: Values,
  pool: TensorPool,
): void {
  for (const { node, inputs, launch, releases } of steps) {
    values[node] = launch(inputs.map((id) => values[id]!));
    for (const id of releases) {
      pool.release(values[id]!);
      values[id] = undefined;
    }
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
 * @param device Where it will run.
 * @param pool The tensors of that device.
 * @param graph What to compute.
 * @returns A program, or `TensorTooLarge`.
 */
export function compileProgram(
  device: Device,
  pool: TensorPool,
  graph: Graph,
): Result<BackendError, Program> {
  const needed = prune(graph);
  const error = tooLarge(needed, device);
  if (error !== null) return left(error);
  const compiled: Compiled = {
    device,
    pool,
    graph: needed,
    wanted: inputSignatures(needed),
    steps: stepsOf(device, pool, needed),
    constants: constantsOf(needed, pool),
  };
  let disposed = false;
  return right({
    graph,
    run: (inputs) =>
      disposed
        ? Promise.resolve(failed(device, "the program was disposed"))
        : runProgram(compiled, inputs),
    dispose: () => {
      disposed = true;
      compiled.constants.splice(0).forEach((x) => x && pool.release(x));
    },
  });
}

const failed = (
  { info }: Device,
  reason: string,
): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: info.name, reason });

async function runProgram(
  { device, pool, graph, wanted, steps, constants }: Compiled,
  given: DeviceTensors,
): Promise<Result<BackendError, DeviceTensors>> {
  const lost = device.failure();
  if (lost !== null) return failed(device, lost);
  const inputs = checkInputs(wanted, given, pool.lent);
  if (inputs._tag === "Left") return inputs;
  const values = graph.nodes.map((node, id) =>
    node.op === "input" ? inputs.right.get(node.attributes.name) : constants[id]
  );
  const outputs = new Map<string, StoredTensor>();
  const complaint = await complaintOf(() =>
    device.watch(() => {
      runSteps(steps, values, pool);
      for (const [name, id] of Object.entries(graph.outputs)) {
        outputs.set(name, pool.share(values[id]!, graph.nodes[id]!));
      }
    })
  );
  steps.forEach(({ node }) => values[node] && pool.release(values[node]));
  if (complaint !== null) {
    outputs.forEach(pool.release);
    return failed(device, complaint);
  }
  return right(new Map([...outputs].map(([name, x]) => [name, pool.lend(x)])));
}

/** What the device complained of or a kernel threw. */
async function complaintOf(
  action: () => Promise<string | null>,
): Promise<string | null> {
  try {
    return await action();
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
