import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Backend, Program } from "../../../backends/backend.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import {
  left,
  type Result,
  right,
  type Segment,
  traceGraph,
} from "../../../core/mod.ts";
import type { RankError, Ranks } from "../../../ranks/mod.ts";
import { describeTrainError } from "../../../train/mod.ts";
import { stepMeeting } from "../../../train/engine/meeting.ts";
import { PendingSums } from "../../../train/engine/step/sums/pending_sums.ts";
import {
  segmentGraphs,
  segmentPrograms,
} from "../../../train/engine/step/segment_programs.ts";
import { runSegments } from "../../../train/engine/step/segmented_gradient.ts";
import { compileAll } from "../../../train/engine/programs.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { right as valueOf } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { startTiny, tinyRun, trained } from "../tiny_run.ts";
import { configOf, ended, runOn } from "./rank_runs.ts";

/** The tiny model has 15 kB of gradients. */
const SEGMENTS = { leastBytes: 500 };

/** A program of a segment that carries something to others, or is given it. */
const isSegment = ({ graph }: Program): boolean =>
  Object.keys(graph.outputs).some((name) => name.startsWith("carried/")) ||
  graph.nodes.some((node) =>
    node.op === "input" && node.attributes.name.startsWith("carried/")
  );

/** The engine; it tells when a run of a segment begins, which may fail instead. */
function watched(
  backend: Backend,
  onRun: (program: Program) => "fail" | void,
): Backend {
  return {
    ...backend,
    compile: async (graph, options) => {
      const made = await backend.compile(graph, options);
      if (made._tag === "Left" || !isSegment(made.right)) return made;
      const { right: program } = made;
      return right({
        ...program,
        run: (inputs) => {
          if (onRun(program) !== "fail") return program.run(inputs);
          const [device, reason] = ["broken", "it was unplugged"];
          return Promise.resolve(
            left({ _tag: "ExecutionFailed", device, reason } as const),
          );
        },
      });
    },
  };
}

