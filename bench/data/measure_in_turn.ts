/** Several pipelines measured in turn. */
import { textTable } from "../../cli/output/text_table.ts";
import { processorHere } from "../processor.ts";
import type { Contender, Pass } from "./contenders.ts";

/** What was measured of a pipeline. */
export interface DataRow {
  /** The machine's processor and its instructions for products. */
  readonly processor: string;
  /** What it is. */
  readonly pipeline: string;
  /** Images of a pass. */
  readonly images: number;
  /** Images a second of the fastest pass. */
  readonly imagesPerSecond: number;
  /** Images a second of the median pass. */
  readonly median: number;
  /** Least processor milliseconds of an image. */
  readonly processorMs: number;
}

const rate = ({ images, seconds }: Pass): number => images / seconds;

const rounded = (value: number): number => Math.round(100 * value) / 100;

/** Passes in numbers. */
function rowOf(pipeline: string, passes: readonly Pass[]): DataRow {
  const rates = passes.map(rate).sort((a, b) => a - b);
  const costs = passes.map(({ images, processorSeconds }) =>
    1000 * processorSeconds / images
  );
  return {
    processor: processorHere(),
    pipeline,
    images: passes[0]?.images ?? 0,
    imagesPerSecond: rounded(rates.at(-1) ?? 0),
    median: rounded(rates[rates.length >> 1] ?? 0),
    processorMs: rounded(Math.min(...costs)),
  };
}

/**
 * Measures pipelines in turn, one round after the other.
 *
 * @param contenders The pipelines.
 * @param rounds Rounds that count; one before them does not.
 */
export async function measureInTurn(
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly DataRow[]> {
  const passes = contenders.map((): Pass[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const pass = await contender.pass();
      if (round > 0) passes[i]?.push(pass);
    }
  }
  return contenders.map(({ name }, i) => rowOf(name, passes[i] ?? []));
}

/** Rows as a person reads them. */
export function dataTable(rows: readonly DataRow[]): string {
  const table = textTable(
    [
      ["images/s", "right"],
      ["median", "right"],
      ["CPU ms/image", "right"],
      ["pipeline", "left"],
    ],
    rows.map(({ imagesPerSecond, median, processorMs, pipeline }) => [
      imagesPerSecond.toFixed(0),
      median.toFixed(0),
      processorMs.toFixed(2),
      pipeline,
    ]),
  );
  return [table, "", ...rows.slice(0, 1).map((row) => row.processor)]
    .join("\n");
}
