/** Pictures that change while something runs. */
import { DISPLAY, type Displayed, type MediaBundle } from "./display.ts";

/** Sends a value to the notebook, in the place of an earlier one or below what is there. */
export type SendDisplay = (
  bundle: MediaBundle,
  place: { readonly id: string; readonly isUpdate: boolean },
) => Promise<void>;

/** What the kernel of Deno offers; there is none of it elsewhere. */
interface Kernel {
  readonly Deno?: {
    readonly jupyter?: {
      display(
        bundle: MediaBundle,
        options: { raw: true; display_id: string; update: boolean },
      ): Promise<void>;
    };
  };
}

/**
 * The way to the notebook that this program runs in.
 *
 * @returns `null` where it runs in none.
 */
export function notebookDisplay(): SendDisplay | null {
  try {
    // Outside of a notebook Deno throws an error when it is asked.
    const { jupyter } = (globalThis as Kernel).Deno ?? {};
    if (jupyter === undefined) return null;
    return async (bundle, { id, isUpdate }) =>
      await jupyter.display(bundle, {
        raw: true,
        display_id: id,
        update: isUpdate,
      });
  } catch {
    return null;
  }
}

/** Options of a live picture. */
export interface LiveOptions {
  /** Pictures in a second at most; 2 by default. */
  readonly perSecond?: number;
  /** Where it is shown; by default in the notebook, nowhere if there is none. */
  readonly send?: SendDisplay | null | undefined;
  /** Milliseconds since any moment. */
  readonly clock?: () => number;
}

/** A picture that changes while something runs. */
export interface Live {
  /** Draws what is new, unless it was drawn a moment ago. */
  draw(): Promise<void>;
  /** Draws the last state. */
  end(): Promise<void>;
}

/** Part of the time that may be spent on drawing. */
const DRAWING = 0.1;

/**
 * Shows a value again and again in the same place. Drawing takes a tenth of the time at
 * most, so that it does not slow down what it shows.
 *
 * @param now The value as it is now; asked for when it is drawn.
 *
 * @example A number that counts
 * ```ts
 * import { live, table } from "@vitfreeze/vitfreeze/notebook";
 *
 * let step = 0;
 * const shown = live(() => table([{ step }]));
 * for (; step < 3; step++) await shown.draw();
 * await shown.end();
 * ```
 */
export function live(now: () => Displayed, options: LiveOptions = {}): Live {
  const { perSecond = 2, clock = () => performance.now() } = options;
  const send = options.send === undefined ? notebookDisplay() : options.send;
  const id = crypto.randomUUID();
  let isShown = false;
  let next = -Infinity;
  const draw = async (): Promise<void> => {
    if (send === null) return;
    const from = clock();
    await send(now()[DISPLAY](), { id, isUpdate: isShown });
    isShown = true;
    const spent = clock() - from;
    next = clock() + Math.max(1000 / perSecond - spent, spent / DRAWING);
  };
  return {
    draw: async () => {
      if (clock() >= next) await draw();
    },
    end: draw,
  };
}
