/** Workers that prepare images beside the main thread. */
import type { EncodedImage, RawImage } from "../image/raw_image.ts";
import { DecoderMissing, WorkerLost } from "../report/blameless.ts";
import { disposing } from "../resources/disposing.ts";
import { viewBy, type ViewRule } from "../transforms/view.ts";
import type { PixelTarget } from "../transforms/write_view.ts";
import { memoryFor, type PreparedImage, prepareImage } from "./render_image.ts";
import type { RenderAnswer, RenderJob } from "./render_worker.ts";
import { startThread, type WorkerThread } from "./worker_thread.ts";

/**
 * The program of a worker, under the name that it has here: a package for Node renames it
 * where it is resolved outside of classes.
 */
const workerProgram = (): URL =>
  new URL(import.meta.resolve("./render_worker.ts"));

/** Some workers that share the work of a loader. */
export interface ImageWorkers extends Disposable {
  /** Their count. */
  readonly count: number;
  /**
   * Decodes, crops, resizes and normalises an image.
   *
   * @param image The image.
   * @param rule Rule for its view.
   * @param index Its index in its source.
   * @param target Place of its pixels, `[C, H, W]`, in memory that the worker sees too; bytes
   * get levels that are not normalised.
   * @returns Resolves when they are. It rejects with the reason if the image is
   * damaged or too costly to decode, with `DecoderMissing` if there is no decoder, and with
   * `WorkerLost` if the worker has ended.
   */
  render(
    image: RawImage | EncodedImage,
    rule: ViewRule,
    index: number,
    target: PixelTarget<SharedArrayBuffer>,
  ): Promise<void>;
}

/** A caller that waits for an answer. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** One worker and the jobs that it has. */
class WorkerHandle {
  readonly #jobs = new Map<number, Waiting>();
  readonly #worker: WorkerThread<RenderJob>;
  #lost: WorkerLost | null = null;
  #next = 0;

  constructor() {
    this.#worker = startThread<RenderJob, RenderAnswer>(
      workerProgram(),
      {
        answer: (answer) => this.#take(answer),
        lost: (reason) => this.#lose(reason),
      },
    );
  }

  /** Jobs that are not done. */
  get load(): number {
    return this.#lost === null ? this.#jobs.size : Infinity;
  }

  render(job: Omit<RenderJob, "id">): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const id = this.#next++;
    this.#jobs.set(id, { resolve, reject });
    const { image } = job.prepared;
    const { buffer } = image._tag === "RawImage" ? image.pixels : image.bytes;
    const whole: RenderJob = { ...job, id };
    this.#worker.post(whole, [buffer as ArrayBuffer]);
    return promise;
  }

  end(): void {
    this.#lose("its workers were disposed of");
    this.#worker.end();
  }

  #take({ id, reason, isDecoderMissing }: RenderAnswer): void {
    const waiting = this.#jobs.get(id);
    if (waiting === undefined) return;
    this.#jobs.delete(id);
    if (reason === null) return waiting.resolve();
    const Reason = isDecoderMissing ? DecoderMissing : Error;
    waiting.reject(new Reason(reason));
  }

  #lose(reason: string): void {
    const lost = this.#lost ??= new WorkerLost(
      `a worker cannot go on: ${reason}`,
    );
    for (const { reject } of this.#jobs.values()) reject(lost);
    this.#jobs.clear();
  }
}

/** The same with memory of its own, that can be moved; the memory of the source stays. */
function movable(
  prepared: PreparedImage,
  source: RawImage | EncodedImage,
): PreparedImage {
  if (!("bytes" in prepared)) {
    const { image, view } = prepared;
    return { image: { ...image, pixels: image.pixels.slice() }, view };
  }
  const { image } = prepared;
  const isOwn = "bytes" in source && image.bytes.buffer !== source.bytes.buffer;
  return isOwn
    ? prepared
    : { ...prepared, image: { ...image, bytes: image.bytes.slice() } };
}

/**
 * Starts workers. They begin when the first image is given to them, and from
 * then on keep the process alive until they are disposed of.
 *
 * @param count Number of them, a whole number `≥ 1`; more than the cores of the
 * machine are of no use.
 * @returns The workers; dispose of them when all is loaded.
 *
 * @example Images by two workers
 * ```ts
 * import { embeddedFashionMnist, imageWorkers, loadBatches, trainTransform } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const source = await embeddedFashionMnist();
 * if (source._tag === "Left") throw new Error("unreadable");
 * const { normalization } = source.right;
 * const transform = trainTransform({ imageSize: 32, inChannels: 1, normalization });
 * if (transform._tag === "Left") throw new Error("impossible");
 *
 * using workers = imageWorkers(2);
 * const options = { source: source.right, transform: transform.right, seed: 0, epoch: 0, batchSize: 16 };
 * for await (const batch of loadBatches({ ...options, workers })) {
 *   deepStrictEqual(batch._tag === "Right" && batch.right.shape, [16, 1, 32, 32]);
 *   break;
 * }
 * ```
 */
export function imageWorkers(count: number): ImageWorkers {
  let handles: readonly WorkerHandle[] = [];
  const begun = (): readonly WorkerHandle[] => {
    if (handles.length === 0) {
      handles = Array.from({ length: count }, () => new WorkerHandle());
    }
    return handles;
  };
  return {
    count,
    render: async (image, rule, index, target) => {
      // Those of now: an image that waits must not begin new ones after a disposal.
      const own = begun();
      // Here, not in the workers: what they decode at the same time is bounded together.
      const prepared = prepareImage(image, viewBy(rule, index));
      await disposing(memoryFor(prepared), () => {
        const job = {
          ...{ prepared: movable(prepared, image), rule, index },
          pixels: target,
        };
        return own.reduce((best, one) => one.load < best.load ? one : best)
          .render(job);
      });
    },
    [Symbol.dispose]: () => {
      handles.forEach((handle) => handle.end());
      handles = [];
    },
  };
}
