/** A pre-training that is fitted to pictures, a device and a time. */
import type { PretrainConfig } from "../config/pretrain.ts";
import { effectiveBatch } from "../config/recipes.ts";
import { E, pipe } from "../fp.ts";
import { type Faults, left, type Result, right } from "../result.ts";
import {
  type Candidate,
  candidateRun,
  type FitRequest,
  type FittedRun,
  leastEpochs,
} from "./candidate_run.ts";
import { MODEL_NAMES } from "./picture_models.ts";
import { MOST_EPOCHS, type Stated, STATED_MODEL } from "./settled_model.ts";
import { timesOf } from "./step_time.ts";

/**
 * Patches that an encoder is to see for each of its parameters. The recipe for small
 * pictures shows eleven, that of the paper some 290, and language models are best with
 * about twenty tokens (Hoffmann et al.); with much fewer the larger model is the worse one.
 */
const PATCHES_WANTED = 10;

/** True if a run is one that can be had in its time. */
const isAffordable = (
  { affordable }: Candidate,
  stated: Stated,
): boolean => affordable >= leastEpochs(stated);

const few = (patches: number): string =>
  patches < 1 ? patches.toPrecision(1) : patches.toFixed(0);

const withReason = (
  { reasons, ...run }: Candidate,
  model: string,
): Candidate => ({ ...run, reasons: { ...reasons, model } });

/** The largest model that sees enough, else the smallest. */
function best(request: FitRequest): Result<Faults, Candidate> {
  let found: Candidate | null = null;
  let faults: Faults | null = null;
  for (const name of MODEL_NAMES) {
    const tried = candidateRun(name, request);
    if (tried._tag === "Left") {
      faults ??= tried.left;
      continue;
    }
    const { patchesSeen, epochSeconds } = tried.right;
    // There is no more time to time it.
    if (epochSeconds === Infinity) continue;
    const isEnough = patchesSeen >= PATCHES_WANTED &&
      isAffordable(tried.right, request.stated);
    if (found !== null && !isEnough) break;
    const reason = isEnough
      ? `the largest that sees ${PATCHES_WANTED} patches for each parameter`
      : `the smallest: it sees ${
        few(patchesSeen)
      } patches for each parameter, ${PATCHES_WANTED} are wanted`;
    found = withReason(tried.right, reason);
    if (!isEnough) break;
  }
  return found === null ? left(faults!) : right(found);
}

/** Two figures of a number, rounded up. */
function roundedUp(minutes: number): number {
  const unit = 10 ** (Math.floor(Math.log10(minutes)) - 1);
  return Number((Math.ceil(minutes / unit) * unit).toPrecision(2));
}

/** What is wrong with the time, if anything is. */
function tooShort(
  run: Candidate,
  { pictures: { count }, minutes, seconds, isLimit, stated }: FitRequest,
): Faults | null {
  const { epochs } = stated.training;
  const isMeant = epochs === undefined || isLimit;
  if (!isMeant || isAffordable(run, stated)) return null;
  const least = leastEpochs(stated);
  const needed = least * run.epochSeconds;
  const share = Math.floor(count * run.affordable / least);
  const what = `${
    least === 1 ? "one epoch" : `${least} epochs`
  } of ${count} images`;
  const fewer = epochs === undefined
    ? share >= 1 ? ` or at most ${share} images (limit)` : ""
    : " or fewer (epochs)";
  return [{
    _tag: "Inconsistent",
    path: "minutes",
    found: minutes,
    wanted: `about ${
      roundedUp(minutes * needed / seconds)
    } for ${what}${fewer}`,
  }];
}

/** The run that is best as far as is known, whether the time is enough or not. */
const chosen = (request: FitRequest): Result<Faults, Candidate> =>
  request.stated.model === undefined
    ? best(request)
    : candidateRun(STATED_MODEL, request);

/** True if a run's step was timed, or one with at most twice or half as many images. */
const isTimed = (
  { config }: Candidate,
  { timed }: Pick<FitRequest, "timed">,
): boolean =>
  timesOf(config, timed).some(({ images }) => {
    const ratio = effectiveBatch(config) / images;
    return ratio >= 0.5 && ratio <= 2;
  });

/** A run that is long enough for its first phase not to end while it is timed. */
const lasting = ({ training, ...config }: PretrainConfig): PretrainConfig => ({
  ...config,
  training: { ...training, epochs: 100 * MOST_EPOCHS, warmupEpochs: 0 },
});

/** A step that is worth timing. */
export interface StepToTime {
  /** A training whose first steps are such ones. */
  readonly config: PretrainConfig;
  /** Floating-point operations of a step, for one image. */
  readonly flops: number;
}

/**
 * The step to be timed next, so that more is known of the run that would be chosen.
 *
 * @returns The step; `null` if it is known well enough, or if no time is asked for because
 * model and epochs are stated; or the faults of what is stated.
 */
export function stepToTime(
  request: FitRequest,
): Result<Faults, StepToTime | null> {
  const { stated: { model, training }, isLimit } = request;
  const isFree = model === undefined || training.epochs === undefined;
  if (!isFree && !isLimit) return right(null);
  return pipe(
    chosen(request),
    E.map((run) =>
      isTimed(run, request)
        ? null
        : { config: lasting(run.config), flops: run.flops }
    ),
  );
}

/**
 * Fits a pre-training to pictures, a device and a time.
 *
 * - **Model:** the largest preset whose encoder sees ten patches for each of its parameters,
 *   in a view that the pictures are large enough for.
 * - **Step:** as many images as leave 3000 steps, from 8 to 2048, and fewer where an epoch
 *   would have less than four steps.
 * - **Length:** as many epochs as the time allows at the speed that was timed, less what
 *   freezing saves by the cost model; at most 1600. A twentieth is warm-up.
 * - **Rate:** `recipeRate`.
 *
 * What is stated is kept, and the rest follows from it. Times of models that were not timed
 * are guesses in their favour: `stepToTime` says which step to time before this is asked.
 *
 * @returns The run, or why there is none: faults of what is stated, or a time too short for
 * an epoch of the smallest model.
 *
 * @see Hoffmann et al., Training Compute-Optimal Large Language Models, 2022; He et al.,
 * Masked Autoencoders Are Scalable Vision Learners, 2021.
 */
export function fittedRun(request: FitRequest): Result<Faults, FittedRun> {
  return pipe(
    chosen(request),
    E.flatMap((run) => {
      const short = tooShort(run, request);
      return short === null ? right(run) : left(short);
    }),
  );
}
