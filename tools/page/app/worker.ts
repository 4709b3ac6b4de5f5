/** The worker of a lane: it trains one step each time that the page says so. */
import {
  type BackendChoice,
  batchSource,
  fetchedFashionMnist,
  imagesOf,
  type ImageSource,
  initialSnapshot,
  orThrow,
  pretraining,
  reconstructionRows,
  rootKey,
  selectBackend,
  shareSource,
  type StepReport,
  type Training,
} from "@vitfreeze/vitfreeze/web";
import type { News, Order } from "./messages.ts";
import { type Choice, lanePlan } from "./race.ts";

/** Images of the reconstruction. */
const SHOWN = 4;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(news: News): void;
};

/** Pictures to learn from, and others to be judged by where there are enough. */
interface Pictures {
  readonly learned: ImageSource;
  readonly shown: ImageSource;
}

async function picturesOf(
  { pictures }: Choice,
  images: number,
  base: string,
): Promise<Pictures> {
  if (pictures !== null) {
    const own = imagesOf("your pictures", pictures);
    return { learned: own, shown: own };
  }
  const all = orThrow(await fetchedFashionMnist(new URL("pictures", base)));
  return {
    learned: orThrow(shareSource(all, images, rootKey(0))),
    shown: orThrow(shareSource(all, SHOWN, rootKey(9))),
  };
}

/** A lane that is ready: its steps, and what it makes of pictures after them. */
interface Ready {
  readonly device: string;
  readonly run: Training;
  readonly rows: () => ReturnType<typeof reconstructionRows>;
}

async function readied(
  { lane, choice, device, base }: Extract<Order, { _tag: "Start" }>,
): Promise<Ready> {
  const { config, images, plan } = orThrow(lanePlan(lane, choice));
  const { learned, shown } = await picturesOf(choice, images, base);
  const { backend } = orThrow(
    await selectBackend(device as BackendChoice, {
      wasmFolder: new URL("wasm", base),
    }),
  );
  const run = pretraining({
    ...{ config, plan, backend },
    batches: orThrow(batchSource(learned, config)),
    start: initialSnapshot(config, plan),
  });
  const { name, description } = backend.device;
  return {
    device: `${name} (${description})`,
    run,
    rows: () =>
      reconstructionRows(backend, config, run.parameters(), shown, SHOWN),
  };
}

/** Takes orders one after the other. */
async function* laneOf(
  order: Extract<Order, { _tag: "Start" }>,
): AsyncGenerator<News> {
  const { device, run, rows } = await readied(order);
  yield { _tag: "Ready", device };
  for await (const taken of run) {
    const report: StepReport = orThrow(taken);
    yield { _tag: "Stepped", report };
  }
  yield { _tag: "Done", rows: orThrow(await rows()) };
  run.dispose();
}

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

let lane: AsyncGenerator<News> | null = null;

scope.onmessage = async ({ data: order }) => {
  try {
    if (order._tag === "Start") lane = laneOf(order);
    const { value } = await lane?.next() ?? {};
    if (value !== undefined) scope.postMessage(value);
  } catch (thrown) {
    scope.postMessage({ _tag: "Failed", reason: reasonOf(thrown) });
  }
};
