/** Rows of a comparison, one for each number of frozen layers. */
import {
  type FreezePlan,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import { orThrow } from "../../train/mod.ts";
import type { PairRow } from "../peers/pair_row.ts";
import { PEER_MODELS } from "../peers/peer_models.ts";
import { benchedPlan, configOf, stepFlops } from "../step/step_spec.ts";

/** Measured and predicted times with one number of frozen layers. */
export interface PhaseRow {
  /** Number of frozen layers. */
  readonly frozen: number;
  /** Number of stages with a loss. */
  readonly stages: number;
  /** Milliseconds of a step of ours. */
  readonly ours: number;
  /** Milliseconds of a step of the peer. */
  readonly theirs: number;
  /** Operations of the step by the cost model. */
  readonly flops: number;
}

/** One comparison over all phases of a run. */
export interface Phases {
  /** The comparison, as any of its rows records it. */
  readonly about: PairRow;
  /** The configuration that was measured. */
  readonly config: PretrainConfig;
  /** In rising order, from 0 frozen layers, none missing. */
  readonly rows: readonly [PhaseRow, ...PhaseRow[]];
}

function phaseRow(
  plan: FreezePlan,
  batchSize: number,
  frozen: number,
  pairs: readonly PairRow[],
): PhaseRow {
  const phase = plan.phases.find(({ frozenLayers }) => frozenLayers === frozen);
  return {
    frozen,
    stages: phase?.liveStages.length ?? NaN,
    ours: Math.min(...pairs.map(({ ours }) => ours.totalMs)),
    theirs: Math.min(...pairs.map(({ theirs }) => theirs.totalMs)),
    flops: phase === undefined ? NaN : stepFlops(plan, phase, batchSize),
  };
}

/**
 * Puts the rows of one comparison in order. Where it was repeated, the fastest step of
 * each side counts.
 *
 * @param pairs Rows of one model, peer, batch, number of threads and processor.
 * @returns The phases, or what is missing or does not belong together.
 */
export function phasesOf(pairs: readonly PairRow[]): Result<string, Phases> {
  const [about] = pairs;
  if (about === undefined) {
    return left("found no row, wanted one for each phase");
  }
  const { model, batchSize, peer, threads, processor } = about;
  const alike = pairs.every((pair) =>
    pair.model === model && pair.peer === peer && pair.threads === threads &&
    pair.batchSize === batchSize && pair.processor === processor
  );
  if (!alike) {
    return left("found rows of several comparisons, wanted those of one");
  }
  const config = configOf(PEER_MODELS[model], batchSize);
  const plan = orThrow(benchedPlan(config));
  const byFrozen = Map.groupBy(pairs, ({ frozen }) => frozen);
  const found = [...byFrozen.keys()].toSorted((a, b) => a - b);
  const wanted = plan.layers.map((_, frozen) => frozen);
  if (found.join() !== wanted.join()) {
    return left(
      `found rows for ${found.join(", ")} frozen layers, wanted ${
        wanted.join(", ")
      }`,
    );
  }
  const [first, ...others] = found.map((frozen) =>
    phaseRow(plan, batchSize, frozen, byFrozen.get(frozen) ?? [])
  );
  return right({ about, config, rows: [first!, ...others] });
}
