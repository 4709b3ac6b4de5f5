/** The program of a worker: decodes, crops, resizes and normalises images. */
import { DecoderMissing } from "../report/blameless.ts";
import { reasonOf } from "../report/data_error.ts";
import { viewBy, type ViewRule } from "../transforms/view.ts";
import type { PixelTarget } from "../transforms/write_view.ts";
import { type PreparedImage, preparedRenderer } from "./render_image.ts";
import type { RenderImage } from "./render_pixels.ts";
import { threadOwner } from "./worker_thread.ts";

/** One image to be made ready. */
export interface RenderJob {
  /** Names the job in the answer. */
  readonly id: number;
  /** The image; its bytes belong to the worker from now on. */
  readonly prepared: PreparedImage;
  /** Rule of its view, for a picture that is not of the size that its header says. */
  readonly rule: ViewRule;
  /** Its index in its source, which crop and flip depend on. */
  readonly index: number;
  /** Place of its pixels, `[C, H, W]`: of normalised ones or, where it holds bytes, of levels. */
  readonly pixels: PixelTarget<SharedArrayBuffer>;
}

/** Result of a job. */
export interface RenderAnswer {
  /** The job. */
  readonly id: number;
  /** Fault of the image, `null` if its pixels are there. */
  readonly reason: string | null;
  /** True if that is no fault of the image: there is no decoder. */
  readonly isDecoderMissing: boolean;
}

const owner = threadOwner<RenderJob, RenderAnswer>();

/** Renderers by format; a run has one or two formats. */
const renderers = new Map<string, RenderImage<PreparedImage>>();

function rendererFor(
  { transform }: ViewRule,
): RenderImage<PreparedImage> {
  const { imageSize, inChannels, normalization } = transform;
  const format = { imageSize, inChannels, normalization };
  const key = JSON.stringify(format);
  const render = renderers.get(key) ?? preparedRenderer(format, "here");
  renderers.set(key, render);
  return render;
}

owner.serve(async (job) => {
  const { id, prepared, rule, index, pixels } = job;
  try {
    await rendererFor(rule)(prepared, viewBy(rule, index), pixels);
    owner.answer({ id, reason: null, isDecoderMissing: false });
  } catch (thrown) {
    const isDecoderMissing = thrown instanceof DecoderMissing;
    owner.answer({ id, reason: reasonOf(thrown), isDecoderMissing });
  }
});
