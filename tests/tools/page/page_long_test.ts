import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { gzipSync } from "fflate";
import sharp from "sharp";
import * as vit from "../../../mod.ts";
import { orThrow } from "../../../api/train.ts";
import { type Lane, lanePlan, LANES } from "../../../tools/page/app/race.ts";
import { lack, onSite, type OpenPage } from "./open_page.ts";

const STEPS = 10;

/** What the slider is moved to. */
const T0 = 0.5;

/** Most bytes of packed programs that are fetched before the first step. */
const MOST_BYTES = 250_000;

const missing = await lack();

/** What is tried in the page. */
interface Trial {
  readonly name: string;
  readonly query: string;
  readonly run: (open: OpenPage) => Promise<void>;
}

const trials: Trial[] = [];

const trial = (name: string, query: string, run: Trial["run"]): void =>
  void trials.push({ name, query, run });

/** Losses of a step by stage. */
type Losses = Readonly<Record<number, number>>;

/** Losses of the stages at each step of a lane, on Deno's wasm. */
async function lossesOf(lane: Lane) {
  const choice = { t0: T0, scale: "cubic", steps: STEPS } as const;
  const { config, images, plan } = orThrow(
    lanePlan(lane, { ...choice, pictures: null }),
  );
  const all = orThrow(await vit.embeddedFashionMnist());
  const source = orThrow(vit.shareSource(all, images, vit.rootKey(0)));
  const { backend } = orThrow(await vit.selectBackend("wasm"));
  const batches = orThrow(vit.batchSource(source, config));
  const start = vit.initialSnapshot(config, plan);
  const run = vit.pretraining({ config, plan, backend, batches, start });
  const losses: Losses[] = [];
  for await (const taken of run) losses.push(orThrow(taken).stageLosses);
  run.dispose();
  return losses;
}

/** The same losses but for rounding: of the exponential of two runtimes, for example. */
function assertSame(found: readonly Losses[], wanted: readonly Losses[]): void {
  strictEqual(found.length, wanted.length);
  wanted.forEach((losses, step) => {
    deepStrictEqual(Object.keys(found[step]!), Object.keys(losses));
    for (const [stage, loss] of Object.entries(losses)) {
      const error = Math.abs(found[step]![Number(stage)]! - loss) / loss;
      ok(error < 1e-6, `step ${step}, stage ${stage}: off by ${error}`);
    }
  });
}

const moveSlider = ({ page }: OpenPage, value: number): Promise<unknown> =>
  page.evaluate(`{
    const slider = document.getElementById("t0");
    slider.value = ${value};
    slider.dispatchEvent(new Event("input"));
  }`);

/** Layers that are blue in a lane, from the first on. */
const frozenLayers = ({ page }: OpenPage, lane: Lane): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("#${lane} .layer.frozen")]
    .map(({ dataset }) => dataset.layer).toReversed()`);

/** Losses that a lane has told. */
async function toldLosses(open: OpenPage, lane: Lane) {
  return (await open.news()).flatMap((told) =>
    told.lane === lane && told.news._tag === "Stepped"
      ? [told.news.report.stageLosses]
      : []
  );
}

trial(
  "a race in Chromium on wasm has the losses of Deno, turns layers blue and says nothing on the console",
  `?steps=${STEPS}&device=wasm`,
  async (open) => {
    const { page } = open;
    await moveSlider(open, T0);
    await page.click("#start");
    await open.until('heard.some(({ news }) => news._tag === "Stepped")');
    const packed = [...open.programs.values()]
      .map((bytes) => gzipSync(bytes, { level: 9 }).length)
      .reduce((sum, length) => sum + length, 0);
    await open.untilOver();

    deepStrictEqual(open.complaints, []);
    for (const lane of LANES) {
      assertSame(await toldLosses(open, lane), await lossesOf(lane));
    }
    deepStrictEqual(await frozenLayers(open, "plain"), []);
    const { plan } = orThrow(lanePlan("frozen", {
      ...{ t0: T0, scale: "cubic", steps: STEPS, pictures: null },
    }));
    deepStrictEqual(
      await frozenLayers(open, "frozen"),
      plan.layers.filter(({ freezeStep }) => freezeStep < STEPS)
        .map(({ index }) => String(index)),
    );
    match(await page.textContent("#device") ?? "", /Computed by wasm/);
    match(
      await page.textContent("#verdict") ?? "",
      /s instead of .* measured, \d+ % by the plan/,
    );
    strictEqual(await page.locator("#rows .row").count(), 4);
    ok(packed > 100_000 && packed <= MOST_BYTES, `${packed} bytes`);
  },
);

/** Files as a visitor may drop them: of several sizes, one transparent, one no picture. */
async function files() {
  const pictures = await Promise.all(
    [[70, 50], [400, 300], [33, 64], [90, 90], [20, 300]].map(
      async ([width = 1, height = 1], i) => ({
        name: `${i}.png`,
        mimeType: "image/png",
        buffer: await sharp({
          create: {
            ...{ width, height, channels: i === 3 ? 4 : 3 },
            background: { r: 40 * i, g: 90, b: 200, alpha: 0.5 },
            noise: { type: "gaussian", mean: 100, sigma: 60 },
          },
        }).png().toBuffer(),
      }),
    ),
  );
  const text = { name: "notes.png", mimeType: "image/png" };
  return [...pictures, { ...text, buffer: Buffer.from("no picture") }];
}

/** Drops files onto the page. */
const drop = async ({ page }: OpenPage): Promise<void> => {
  const dropped = (await files()).map(({ name, mimeType, buffer }) => ({
    ...{ name, type: mimeType },
    text: buffer.toString("base64"),
  }));
  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    for (const { name, type, text } of ${JSON.stringify(dropped)}) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type }));
    }
    dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  }`);
};