/** The ranks; they tell when a sum begins and when it has ended. */
const heard = (
  ranks: Ranks,
  sum: (numbers: Float32Array) => Promise<Result<RankError, void>>,
): Ranks =>
  new Proxy(ranks, {
    get: (target, name) => {
      if (name === "sum") return sum;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

await onDevices(
  ["cpu", "onnx"],
  "1, 2 and 4 ranks that compute in segments take the same steps as one that does not, to the bit, across freezes",
  async (backend) => {
    const config = configOf(1, 4);
    const [whole] = await runOn(backend, 1, config);
    for (const size of [1, 2, 4]) {
      let runs = 0;
      const engine = watched(backend, () => void runs++);
      const options = { segments: SEGMENTS };
      for (
        const rank of await runOn(engine, size, config, undefined, options)
      ) {
        deepStrictEqual(rank.parameters, whole?.parameters);
      }
      // Twelve steps of four micro-batches of mostly four segments.
      ok(runs > 3 * 48, `${runs} runs of segments`);
    }
  },
);

await onDevices(
  ["onnx"],
  "a rank that computes several parts at one time takes the same steps in segments, to the bit",
  async (backend) => {
    const run = tinyRun(configOf(12, 1));
    strictEqual(backend.parallelRuns, 2);
    const [ranks] = localRanks(1);
    const of = (segments: { readonly leastBytes: number }) =>
      ended(startTiny(backend, run, undefined, { ranks, segments }), ranks!);
    const whole = await of({ leastBytes: Infinity });
    deepStrictEqual((await of(SEGMENTS)).parameters, whole.parameters);
  },
);

await onDevices(
  ["cpu", "onnx"],
  "sums over the ranks begin before the last segment of the last micro-batch is computed, and not before that micro-batch",
  async (backend) => {
    const events: string[] = [];
    const [own] = localRanks(1);
    const ranks = heard(own!, (numbers) => {
      events.push("sum");
      return own!.sum(numbers);
    });
    const engine = watched(backend, () => void events.push("run"));
    const run = tinyRun(configOf(2, 2));
    const going = startTiny({ ...engine, parallelRuns: 1 }, run, undefined, {
      ...{ ranks, segments: SEGMENTS },
    });
    for await (const taken of going) {
      const { communication } = trained(taken).milliseconds;
      ok(communication !== undefined && communication.exposed >= 0);
      ok(communication.milliseconds >= 0);
      break;
    }
    going.dispose();
    strictEqual(events.filter((event) => event === "run").length, 8);
    const [first, last] = [events.indexOf("sum"), events.lastIndexOf("run")];
    ok(first > 4 && first < last, events.join());
    strictEqual(events.at(-1), "sum");
  },
);

for (const failing of [2, 3, 4]) {
  await onDevices(
    ["cpu", "onnx"],
    `an engine that fails in segment ${failing} of 4 waits for the sums under way and leaves nothing on the device`,
    async (backend) => {
      const alive = backend.liveTensors();
      const [own] = localRanks(1);
      let [runs, open] = [0, 0];
      const lives: number[] = [];
      const held = Promise.withResolvers<void>();
      const ranks = heard(own!, async (numbers) => {
        open++;
        await held.promise;
        lives.push(backend.liveTensors());
        const summed = await own!.sum(numbers);
        open--;
        return summed;
      });
      const engine = watched(backend, () => {
        if (++runs !== failing) return;
        setTimeout(held.resolve, 50);
        return "fail";
      });
      const run = tinyRun(configOf(4, 1));
      const going = startTiny({ ...engine, parallelRuns: 1 }, run, undefined, {
        ...{ ranks, segments: SEGMENTS },
      });
      for await (const taken of going) {
        ok(taken._tag === "Left");
        match(describeTrainError(taken.left), /it was unplugged/);
      }
      strictEqual(runs, failing);
      strictEqual(open, 0);
      // What is added up was given back afterwards.
      ok(lives.length > 0);
      ok(lives.every((tensors) => tensors > backend.liveTensors()));
      going.dispose();
      strictEqual(backend.liveTensors(), alive);
    },
  );
}

await onDevices(
  ["cpu", "onnx"],
  "a sum that fails while gradients are computed ends the step, and leaves nothing on the device",
  async (backend) => {
    const alive = backend.liveTensors();
    const [own] = localRanks(1);
    let sums = 0;
    const failure = { _tag: "TransportFailed", reason: "no way" } as const;
    const ranks = heard(
      own!,
      (numbers) =>
        ++sums === 2 ? Promise.resolve(left(failure)) : own!.sum(numbers),
    );
    const run = tinyRun(configOf(4, 1));
    const going = startTiny({ ...backend, parallelRuns: 1 }, run, undefined, {
      ...{ ranks, segments: SEGMENTS },
    });
    for await (const taken of going) {
      deepStrictEqual(taken, left({ _tag: "RanksFailed", error: failure }));
    }
    strictEqual(sums, 2);
    going.dispose();
    strictEqual(backend.liveTensors(), alive);
  },
);

/** The number of each rank, less the sum of all: two segments with a sum between them. */
function centred(): readonly Segment[] {
  const nothing = { outputs: [], carries: [], sums: [], takes: [] };
  return [
    {
      ...nothing,
      graph: valueOf(
        traceGraph((g) => ({ "carried/1": g.scale(g.input("x", [2]), 1) })),
      ),
      carries: ["carried/1"],
      sums: ["carried/1"],
      releases: [],
    },
    {
      ...nothing,
      graph: valueOf(
        traceGraph((g) => {
          const sum = g.input("carried/1", [2]);
          return { y: g.subtract(g.input("x", [2]), sum) };
        }),
      ),
      outputs: ["y"],
      takes: ["carried/1"],
      releases: ["carried/1"],
    },
  ];
}

Deno.test("runSegments() gives later segments what all ranks have, added up, where a segment says so", async () => {
  const backend = referenceBackend();
  const options = { parts: 1, int8: [], isSummed: false };
  const graphs = valueOf(segmentGraphs(centred(), options));
  const programs = trained(await compileAll(backend, graphs));
  const segments = segmentPrograms(centred(), programs);
  const all = await Promise.all(
    localRanks(3).map(async (ranks) => {
      const meeting = stepMeeting(ranks, () => false);
      const sums = new PendingSums(backend, meeting, 0);
      const data = Float32Array.of(1, 2).map((x) => x + ranks.rank);
      const read: number[] = [];
      trained(
        await runSegments(
          { backend, segments, ranks: sums },
          new Map(),
          [{ x: { shape: [2], data } }],
          async (_, [outputs]) => {
            for (const tensor of outputs?.values() ?? []) {
              read.push(...await tensor.read());
              tensor.dispose();
            }
            return right(undefined);
          },
        ),
      );
      return read;
    }),
  );
  deepStrictEqual(all, [[-5, -7], [-4, -6], [-3, -5]]);
  strictEqual(backend.liveTensors(), 0);
});

Deno.test("segmentGraphs() refuses sums within micro-batches of several parts", () => {
  const options = { parts: 2, int8: [], isSummed: true };
  const graphs = segmentGraphs(centred(), options);
  ok(graphs._tag === "Left");
  strictEqual(graphs.left[0].path, "ranks");
});
