import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  graphFlops,
  latentTapAt,
  type LatentTargets,
  phaseAt,
  phaseFlops,
} from "../../../core/mod.ts";
import { stepFlops } from "../../../train/engine/needs.ts";
import { metricsLine, parseMetricsLine } from "../../../train/run/metrics.ts";
import { stepScalars } from "../../../train/run/tensorboard/run_events.ts";
import { right } from "../../right.ts";
import { largestDifference } from "../../numbers.ts";
import { onDevices } from "../devices.ts";
import { configOf, runOn } from "../engine/rank_runs.ts";
import { resumesEverywhere } from "../resumes_everywhere.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  TINY_MODEL,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const LATENT: LatentTargets = { taps: [0, 1], every: 2, weight: 0.5 };
const MODEL = { ...TINY_MODEL, latent: LATENT };
const RUN = tinyRun({ model: MODEL });
const tapAt = latentTapAt(RUN.plan);

/** The layer that predicts latent targets. */
const LAYER = "decoder.3.latent";

await onDevices(
  ["reference", "reference in line", "cpu", "wasm", "webgpu", "onnx"],
  "a run with latent targets is that of one without to the bit until they act, and reports their loss from then on",
  async (backend) => {
    const run = startTiny(backend, RUN);
    const plain = startTiny(backend, tinyRun());
    const first = RUN.plan.phases.find((phase) => tapAt(phase) !== null)!.from;
    deepStrictEqual(RUN.plan.phases.map(tapAt), [null, null, 0, 1, 1]);
    const [before, wanted] = [
      await takeSteps(run, first),
      await takeSteps(plain, first),
    ];
    deepStrictEqual(
      before.map(({ loss, latentLoss }) => [loss, latentLoss]),
      wanted.map(({ loss }) => [loss, undefined]),
    );
    const [at, plainAt] = [
      trained(await run.snapshot()).parameters,
      trained(await plain.snapshot()).parameters,
    ];
    for (const [name, data] of plainAt) deepStrictEqual(at.get(name), data);
    strictEqual(at.size, plainAt.size + 2);
    ok(at.get(`${LAYER}.weight`)!.every((value) => value === 0));
    const reports = await takeSteps(run);
    for (const { step, loss, stageLosses, latentLoss } of reports) {
      ok(tapAt(phaseAt(RUN.plan)(step)) !== null);
      const stages = Object.values(stageLosses).reduce((a, b) => a + b, 0);
      const all = stages + LATENT.weight * latentLoss!;
      ok(Math.abs(loss - all) < 1e-5 * all, `${loss} ${all}`);
    }
    // Normalised features have a mean square of 1, and the layer begins at 0.
    ok(Math.abs(reports[0]!.latentLoss! - 1) < 1e-3);
    ok(reports.at(-1)!.latentLoss! < reports[0]!.latentLoss!);
    const end = trained(await run.snapshot()).parameters;
    ok(end.get(`${LAYER}.weight`)!.some((value) => value !== 0));
    run.dispose();
    plain.dispose();
  },
);

await onDevices(
  ["cpu", "onnx"],
  "a run with latent targets resumes bit for bit, before, where and after they begin",
  (backend) => resumesEverywhere(backend, RUN, [3, 7, 8, 10]),
);

await onDevices(
  ["cpu"],
  "1, 2 and 4 ranks choose the same images for latent targets and take the same steps",
  async (backend) => {
    for (const [batchSize, accumIter] of [[12, 1], [2, 2]] as const) {
      const config = { ...configOf(batchSize, accumIter), model: MODEL };
      const [one] = await runOn(backend, 1, config);
      ok(one!.reports.some(({ latentLoss }) => latentLoss !== undefined));
      for (const size of accumIter === 1 ? [2, 4] : [2]) {
        for (const rank of await runOn(backend, size, config)) {
          for (const [name, data] of one!.parameters) {
            const apart = largestDifference(rank.parameters.get(name), data);
            ok(apart < 1e-6, `${size} ranks, ${name}: ${apart}`);
          }
        }
      }
    }
  },
);

Deno.test("stepFlops() of a run with latent targets are those of its plan", () => {
  for (const phase of RUN.plan.phases) {
    strictEqual(stepFlops(RUN)(phase), phaseFlops(RUN.plan)(phase));
    const whole = right(RUN.stepGraph(phase, 4));
    strictEqual(graphFlops(whole) / 4, phaseFlops(RUN.plan)(phase));
  }
});

await onDevices(
  ["cpu"],
  "the loss of latent targets is in the record and in TensorBoard's scalars, also one that is not finite",
  async (backend) => {
    const run = startTiny(backend, RUN);
    const reports = await takeSteps(run);
    run.dispose();
    const line = metricsLine(reports.at(-1)!);
    deepStrictEqual(parseMetricsLine(JSON.stringify(line)), line);
    const bad = parseMetricsLine(JSON.stringify({ ...line, latentLoss: NaN }));
    ok(Number.isNaN(bad?.latentLoss));
    const scalars = stepScalars(RUN.plan, TINY_CONFIG.training.batchSize);
    const tags = (report: typeof line) => Object.keys(scalars(report));
    ok(tags(line).includes("loss/latent"));
    ok(!tags(metricsLine(reports[0]!)).includes("loss/latent"));
  },
);