trial(
  "pictures that are dropped onto the page are trained on, and what is no picture is named",
  "?steps=8&device=cpu",
  async (open) => {
    const { page } = open;
    await drop(open);
    await page.waitForSelector("#thumbnails canvas:nth-child(5)");
    match(
      await page.textContent("#pictures-words") ?? "",
      /your 5 pictures\. 1 could not be read: Cannot read image notes\.png/,
    );
    await page.click("#start");
    await open.untilOver();
    deepStrictEqual(open.complaints, []);
    for (const lane of LANES) {
      const losses = await toldLosses(open, lane);
      strictEqual(losses.length, 8);
      ok(losses.flatMap(Object.values).every(Number.isFinite));
    }
    match(await page.textContent("#device") ?? "", /Computed by cpu/);

    await page.click("#embedded");
    strictEqual(await page.locator("#thumbnails canvas").count(), 0);
    match(await page.textContent("#pictures-words") ?? "", /clothes/);
  },
);

/** Where each layer of a lane stops training, as parts of the race. */
const planShown = ({ page }: OpenPage, lane: Lane): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("#${lane} .bar")]
    .map(({ style }) => style.getPropertyValue("--freezes"))`);

trial(
  "slider and menu draw both plans at once, and what cannot be is said",
  "?steps=100&device=wasm",
  async (open) => {
    const { page } = open;
    const drawn = async () => ({
      plans: await Promise.all(LANES.map((lane) => planShown(open, lane))),
      words: await page.textContent("#plan-words"),
    });
    const before = await drawn();
    deepStrictEqual(new Set(before.plans[0]), new Set(["100%"]));
    await moveSlider(open, 0.3);
    const moved = await drawn();
    await page.selectOption("#scale", "linear");
    const linear = await drawn();
    for (const [a, b] of [[before, moved], [moved, linear]] as const) {
      deepStrictEqual(a.plans[0], b.plans[0]);
      notDeepStrictEqual(a.plans[1], b.plans[1]);
      notStrictEqual(a.words, b.words);
    }
    await moveSlider(open, 1);
    match((await drawn()).words ?? "", /No layer freezes .* saves 0 %/);
    deepStrictEqual(open.complaints, []);
  },
);

trial(
  "a device that a page has not is refused with its reason, and the race can be begun again",
  "?steps=8&device=onnx",
  async (open) => {
    const { page } = open;
    await page.click("#start");
    await open.untilOver();
    match(
      await page.textContent("#verdict") ?? "",
      /The race has ended: .*wanted one of auto, webgpu, wasm, cpu/,
    );
    strictEqual(await page.textContent("#start"), "Start the race");
  },
);

const NAME = "the page of the race in Chromium";

Deno.test({
  name: missing === null ? NAME : `${NAME} [skipped: ${missing}]`,
  ignore: missing !== null,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: (t) =>
    onSite(async ({ onPage }) => {
      for (const { name, query, run } of trials) {
        await t.step(name, () => onPage(query, run));
      }
    }),
});
