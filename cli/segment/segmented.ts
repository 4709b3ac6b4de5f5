/** Segmentation from each start: linear layers on patches, judged pixel by pixel. */
import type { Program } from "../../backends/mod.ts";
import {
  left,
  patchCount,
  type Result,
  right,
  rootKey,
  split,
} from "../../core/mod.ts";
import {
  disposeAll,
  drawnPatches,
  type LabelledFeatures,
  patchFeatureGraph,
  patchPixelRow,
  patchSamples,
  probeScorer,
  programRow,
  type RowMaker,
  type Segmentation,
  type Segmenter,
  segmentImages,
  type TrainError,
  withProgram,
} from "../../train/mod.ts";
import { BATCH, batchesInOrder, type ImagePart } from "../evaluate/features.ts";
import { type SweptProbe, sweptProbe } from "../evaluate/swept_probe.ts";
import { type Start, STARTS, uploadedStarts } from "../gain/starts.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { OpenedMasks } from "./opened_masks.ts";
import { MOST_PATCHES } from "./segment_flags.ts";

/** What was named from one start. */
export interface Segmented extends Segmentation {
  readonly start: Start;
  /** The linear layer. */
  readonly probe: SweptProbe;
  /** Patches that it learned from. */
  readonly patches: number;
}

/** What is asked of a segmentation. */
export interface SegmentationWish {
  /** Stages whose taps make the feature of a patch. */
  readonly stages: readonly number[];
  /** Patches to learn from at most. */
  readonly most?: number | undefined;
  /** Images to judge by whose classes are kept, to be drawn. */
  readonly kept: ReadonlySet<number>;
}

/** Key of the draw of patches. */
const PATCH_KEY = split(rootKey(0), "patches");

/** Images of a part in order, and how they are named under a bar. */
function batchesOf(opened: OpenedMasks, part: ImagePart, size: number) {
  const batches = batchesInOrder(opened, part, size);
  return batches._tag === "Left" ? batches : right(batches.right(null));
}

/** Patches to learn from, from each start. */
async function samplesOf(
  opened: OpenedMasks,
  makers: readonly RowMaker[],
  size: number,
  { most = MOST_PATCHES }: SegmentationWish,
  shown: ShownWork,
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const { labels, encoder: { model }, train } = opened;
  const wanted = {
    ...{ labels, patches: patchCount(model) },
    drawn: drawnPatches(labels, most, PATCH_KEY),
  };
  const loaded = batchesOf(opened, "train", size);
  if (loaded._tag === "Left") return loaded;
  const { batches, noted } = loaded.right;
  return await noted(
    await underBar(
      ...[shown, "images to learn from", train.length] as const,
      (work) => patchSamples(makers, batches, wanted, work),
    ),
  );
}

/** Fault of too few patches to learn from. */
function tooFew(found: number): Result<TrainError, never> {
  const wanted = "at least 2 that have a class";
  const fault = { _tag: "OutOfRange", path: "patches", found, wanted } as const;
  return left({ _tag: "BadConfig", faults: [fault] });
}

/**
 * Samples of a step: patches come from few images, and with the recipe's thousands of them
 * an epoch would have a step or two. On 480 and 684 pictures that cost four to five points.
 */
const MOST_OF_STEP = 2048;

/** Steps of an epoch at least, where there are patches enough. */
const STEPS = 8;

/** Samples of a step. */
const stepSize = (samples: number): number =>
  Math.max(2, Math.min(MOST_OF_STEP, Math.floor(samples / STEPS)));

/** Trains the linear layer of each start. */
async function probesOf(
  opened: OpenedMasks,
  samples: readonly LabelledFeatures[],
  shown: ShownWork,
): Promise<Result<TrainError, readonly SweptProbe[]>> {
  const probes: SweptProbe[] = [];
  for (const known of samples) {
    const { length } = known.labels;
    if (length < 2) return tooFew(length);
    const probe = await sweptProbe(opened, known, shown, stepSize(length));
    if (probe._tag === "Left") return probe;
    probes.push(probe.right);
  }
  return right(probes);
}

