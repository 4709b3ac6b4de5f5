import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type GradientBucket,
  type Network,
  type PhaseWork,
  predictRun,
  predictStep,
  type RankWork,
  savedPart,
  stepImages,
  type StepPrediction,
  sumSeconds,
} from "../../../../core/mod.ts";
import { between } from "../../../arbitraries.ts";

/** Sums of float64 numbers in another order differ by so much at most. */
const ROUNDING = 1e-12;

const atMost = (found: number, limit: number, what: string): void =>
  ok(found <= limit * (1 + ROUNDING), `${what}: ${found} > ${limit}`);

const buckets: fc.Arbitrary<readonly GradientBucket[]> = fc.array(
  fc.record({
    bytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e9 })),
    ready: between(0.01, 1),
  }),
  { minLength: 1, maxLength: 6 },
).map((drawn) => drawn.toSorted((a, b) => a.ready - b.ready));

const work: fc.Arbitrary<RankWork> = fc.record({
  passSeconds: between(0, 1),
  imageSeconds: between(1e-4, 1),
  microBatch: fc.integer({ min: 1, max: 64 }),
  updateSeconds: between(0, 1),
  buckets,
});

const wire: fc.Arbitrary<Network> = fc.record({
  bitsPerSecond: fc.integer({ min: 1e8, max: 4e11 }),
  latencySeconds: between(0, 1e-3),
});

const network: fc.Arbitrary<Network> = fc.tuple(
  wire,
  fc.record({
    addBytesPerSecond: fc.integer({ min: 1e8, max: 1e11 }),
    busBytesPerSecond: fc.integer({ min: 1e8, max: 1e11 }),
  }),
  fc.boolean(),
).map(([wire, host, isWireOnly]) => isWireOnly ? wire : { ...wire, ...host });

/** Images of a step and a number of ranks, none without images. */
const sizes = fc.integer({ min: 1, max: 4096 }).chain((images) =>
  fc.tuple(fc.constant(images), fc.integer({ min: 1, max: images }))
);

const bytesOf = ({ buckets }: RankWork): number =>
  buckets.reduce((sum, { bytes }) => sum + bytes, 0);

Deno.test("predictStep() of one rank sends nothing", () => {
  fc.assert(
    fc.property(work, network, fc.nat(4095), (work, network, more) => {
      const step = predictStep(work, network)(more + 1, 1);
      deepStrictEqual(step.sums, []);
      strictEqual(step.exposedSeconds, 0);
      strictEqual(step.stepSeconds, step.gradientSeconds + work.updateSeconds);
    }),
  );
});

Deno.test("predictStep() is never faster than its computing alone nor than its network alone", () => {
  fc.assert(fc.property(work, network, sizes, (work, network, [images, R]) => {
    const step = predictStep(work, network)(images, R);
    const summing = work.buckets.map(({ bytes }) =>
      R === 1 ? 0 : sumSeconds(network, R)(bytes)
    ).reduce((sum, seconds) => sum + seconds, 0);
    const bus = R === 1 ? 0 : bytesOf(work) /
      (network.busBytesPerSecond ?? Infinity);
    const { updateSeconds } = work;
    atMost(step.gradientSeconds + updateSeconds, step.stepSeconds, "computing");
    atMost(summing + updateSeconds, step.stepSeconds, "network");
    atMost(bus + updateSeconds, step.stepSeconds, "bus");
    // Nor slower than all of them one after another.
    const inTurn = step.gradientSeconds + summing + 2 * bus + updateSeconds;
    atMost(step.stepSeconds, inTurn, "one after another");
  }));
});

Deno.test("predictStep() sums buckets in order, none before it is there or beside another", () => {
  fc.assert(fc.property(work, network, sizes, (work, network, [images, R]) => {
    const { sums, gradientSeconds } = predictStep(work, network)(images, R);
    strictEqual(sums.length, R === 1 ? 0 : work.buckets.length);
    sums.forEach(({ ready, begins, ends }, i) => {
      atMost(ready, gradientSeconds, "ready within the passes");
      atMost(ready, begins, "begins when it is there");
      atMost(begins, ends, "ends after its beginning");
      const before = sums[i - 1];
      if (before === undefined) return;
      const { bytes } = work.buckets[i - 1]!;
      atMost(before.begins + sumSeconds(network, R)(bytes), begins, "free");
      atMost(before.ends, ends, "in order");
    });
  }));
});

const faster: readonly ((network: Network) => Network)[] = [
  (network) => ({ ...network, bitsPerSecond: 2 * network.bitsPerSecond }),
  (network) => ({ ...network, latencySeconds: network.latencySeconds / 2 }),
  ({ bitsPerSecond, latencySeconds }) => ({ bitsPerSecond, latencySeconds }),
];

