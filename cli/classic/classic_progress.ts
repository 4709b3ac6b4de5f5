/**
 * What a training says on the terminal while it goes on.
 *
 * @module
 */
import type { ConvNetPlan } from "../../core/mod.ts";
import type { StepReport } from "../../train/mod.ts";
import { workTime } from "./run_record.ts";
import { barOn } from "../output/progress_bar.ts";

/** Writes to the terminal; a bar at the bottom, lines above it. */
export interface ClassicProgress {
  /** Prints a line above the bar. */
  say(line: string): void;
  /** Shows a step. */
  step(report: StepReport): void;
  /** Takes the bar away. */
  end(): void;
}

const FORMAT =
  "{bar} {value}/{total} · epoch {epoch} · loss {loss} · rate {rate} · frozen {frozen} · {time} ms";

/**
 * Shows a training.
 *
 * @param plan Its plan.
 * @param stream Where the bar is drawn.
 * @param first Step at which it starts.
 * @param print Prints a line.
 */
export function classicProgress(
  plan: ConvNetPlan,
  stream: NodeJS.WriteStream,
  first: number,
  print: (line: string) => void,
): ClassicProgress {
  const bar = barOn(stream, FORMAT);
  let shown = first;
  let payload = { epoch: "–", loss: "–", rate: "–", frozen: "–", time: "–" };
  const start = (): void => bar.start(plan.totalSteps, shown, payload);
  start();
  return {
    say(line) {
      if (stream.isTTY) bar.stop();
      print(line);
      if (stream.isTTY) start();
    },
    step({ step, epoch, loss, rates, frozenLayers, milliseconds }) {
      shown = step + 1;
      payload = {
        epoch: String(epoch + 1),
        loss: loss.toFixed(4),
        rate: (rates.at(-1) ?? 0).toExponential(1),
        frozen: `${frozenLayers} of ${plan.layers.length}`,
        time: workTime(milliseconds).toFixed(0),
      };
      bar.update(shown, payload);
    },
    end: () => bar.stop(),
  };
}
