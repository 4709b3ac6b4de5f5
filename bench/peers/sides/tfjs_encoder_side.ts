/** The encoder step in TensorFlow.js. A process of `bench/peers.ts`. */
import { type EncoderPlan, encoderPlan } from "./encoder_plan.ts";
import { MissingLibrary, type OpenSide, serveRounds } from "./serve_rounds.ts";
import type { SideSpec } from "../side.ts";

/** Loads TensorFlow.js, where it can be loaded. */
async function stepOf(plan: EncoderPlan): Promise<OpenSide["step"]> {
  try {
    const { openTfjsStep } = await import("./tfjs_step.ts");
    return await openTfjsStep(plan);
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    throw new MissingLibrary(`TensorFlow.js cannot be used here: ${reason}`);
  }
}

async function open(spec: SideSpec): Promise<OpenSide> {
  const plan = encoderPlan(spec);
  return {
    about: {
      versions: `TensorFlow.js 4.22.0, Deno ${Deno.version.deno}`,
      settings: "backend wasm with SIMD; it has no threads outside browsers",
      threads: 1,
      trainable: plan.trainable,
    },
    step: await stepOf(plan),
  };
}

await serveRounds(open);
