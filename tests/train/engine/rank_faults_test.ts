import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import { type PretrainConfig, right } from "../../../core/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import type { Ranks } from "../../../ranks/mod.ts";
import type {
  BatchSource,
  StepReport,
  TrainError,
} from "../../../train/mod.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { onDevices } from "../devices.ts";
import { startTiny, syntheticBatches, tinyRun, trained } from "../tiny_run.ts";
import { configOf } from "./rank_runs.ts";

/** What a rank has when it ends, however that is. */
interface RankEnd {
  readonly reports: readonly StepReport[];
  readonly error: TrainError | null;
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** Steps that ranks take, and how. */
interface Course {
  readonly config: Partial<PretrainConfig>;
  readonly skipNonFinite?: number;
  /** The batches of a rank. */
  readonly batchesOf: (
    config: PretrainConfig,
    rank: number,
  ) => BatchSource;
}

/** Takes steps until the last one or an error. */
async function endOf(
  backend: Backend,
  ranks: Ranks,
  { config, batchesOf, skipNonFinite }: Course,
): Promise<RankEnd> {
  const run = tinyRun(config);
  const batches = batchesOf(run.config, ranks.rank);
  const options = { ranks, batches, skipNonFinite };
  const going = startTiny(backend, run, undefined, options);
  const reports: StepReport[] = [];
  let error: TrainError | null = null;
  for await (const taken of going) {
    if (taken._tag === "Left") error = taken.left;
    else reports.push(taken.right);
  }
  const { parameters } = trained(await going.snapshot());
  going.dispose();
  return { reports, error, parameters };
}

const endsOf = (
  backend: Backend,
  ranks: readonly Ranks[],
  course: Course,
): Promise<readonly RankEnd[]> =>
  Promise.all(ranks.map((rank) => endOf(backend, rank, course)));

/** A sample whose image is not a number. */
const SPOILED = 7;

function spoil(batch: Batch): Batch {
  const at = batch.indices.indexOf(SPOILED);
  if (at < 0) return batch;
  const images = batch.images.slice();
  const size = images.length / batch.indices.length;
  images.fill(NaN, at * size, (at + 1) * size);
  return { ...batch, images };
}

/** Images of which one is spoiled: it comes once an epoch, to one of the ranks. */
const spoiledBatches = (config: PretrainConfig): BatchSource =>
  async function* (...place) {
    for await (const batch of syntheticBatches(config)(...place)) {
      yield batch._tag === "Right" ? right(spoil(batch.right)) : batch;
    }
  };

/** Ranks that share every micro-batch, and such that share out whole ones. */
const SHARED = [
  { config: configOf(4, 1), sizes: [2, 3] },
  { config: configOf(1, 4), sizes: [4] },
];

const withoutTimes = ({ step, phase, skipped }: StepReport) => ({
  ...{ step, phase, skipped },
});

await onDevices(
  ["cpu"],
  "an image of one rank that is not a number: all ranks leave out the steps that one process does, and keep the same numbers",
  async (backend) => {
    for (const { config, sizes } of SHARED) {
      const course = { config, skipNonFinite: 4, batchesOf: spoiledBatches };
      const [one] = await endsOf(backend, localRanks(1), course);
      const skipped = one!.reports.filter((report) => report.skipped);
      strictEqual(skipped.length, 4, "once an epoch");
      for (const size of sizes) {
        const ends = await endsOf(backend, localRanks(size), course);
        for (const { reports, error, parameters } of ends) {
          strictEqual(error, null);
          deepStrictEqual(
            reports.map(withoutTimes),
            one!.reports.map(withoutTimes),
          );
          deepStrictEqual(parameters, ends[0]!.parameters);
        }
      }
    }
  },
);

await onDevices(
  ["cpu"],
  "without leave all ranks end with the same error, which names the sample that one of them has",
  async (backend) => {
    for (const { config, sizes } of SHARED) {
      const course = { config, batchesOf: spoiledBatches };
      const [one] = await endsOf(backend, localRanks(1), course);
      ok(one?.error?._tag === "NonFiniteLoss");
      const first = { kind: "images", name: String(SPOILED), part: "" };
      deepStrictEqual(one.error.origin?.first, first);
      for (const size of sizes) {
        for (const end of await endsOf(backend, localRanks(size), course)) {
          deepStrictEqual(end.error, one.error);
          strictEqual(end.reports.length, one.reports.length);
        }
      }
    }
  },
);

const LATE = 1;

/** Batches that come to one rank only after something else. */
const lateBatches =
  (wait: () => Promise<unknown>) =>
  (config: PretrainConfig, rank: number): BatchSource =>
    async function* (...place) {
      for await (const batch of syntheticBatches(config)(...place)) {
        if (rank === LATE) await wait();
        yield batch;
      }
    };

const sleep = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

await onDevices(
  ["cpu"],
  "a rank whose images come slowly is waited for: the same numbers",
  async (backend) => {
    const config = configOf(1, 4);
    const [prompt, slow] = [() => Promise.resolve(), () => sleep(20)];
    const [wanted, found] = [
      await endsOf(backend, localRanks(2), {
        config,
        batchesOf: lateBatches(prompt),
      }),
      await endsOf(backend, localRanks(2, { limitSeconds: 60 }), {
        config,
        batchesOf: lateBatches(slow),
      }),
    ];
    found.forEach(({ error, parameters }, rank) => {
      strictEqual(error, null);
      deepStrictEqual(parameters, wanted[rank]!.parameters);
    });
  },
);

await onDevices(
  ["cpu"],
  "a rank that does not come within the limit is named by all, itself too",
  async (backend) => {
    const [others, late] = [[0, 2], LATE];
    const ranks = localRanks(3, {
      limitSeconds: 0.05,
      hosts: ["a", "b", "a"],
    });
    const gone = Promise.withResolvers<void>();
    const course = {
      config: configOf(4, 1),
      batchesOf: lateBatches(() => gone.promise),
    };
    const waiting = endOf(backend, ranks[late]!, course);
    const ended = others.map((rank) => endOf(backend, ranks[rank]!, course));
    const first = await Promise.all(ended);
    gone.resolve();
    for (const { error, reports } of [...first, await waiting]) {
      deepStrictEqual(reports, []);
      deepStrictEqual(error, {
        _tag: "RanksFailed",
        error: {
          _tag: "RanksMissing",
          what: "step 0",
          missing: ["rank 1 on b"],
          seconds: 0.05,
        },
      });
    }
  },
);
