/** The numbers that are asked for first, from the results of all parts. */
import type { PartResults } from "./measure_card.ts";
import { type Facts, short } from "./part.ts";

/** Rows of a part under a key; none if it has not come that far. */
const rowsOf = (
  results: PartResults,
  part: string,
  key: string,
): readonly Facts[] => (results[part]?.facts[key] ?? []) as readonly Facts[];

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && value > 0 ? value : undefined;

/** A quotient, if there are both numbers. */
function quotient(a: unknown, b: unknown): number | undefined {
  const [over, under] = [numberOf(a), numberOf(b)];
  return over === undefined || under === undefined
    ? undefined
    : short(over / under);
}

/** Steps of the same model, batch and frozen layers. */
const isSameStep = (a: Facts, b: Facts): boolean =>
  ["model", "batchSize", "frozen"].every((key) => a[key] === b[key]);

/** Time of a step of ours as part of the peer's, by its precision. */
const againstPeers = (step: Facts, peers: readonly Facts[]): Facts =>
  Object.fromEntries(
    peers.filter((peer) => isSameStep(peer, step)).flatMap((peer) => {
      const ratio = quotient(step["ms"], peer["ms"]);
      return ratio === undefined ? [] : [[String(peer["precision"]), ratio]];
    }),
  );

/** One step: how much of the card it uses, and how it compares. */
function stepLine(
  step: Facts,
  roof: number | undefined,
  peers: readonly Facts[],
): Facts {
  const { device, precision, model, batchSize, frozen, tuned } = step;
  const { ms, imagesPerSecond, error, skipped } = step;
  return {
    ...{ device, precision, model, batchSize, frozen, ms, imagesPerSecond },
    ...tuned ? { tuned } : {},
    ofFloat32Roof: quotient(step["tflops"], roof),
    timeOfPyTorch: againstPeers(step, peers),
    ...error === undefined ? {} : { error },
    ...skipped === undefined ? {} : { skipped },
  };
}

/** What the loader gives beside what the fastest step of ViT-B needs. */
function imagesLine(results: PartResults, steps: readonly Facts[]): Facts {
  const most = (rows: readonly Facts[]): number =>
    Math.max(
      0,
      ...rows.map((row) => numberOf(row["imagesPerSecond"]) ?? 0),
    );
  return {
    loaded: most(rowsOf(results, "images", "loaders")),
    neededByVitB: most(steps.filter(({ model }) => model === "vit-b")),
  };
}

/**
 * Summary of the parts that were measured so far: each step as part of the measured roof of
 * float32 arithmetic (operations of the cost model) and its time as part of PyTorch's.
 */
export function summaryOf(results: PartResults): Facts {
  const roof = numberOf(results["roofs"]?.facts["float32Tflops"]);
  const steps = rowsOf(results, "steps", "steps");
  const peers = rowsOf(results, "peers", "cases");
  const { facts: losses = {} } = results["losses"] ?? {};
  return {
    card: results["machine"]?.facts["description"],
    isGpu: results["machine"]?.facts["isGpu"],
    float32Tflops: roof,
    steps: steps.map((step) => stepLine(step, roof, peers)),
    products: results["products"]?.facts["total"],
    saving: rowsOf(results, "saving", "runs").map((
      { model, perLayer, shared, error },
    ) => ({ model, perLayer, shared, error })),
    losses: {
      processor: (losses["processor"] as Facts | undefined)
        ?.["largestRelativeDifference"],
      bf16: (losses["bf16"] as Facts | undefined)?.["relativeDifferenceAtEnd"],
    },
    images: imagesLine(results, steps),
    errors: Object.fromEntries(
      Object.entries(results).flatMap(([name, { error }]) =>
        error === undefined ? [] : [[name, error]]
      ),
    ),
  };
}