Deno.test("predictStep() takes no longer on a network that is better in one respect", () => {
  fc.assert(
    fc.property(
      ...[work, network, sizes, fc.constantFrom(...faster)] as const,
      (work, network, [images, R], change) => {
        const slow = predictStep(work, network)(images, R);
        const fast = predictStep(work, change(network))(images, R);
        atMost(fast.stepSeconds, slow.stepSeconds, "step");
        strictEqual(fast.gradientSeconds, slow.gradientSeconds);
      },
    ),
  );
});

Deno.test("predictStep() takes no longer with fewer bytes", () => {
  fc.assert(
    fc.property(
      ...[work, network, sizes, between(0, 1)] as const,
      (work, network, [images, R], part) => {
        const fewer = work.buckets.map(({ bytes, ready }) => ({
          bytes: Math.floor(part * bytes),
          ready,
        }));
        const of = (buckets: readonly GradientBucket[]): StepPrediction =>
          predictStep({ ...work, buckets }, network)(images, R);
        atMost(of(fewer).stepSeconds, of(work.buckets).stepSeconds, "step");
      },
    ),
  );
});

Deno.test("predictStep() without bytes is computing alone", () => {
  fc.assert(fc.property(work, network, sizes, (work, network, [images, R]) => {
    const buckets = work.buckets.map(({ ready }) => ({ bytes: 0, ready }));
    const step = predictStep({ ...work, buckets }, network)(images, R);
    // An end is computed as the moment at which the last bucket is there.
    atMost(step.exposedSeconds, ROUNDING * step.gradientSeconds, "exposed");
  }));
});

const works: fc.Arbitrary<readonly PhaseWork[]> = fc.array(
  fc.tuple(work, fc.integer({ min: 1, max: 1000 })),
  { minLength: 1, maxLength: 4 },
).map((drawn) =>
  drawn.map(([work, steps], i) => {
    const from = drawn.slice(0, i).reduce((sum, [, steps]) => sum + steps, 0);
    return { phase: { from, to: from + steps }, work };
  })
);

Deno.test("predictRun() has an efficiency in (0, 1], which is 1 for one rank", () => {
  fc.assert(
    fc.property(works, network, sizes, (works, network, [images, R]) => {
      for (
        const scaling of [
          { _tag: "Strong", images },
          { _tag: "Weak", imagesPerRank: images },
        ] as const
      ) {
        const runOn = predictRun(works, network, scaling);
        const { efficiency, imagesPerSecond } = runOn(R);
        ok(efficiency > 0);
        atMost(efficiency, 1, scaling._tag);
        strictEqual(runOn(1).efficiency, 1);
        atMost(
          Math.abs(efficiency * R * runOn(1).imagesPerSecond - imagesPerSecond),
          ROUNDING * imagesPerSecond,
          "images each second",
        );
      }
    }),
  );
});

Deno.test("predictRun() scales perfectly where nothing is sent and nothing is fixed", () => {
  fc.assert(
    fc.property(
      works,
      network,
      fc.integer({ min: 0, max: 8 }),
      (drawn, network, k) => {
        const works = drawn.map(({ phase, work }) => ({
          phase,
          work: {
            ...{ ...work, passSeconds: 0, updateSeconds: 0 },
            buckets: work.buckets.map(({ ready }) => ({ bytes: 0, ready })),
          },
        }));
        const run = predictRun(works, network, { _tag: "Strong", images: 256 });
        ok(Math.abs(run(2 ** k).efficiency - 1) < 1e-9);
      },
    ),
  );
});

Deno.test("predictRun() counts each phase as often as it has steps", () => {
  fc.assert(
    fc.property(works, network, sizes, (works, network, [images, R]) => {
      const run = predictRun(works, network, { _tag: "Strong", images })(R);
      const steps = works.map(({ work }) =>
        predictStep(work, network)(images, R)
      );
      deepStrictEqual(run.phases, steps);
      const [first] = steps;
      const phases = works.map(({ phase }, index) => ({
        ...phase,
        ...{ index, frozenLayers: index, trainableLayers: [], liveStages: [] },
      }));
      const totalSteps = phases.at(-1)!.to;
      const saved = savedPart(
        { phases: [phases[0]!, ...phases.slice(1)], totalSteps },
        ({ index }) => steps[index]!.stepSeconds,
      );
      const unfrozen = totalSteps * first!.stepSeconds;
      ok(Math.abs(unfrozen * (1 - saved) - run.seconds) < 1e-9 * run.seconds);
    }),
  );
});

Deno.test("stepImages() are fixed, or as many as the ranks bring", () => {
  strictEqual(stepImages({ _tag: "Strong", images: 2048 })(8), 2048);
  strictEqual(stepImages({ _tag: "Weak", imagesPerRank: 32 })(8), 256);
});
