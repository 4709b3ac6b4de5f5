/** What the page and the workers of its lanes say to each other. */
import type { ReconstructionRow, StepReport } from "@vitfreeze/vitfreeze/web";
import type { Choice, Lane } from "./race.ts";

/** What the page asks for. */
export type Order =
  /** Get ready: device, pictures, model. */
  | {
    readonly _tag: "Start";
    readonly lane: Lane;
    readonly choice: Choice;
    /** Name of a device, or `auto`. */
    readonly device: string;
    /** Address of the page's folder. */
    readonly base: string;
  }
  /** Take one step. */
  | { readonly _tag: "Step" };

/** What a lane tells. */
export type News =
  /** It can take the first step. */
  | { readonly _tag: "Ready"; readonly device: string }
  /** It has taken a step. */
  | { readonly _tag: "Stepped"; readonly report: StepReport }
  /** It has taken the last step, and this is what it makes of some pictures. */
  | { readonly _tag: "Done"; readonly rows: readonly ReconstructionRow[] }
  /** It cannot go on. */
  | { readonly _tag: "Failed"; readonly reason: string };
