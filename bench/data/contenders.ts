/** The pipelines that `bench/data.ts` measures. */
import process from "node:process";
import {
  type ImageSource,
  imageWorkers,
  loadBatches,
  trainTransform,
} from "../../data/mod.ts";
import { orThrow } from "../../train/mod.ts";

/** One pass over all images. */
export interface Pass {
  /** Images that came out. */
  readonly images: number;
  /** Time that it took. */
  readonly seconds: number;
  /** Time that all processors worked on it. */
  readonly processorSeconds: number;
}

/** A pipeline that is measured. */
export interface Contender {
  /** Name of the pipeline. */
  readonly name: string;
  /** Loads all images once. */
  pass(): Promise<Pass>;
  /** Ends its processes. */
  end(): Promise<void>;
}

/** Inputs that all pipelines share. */
export interface Task {
  /** The images. */
  readonly source: ImageSource;
  /** Images of a batch. */
  readonly batchSize: number;
  /** Side of the square images, pixels. */
  readonly imageSize: number;
}

/**
 * The loader of this library.
 *
 * @param task Images to load.
 * @param count Workers; 0 for the main thread and the threads of the decoder.
 */
export function ourLoader(task: Task, count: number): Contender {
  const { source, batchSize, imageSize } = task;
  const { normalization } = source;
  const transform = orThrow(
    trainTransform({ imageSize, inChannels: 3, normalization }),
  );
  const workers = count === 0 ? undefined : imageWorkers(count);
  let epoch = 0;
  return {
    name: `vitfreeze, ${count} workers`,
    pass: async () => {
      const before = process.cpuUsage();
      const start = performance.now();
      const options = {
        ...{ source, transform, batchSize, workers, seed: 0 },
        // As in training, where a batch is gone when the next one comes.
        recycles: true,
      };
      let images = 0;
      for await (const batch of loadBatches({ ...options, epoch: epoch++ })) {
        images += orThrow(batch).indices.length;
      }
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(before);
      return { images, seconds, processorSeconds: (user + system) / 1e6 };
    },
    end: () => Promise.resolve(workers?.[Symbol.dispose]()),
  };
}

/** Lines that a process writes. */
async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/**
 * The pipeline of torchvision, in a process of its own.
 *
 * @param task Images to load; images must be files.
 * @param workers Processes of its loader.
 * @param python The interpreter.
 * @throws If it is not installed there.
 */
export async function torchvisionLoader(
  { source, batchSize, imageSize: size }: Task,
  workers: number,
  python: string,
): Promise<Contender> {
  const program =
    new URL("./torchvision_pipeline.py", import.meta.url).pathname;
  const child = new Deno.Command(python, {
    args: [program],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const lines = linesOf(child.stdout);
  const ask = async (line: string): Promise<Record<string, unknown>> => {
    await input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
    const answer = await lines.next();
    if (answer.value === undefined) throw new Error(`${python} has ended`);
    return JSON.parse(answer.value);
  };
  const paths = Array.from(
    { length: source.length },
    (_, i) => source.imageName(i),
  );
  const hello = await ask(JSON.stringify({ paths, batchSize, size, workers }));
  const end = async (): Promise<void> => {
    await input.close().catch(() => {});
    await child.status;
  };
  if (typeof hello["versions"] !== "string") {
    await end();
    throw new Error(String(hello["missing"]));
  }
  return {
    name: `${hello["versions"]}, ${workers} workers`,
    pass: async () => await ask("pass") as unknown as Pass,
    end,
  };
}
