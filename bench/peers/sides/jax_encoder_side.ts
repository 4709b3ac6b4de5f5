/** The encoder step in jax-js. A process of `bench/peers.ts`. */
import { type EncoderPlan, encoderPlan } from "./encoder_plan.ts";
import { MissingLibrary, type OpenSide, serveRounds } from "./serve_rounds.ts";
import type { SideSpec } from "../side.ts";

/**
 * Before jax-js is loaded: it starts a worker for each core that it is told of,
 * and none where memory cannot be shared, which is faster for one thread.
 */
function tellThreads(threads: number): void {
  if (threads === 1) Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  Object.defineProperty(navigator, "hardwareConcurrency", { value: threads });
}

/** Loads jax-js, where it can be loaded. */
async function stepOf(plan: EncoderPlan): Promise<OpenSide["step"]> {
  try {
    const { openJaxStep } = await import("./jax_step.ts");
    return await openJaxStep(plan);
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    throw new MissingLibrary(`jax-js cannot be used here: ${reason}`);
  }
}

async function open(spec: SideSpec): Promise<OpenSide> {
  tellThreads(spec.threads);
  const plan = encoderPlan(spec);
  return {
    about: {
      versions: `jax-js 0.1.25, Deno ${Deno.version.deno}`,
      settings: `device wasm, ${
        spec.threads === 1 ? "no workers" : `${spec.threads} workers`
      }, gradient and update each compiled by jit`,
      threads: spec.threads,
      trainable: plan.trainable,
    },
    step: await stepOf(plan),
  };
}

await serveRounds(open);
