import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { selectBackend } from "../../../backends/mod.ts";
import { findings } from "../../../cli/find/findings.ts";
import { writeFindings } from "../../../cli/find/findings_files.ts";
import { findingsText } from "../../../cli/find/findings_text.ts";
import { runTrial, type TrialContext } from "../../../cli/find/run_trial.ts";
import {
  knownBefore,
  search,
  type SearchRequest,
} from "../../../cli/find/search.ts";
import { searchCost } from "../../../cli/find/search_cost.ts";
import { makeTrialFolder } from "../../../cli/find/trial_files.ts";
import { togetherTrial } from "../../../cli/find/trials.ts";
import { runFacts, type UnfrozenRun } from "../../../cli/find/unfrozen_run.ts";
import { NO_BAR } from "../../../cli/output/progress_bar.ts";
import {
  decodePretrainConfig,
  listedTimes,
  planOf,
} from "../../../core/mod.ts";
import { withFreezeSteps } from "../../../core/plan/freeze_steps.ts";
import { orThrow } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  keptSteps,
  newRunFolder,
  syntheticBatches,
  TINY_SAMPLES,
  tinyRun,
  trained,
} from "../../train/tiny_run.ts";

const { freeze } = tinyRun().config;

/** Twelve steps in which nothing freezes, two of them warm-up. */
const RUN = tinyRun({ freeze: { ...freeze, t0: 1 } });

const POLICY = {
  everySteps: 3,
  everyMinutes: null,
  keepLast: 9,
  keepAtFreeze: false,
};

/** Takes the run's steps, and tests with it. */
const withRun = (
  test: (run: UnfrozenRun, context: TrialContext) => Promise<void>,
): Promise<void> =>
  inFolder(async (folder) => {
    const { backend } = orThrow(await selectBackend("wasm"));
    {
      using open = trained(await newRunFolder(folder, RUN, POLICY));
      const keeping = { folder: open, policy: POLICY };
      for await (const step of keptSteps(backend, RUN, keeping)) trained(step);
    }
    const batches = syntheticBatches(RUN.config);
    const planned = { ...RUN, task: RUN, batches };
    const run = { folder, planned, ...await runFacts(folder) };
    const { signal } = new AbortController();
    await test(
      run as unknown as UnfrozenRun,
      { backend, signal, startBar: NO_BAR },
    );
    backend.dispose();
  });

const requestOf = (
  run: UnfrozenRun,
  share: number,
  isEdgeOnly: boolean,
): SearchRequest => ({
  ...{ run, share, isEdgeOnly, horizon: 1 },
  grid: { layers: [1, 3], steps: [3, 6, 9] },
  folder: `${run.folder}/found`,
});

Deno.test("runTrial() in which nothing freezes is the run itself, bit for bit, and ends when it is stopped", () =>
  withRun(async (run, context) => {
    const { plan } = run.planned;
    const never = plan.layers.map(() => plan.totalSteps);
    const trial = { ...togetherTrial(plan, never), start: 6, from: 7, to: 11 };
    const found = await runTrial(run, trial, context);
    ok(found !== "stopped");
    ok(Number.isFinite(found.own));
    strictEqual(found.loss, found.own);
    const stopped = { ...context, signal: AbortSignal.abort() };
    strictEqual(await runTrial(run, trial, stopped), "stopped");
  }));

Deno.test("search() walks along the edge, goes on from there to the whole map, and tries its proposal once more", () =>
  withRun(async (run, context) => {
    // Everything is accepted: a walk down the first column.
    const walk = requestOf(run, 9, true);
    await makeTrialFolder(walk.folder);
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    strictEqual(searchCost(walk, await knownBefore(walk)).trials, 4);
    const edge = await search(walk, await knownBefore(walk), context, say);
    deepStrictEqual(edge.steps, [3, 3]);
    deepStrictEqual([...edge.known.keys()], ["1 3", "3 3"]);
    strictEqual(edge.together?.loss, edge.known.get("3 3")?.loss);
    const { proposal } = findings(walk, edge);
    deepStrictEqual(proposal?.freezeTimes, [0.25, 0.25, 0.25, 1, 1]);

    // Nothing is: all of the map, without what is known already.
    const whole = requestOf(run, 0, false);
    const known = await knownBefore(whole);
    strictEqual(known.size, 2);
    const { trials, runs } = searchCost(whole, known);
    strictEqual(trials, 4);
    ok(runs > 0 && runs < 4);
    const map = await search(whole, known, context, say);
    strictEqual(map.known.size, 6);
    strictEqual(lines.length, 6);
    ok(!map.isStopped);
  }));

Deno.test("search() that is stopped keeps what is done, and proposes nothing without the trials that it needs", () =>
  withRun(async (run, context) => {
    const request = requestOf(run, 0, false);
    await makeTrialFolder(request.folder);
    const stop = new AbortController();
    const once = { ...context, signal: stop.signal };
    const end = await search(request, new Map(), once, () => stop.abort());
    deepStrictEqual([end.isStopped, end.steps, end.known.size], [
      true,
      null,
      1,
    ]);
    strictEqual((await knownBefore(request)).size, 1);
    strictEqual(findings(request, end).proposal, null);
    strictEqual(findingsText(request, end).includes("no proposal"), true);
    const files = await writeFindings(request, end);
    deepStrictEqual(files, ["map.svg", "freeze_times.json"]);
    // Another horizon is another trial.
    strictEqual((await knownBefore({ ...request, horizon: 0.3 })).size, 0);
  }));

Deno.test("findings() propose flags by which a plan freezes at the steps that were tried, at the run's own rates", () =>
  withRun(async (run, context) => {
    const request = requestOf(run, 9, true);
    await makeTrialFolder(request.folder);
    const found = await search(request, new Map(), context, () => {});
    const { proposal } = findings(request, found);
    ok(proposal !== null);
    const { config, plan } = run.planned;
    const frozen = withFreezeSteps(plan, found.together?.freezeSteps ?? []);
    const flagged = right(decodePretrainConfig({
      ...config,
      freeze: { ...config.freeze, ...listedTimes(proposal.freezeTimes) },
      rate: { ...config.rate, mode: { _tag: "Uniform" } },
    }));
    deepStrictEqual(right(planOf(flagged, TINY_SAMPLES)).phases, frozen.phases);
    const text = findingsText(request, found);
    ok(text.includes(`${proposal.flags}\n`));
    strictEqual((await writeFindings(request, found)).length, 3);
  }));
