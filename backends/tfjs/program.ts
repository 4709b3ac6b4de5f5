/**
 * A graph compiled for one device.
 *
 * @module
 */
import {
  bytesOf,
  type Graph,
  inputSignatures,
  left,
  prune,
  type Result,
  right,
  type Signature,
} from "../../core/mod.ts";
import type { BackendError, DeviceTensors, Program } from "../backend.ts";
import { checkInputs } from "../check_inputs.ts";
import { interrupted } from "../interruptible.ts";
import type { Device, StoredTensor } from "./device.ts";
import { launches, type Step, stepsOf, type Values } from "./steps.ts";
import type { TensorPool } from "./tensor_pool.ts";

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

const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** What the device complained of or a kernel threw. */
async function complaintOf(
  action: () => Promise<string | null>,
): Promise<string | null> {
  try {
    return await action();
  } catch (thrown) {
    return messageOf(thrown);
  }
}
