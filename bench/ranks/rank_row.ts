/**
 * Measures steps as one of the ranks that `bench/ranks.ts` starts: takes a `RankSpec` as
 * JSON; rank 0 prints `RankTimes`.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { type Backend, selectBackend } from "../../backends/mod.ts";
import {
  type FreezePlan,
  MODEL_PRESETS,
  type Phase,
  type PretrainConfig,
  right,
} from "../../core/mod.ts";
import type { Batch, StepRows } from "../../data/mod.ts";
import { joinRanks } from "../../ranks/mpi/mpi_ranks.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  initialSnapshot,
  type ItemSource,
  orThrow,
  pretrainTask,
  type StepReport,
  train,
} from "../../train/mod.ts";
import { entrySnapshot } from "../step/entry_snapshot.ts";
import { benchedPlan, configOf } from "../step/step_spec.ts";
import { faster, type RankSpec, type RankTimes } from "./rank_spec.ts";

/** The same random pixels again and again: images take no time. */
function batchesOf({ model }: PretrainConfig): ItemSource<Batch> {
  const { imageSize, inChannels } = model;
  return async function* (_epoch, _from, _pixels, rows) {
    const count = rowsIn(rows);
    const size = inChannels * imageSize ** 2;
    const images = Float32Array.from({ length: count * size }, Math.random);
    const shape = [count, inChannels, imageSize, imageSize] as const;
    const indices = Int32Array.from({ length: count }, (_, i) => i);
    for (;;) {
      yield await Promise.resolve(
        right({ shape, images, indices, labels: null }),
      );
    }
  };
}

const rowsIn = (rows: StepRows | undefined): number =>
  rows?.batches[0]?.reduce((sum, { count }) => sum + count, 0) ?? 0;

/** Ranks that leave out what they would add up. */
const withoutSums = (ranks: Ranks): Ranks => ({
  ...ranks,
  ...{ rank: ranks.rank, size: ranks.size, host: ranks.host },
  exchange: ranks.exchange.bind(ranks),
  sum: () => Promise.resolve(right(undefined)),
  broadcast: ranks.broadcast.bind(ranks),
  traffic: ranks.traffic,
  end: ranks.end.bind(ranks),
  abort: ranks.abort.bind(ranks),
});

/** Times of a step, and the bytes that were sent in it. */
function timesOf(
  { milliseconds: { total, gradient, update, communication } }: StepReport,
  bytes: number,
): RankTimes {
  const sum = communication?.milliseconds ?? 0;
  const exposed = communication?.exposed ?? 0;
  return {
    secondsPerStep: total / 1000,
    gradientSeconds: (gradient - exposed) / 1000,
    updateSeconds: update / 1000,
    sumMilliseconds: sum,
    exposedMilliseconds: exposed,
    bytes,
  };
}

/** The phase of a plan with so many frozen layers. */
function phaseOf({ phases }: FreezePlan, frozen: number): Phase {
  const phase = phases.find(({ frozenLayers }) => frozenLayers === frozen);
  if (phase === undefined) throw new Error(`no phase with ${frozen} layers`);
  return phase;
}

/** Takes the steps; gives the fastest. */
async function measured(
  { model, frozen, images, steps }: RankSpec,
  backend: Backend,
  ranks: Ranks,
): Promise<RankTimes> {
  const config = configOf(MODEL_PRESETS[model], images);
  const plan = orThrow(benchedPlan(config));
  const phase = phaseOf(plan, frozen);
  const { parameters } = initialSnapshot(config, plan);
  const training = train(pretrainTask({ config, plan }), {
    ...{ backend, ranks },
    batches: batchesOf(config),
    start: entrySnapshot(config, plan, phase, parameters),
  });
  let [best, before, taken]: [RankTimes | undefined, number, number] = [
    undefined,
    0,
    0,
  ];
  for await (const step of training) {
    const { bytes } = ranks.traffic;
    const times = timesOf(orThrow(step), bytes - before);
    before = bytes;
    if (taken++ > 0) best = faster(best, times);
    if (taken > steps) break;
  }
  training.dispose();
  if (best === undefined) throw new Error("no step was timed");
  return best;
}

if (import.meta.main) {
  const spec: RankSpec = JSON.parse(Deno.args[0] ?? "");
  const ranks = orThrow(
    await joinRanks({ limitSeconds: 600 }),
  );
  const { backend } = orThrow(
    await selectBackend("onnx", { threads: spec.threads }),
  );
  const shared = spec.sums ? ranks : withoutSums(ranks);
  const times = await measured(spec, backend, shared);
  if (ranks.rank === 0) console.log(JSON.stringify(times));
  backend.dispose();
  await ranks.end();
}
