/** The life of a side that is written in TypeScript. */
// deno-lint-ignore-file no-console -- lines on the console are how a side answers
import process from "node:process";
import { createInterface } from "node:readline";
import {
  minimaOf,
  type SideReady,
  type SideRound,
  type SideSpec,
  type SideTimes,
} from "../side.ts";

/** A step that was taken. */
export interface SideStep extends SideTimes {
  /** Loss before the update. */
  readonly loss: number;
}

/** A side that can step. */
export interface OpenSide {
  /** Facts of the side; the loss is that of the first step. */
  readonly about: Omit<SideReady, "loss">;
  /** Takes one step. */
  readonly step: () => Promise<SideStep>;
}

/** Thrown when a library that a side needs cannot be used here. */
export class MissingLibrary extends Error {}

/** Some steps as a round. */
async function roundOf({ step }: OpenSide, steps: number): Promise<SideRound> {
  const first = await step();
  const taken: [SideStep, ...SideStep[]] = [first];
  while (taken.length < steps) taken.push(await step());
  return { ...minimaOf(taken), losses: taken.map(({ loss }) => loss) };
}

async function serve(open: (spec: SideSpec) => Promise<OpenSide>) {
  const spec: SideSpec = JSON.parse(Deno.args[0] ?? "");
  const side = await open(spec);
  const { loss } = await side.step();
  console.log(JSON.stringify({ ...side.about, loss }));
  for await (const _ of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await roundOf(side, spec.steps)));
  }
}

/**
 * Opens the side that the command line describes, takes one step that is not
 * timed, says what it is, then answers every line of input with a round.
 *
 * @param open Builds the side; throws `MissingLibrary` where it cannot be.
 */
export async function serveRounds(
  open: (spec: SideSpec) => Promise<OpenSide>,
): Promise<void> {
  try {
    await serve(open);
    Deno.exit(0);
  } catch (error) {
    if (error instanceof MissingLibrary) {
      console.log(JSON.stringify({ missing: error.message }));
      Deno.exit(0);
    }
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
