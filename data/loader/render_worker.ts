/**
 * The program of a worker: decodes, crops, resizes and normalises images.
 *
 * @module
 */
import { reasonOf } from "../report/data_error.ts";
import { DecoderMissing } from "../decode/decode_image.ts";
import type { RenderAnswer, RenderJob } from "./render_job.ts";
import { imageRenderer, type RenderImage } from "../transforms/render_image.ts";
import { viewBy } from "../transforms/view_rule.ts";

/** What a worker needs of the global scope, which is typed as that of a page. */
interface WorkerScope {
  onmessage: (event: MessageEvent<RenderJob>) => void;
  postMessage(answer: RenderAnswer): void;
}

const scope = self as unknown as WorkerScope;

/** Renderers by format; a run has one or two formats. */
const renderers = new Map<string, RenderImage>();

function rendererFor({ rule: { transform } }: RenderJob): RenderImage {
  const { imageSize, inChannels, normalization } = transform;
  const format = { imageSize, inChannels, normalization };
  const key = JSON.stringify(format);
  const render = renderers.get(key) ?? imageRenderer(format, "here");
  renderers.set(key, render);
  return render;
}

scope.onmessage = async ({ data: job }) => {
  const { id, image, rule, index, pixels } = job;
  try {
    await rendererFor(job)(image, viewBy(rule, index), pixels);
    scope.postMessage({ id, reason: null, isDecoderMissing: false });
  } catch (thrown) {
    const isDecoderMissing = thrown instanceof DecoderMissing;
    scope.postMessage({ id, reason: reasonOf(thrown), isDecoderMissing });
  }
};
