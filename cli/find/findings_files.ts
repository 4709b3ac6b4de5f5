/** Pictures and JSON of what a search has found. */
import { join } from "node:path";
import { freezeMapPlot, planPlot } from "../../plot/mod.ts";
import { epochSteps, replaceFile } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { chosenPercent, thousands } from "../output/words.ts";
import { findings, proposalOf } from "./findings.ts";
import { type Found, resultOf, type SearchRequest } from "./search.ts";
import { riseOf } from "./trial_files.ts";

/** Names of the files. */
const FILES = { map: "map.svg", plan: "plan.svg", json: "freeze_times.json" };

/** Line of the picture that says what was done. */
function mapWords({ run, horizon }: SearchRequest): string {
  const steps = `${thousands(run.planned.plan.totalSteps)} steps`;
  return horizon === 1
    ? `judged at the end of the run of ${steps}, on its own images and masks`
    : `judged after ${
      chosenPercent(horizon)
    } of the run of ${steps}, on its own images and masks`;
}

function mapOf(request: SearchRequest, { known, steps }: Found): string {
  const { run: { planned: { plan } }, grid, share } = request;
  return freezeMapPlot({
    layers: grid.layers.map((count) =>
      plan.layers[count - 1]?.name.replace("_", " ") ?? ""
    ),
    times: grid.steps.map((step) => step / plan.totalSteps),
    rises: grid.layers.map((layers) =>
      grid.steps.map((step) => {
        const result = resultOf(known, { layers, step });
        return result === undefined ? null : riseOf(result);
      })
    ),
    proposed: grid.layers.map((_, i) => {
      const column = grid.steps.indexOf(steps?.[i] ?? NaN);
      return column < 0 ? null : column;
    }),
    ...{ share, words: mapWords(request) },
  });
}

/** Writes pictures and JSON. */
export async function writeFindings(
  request: SearchRequest,
  found: Found,
): Promise<readonly string[]> {
  const { folder, run: { planned: { task } } } = request;
  const proposed = proposalOf(request, found);
  const json = JSON.stringify(findings(request, found), null, 2);
  const stepsPerEpoch = epochSteps(task);
  const files = [
    [FILES.map, mapOf(request, found)],
    [FILES.json, `${json}\n`],
    ...proposed === null
      ? []
      : [[FILES.plan, planPlot(proposed.plan, { stepsPerEpoch })] as const],
  ] as const;
  for (const [name, content] of files) {
    mustWork(await replaceFile(join(folder, name), content));
  }
  return files.map(([name]) => name);
}