/** The linear layers on the device; what was brought there is freed with the last use. */
async function withScorers<A>(
  { backend }: OpenedMasks,
  makers: readonly RowMaker[],
  probes: readonly SweptProbe[],
  use: (segmenters: readonly Segmenter[]) => Promise<Result<TrainError, A>>,
): Promise<Result<TrainError, A>> {
  const segmenters: Segmenter[] = [];
  try {
    for (const [k, maker] of makers.entries()) {
      const own = probes[k];
      if (own === undefined) continue;
      const scorer = await probeScorer(backend, own.config, own.probe);
      if (scorer._tag === "Left") return scorer;
      segmenters.push({ maker, scorer: scorer.right });
    }
    return await use(segmenters);
  } finally {
    for (const { scorer } of segmenters) scorer.dispose();
  }
}

/** Names the pixels of the images to judge by. */
async function judgedBy(
  opened: OpenedMasks,
  makers: readonly RowMaker[],
  probes: readonly SweptProbe[],
  size: number,
  { kept }: SegmentationWish,
  shown: ShownWork,
): Promise<Result<TrainError, readonly Segmentation[]>> {
  const { encoder: { model }, validation, truth, classes } = opened;
  const loaded = batchesOf(opened, "validation", size);
  if (loaded._tag === "Left") return loaded;
  const { batches, noted } = loaded.right;
  const judged = { batches, truth, kept, classes };
  return await noted(
    await underBar(
      ...[shown, "images to judge by", validation.length] as const,
      (work) =>
        withScorers(
          ...[opened, makers, probes] as const,
          (segmenters) => segmentImages(model, segmenters, judged, work),
        ),
    ),
  );
}

/** All that the program of the encoders is needed for. */
async function segmentedBy(
  opened: OpenedMasks,
  makers: readonly RowMaker[],
  size: number,
  wish: SegmentationWish,
  shown: ShownWork,
): Promise<Result<TrainError, readonly Segmented[]>> {
  const samples = await samplesOf(opened, makers, size, wish, shown);
  if (samples._tag === "Left") return samples;
  const patches = samples.right[0]?.labels.length ?? 0;
  const probes = await probesOf(opened, samples.right, shown);
  if (probes._tag === "Left") return probes;
  const found = await judgedBy(
    ...[opened, makers, probes.right, size, wish, shown] as const,
  );
  return found._tag === "Left" ? found : right(
    found.right.flatMap((one, k) => {
      const [start, probe] = [STARTS[k], probes.right[k]];
      return start === undefined || probe === undefined
        ? []
        : [{ ...one, start, probe, patches }];
    }),
  );
}

/**
 * Segments the images to judge by from the trained encoder, from untrained weights and from
 * raw pixels of patches: a linear layer on each learns the classes of patches, and its
 * scores are brought to the size of the image.
 *
 * @param wish Features, patches to learn from, images to be drawn.
 * @param shown Progress output and stop signal.
 * @returns What was named from each start, in the order of `STARTS`; or the first error.
 */
export async function segmented(
  opened: OpenedMasks,
  wish: SegmentationWish,
  shown: ShownWork,
): Promise<Result<TrainError, readonly Segmented[]>> {
  const { encoder: { model }, backend, train, validation } = opened;
  const size = Math.min(BATCH, Math.max(train.length, validation.length));
  const encoders = uploadedStarts(opened);
  const graph = patchFeatureGraph(model, size, wish.stages, "given");
  const makersOf = (program: Program): readonly RowMaker[] => [
    ...encoders.map((own) => programRow(backend, program, own)),
    patchPixelRow(model),
  ];
  try {
    return await withProgram(
      ...[backend, graph] as const,
      (program) => segmentedBy(opened, makersOf(program), size, wish, shown),
    );
  } finally {
    for (const encoder of encoders) disposeAll(encoder.values());
  }
}
