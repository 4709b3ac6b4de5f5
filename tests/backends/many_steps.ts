/**
 * Trains one layer for 2,000 steps on a device and prints the memory of the
 * process every 400 steps, as one JSON object.
 *
 * @module
 */
import type { Backend } from "../../backends/mod.ts";
import { gradients, type Graph, traceGraph } from "../../core/mod.ts";
import { type DeviceName, openDevice } from "../train/devices.ts";
import { filled } from "./op_cases.ts";
import { value } from "./contract.ts";

const STEPS = 2000;

const STEPS_BETWEEN_COLLECTIONS = 100;

/** The collector, if V8 gives it (`--expose-gc`). */
const { gc: collect } = globalThis as { gc?: () => void };

/** Deno looks every 10 ms whether a buffer of the graphics device can be read. */
const STEPS_BETWEEN_READS = 8;

const step = (): Graph =>
  value(traceGraph((g) => {
    const [x, weight] = [g.input("x", [64, 32]), g.input("weight", [16, 32])];
    const hidden = g.apply("gelu", {}, [
      g.matmul(x, weight, { transposeB: true }),
    ]);
    const loss = g.sumTo(g.apply("square", {}, [hidden]), []);
    const [slope = -1] = gradients(g, loss, [weight]);
    return { loss, weight: g.subtract(weight, g.scale(slope, 1e-3)) };
  }));

/** Megabytes of the process and tensors of the device after each fifth of the steps. */
async function train(
  backend: Backend,
): Promise<{ megabytes: number[]; tensors: number[] }> {
  const program = value(await backend.compile(step()));
  let weight = backend.upload(filled([16, 32]));
  const [megabytes, tensors]: [number[], number[]] = [[], []];
  for (let i = 1; i <= STEPS; i++) {
    const x = backend.upload(filled([64, 32], i));
    const outputs = value(
      await program.run(new Map(Object.entries({ x, weight }))),
    );
    if (i % STEPS_BETWEEN_READS === 0) await outputs.get("loss")?.read();
    [x, weight, outputs.get("loss")].forEach((tensor) => tensor?.dispose());
    weight = outputs.get("weight")!;
    // Under load the collector may come late, and its heap grows meanwhile.
    if (i % STEPS_BETWEEN_COLLECTIONS === 0) collect?.();
    if (i % (STEPS / 5) === 0) {
      megabytes.push(Deno.memoryUsage().rss / 1e6);
      tensors.push(backend.liveTensors());
    }
  }
  return { megabytes, tensors };
}

const [device = "cpu"] = Deno.args;
const backend = value(await openDevice(device as DeviceName));
const line = JSON.stringify(await train(backend));
await Deno.stdout.write(new TextEncoder().encode(line));
// The graphics device would keep the process alive.
Deno.exit(0);
