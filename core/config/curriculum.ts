/** Codec of curricula. */
import { type Codec, NOT_NEGATIVE, numberIn } from "../codec/codec.ts";
import { listOf, recordOf } from "../codec/structures.ts";
import { type Fault, inconsistent } from "../result.ts";
import type { Curriculum, WeightPoint } from "../schedule/curriculum.ts";

/** Accepts points of a curriculum, each by itself. */
export const curriculumCodec: Codec<Curriculum> = listOf(
  recordOf<WeightPoint>({
    time: numberIn("a number in [0, 1]", (time) => time >= 0 && time <= 1),
    weights: listOf(NOT_NEGATIVE),
  }),
);

/**
 * Faults of a curriculum whose points do not rise in time, have not one weight for each
 * stage, or take the weight of the last stage away.
 */
export function curriculumFaults(
  curriculum: Curriculum,
  stages: number,
): readonly Fault[] {
  return curriculum.flatMap(({ time, weights }, i) => {
    const [point, before] = [`curriculum[${i}]`, curriculum[i - 1]?.time ?? -1];
    const last = weights[stages - 1] ?? 1;
    return [
      ...inconsistent(
        time > before,
        `${point}.time`,
        time,
        `more than ${before}, the time of the point before`,
      ),
      ...inconsistent(
        weights.length === stages,
        `${point}.weights`,
        weights.length,
        `${stages} weights, one for each stage from shallow to deep`,
      ),
      ...inconsistent(
        last > 0,
        `${point}.weights[${stages - 1}]`,
        last,
        "more than 0: the last stage outlives the others",
      ),
    ];
  });
}
