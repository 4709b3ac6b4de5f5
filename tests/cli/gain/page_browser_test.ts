import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { gainPage } from "../../../cli/gain/page.ts";
import { confusionPlot, pictureMap } from "../../../plot/mod.ts";
import { CHROMIUM, launchChromium } from "../watch/chromium.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const NAME = "the page of an evaluation in Chromium";

/** A page with a picture that has styles of its own and one with a picture in it. */
async function page(): Promise<string> {
  const image = {
    ...{ width: 2, height: 2, channels: 3 as const },
    pixels: new Uint8Array(12).fill(200),
  };
  const named = (name: string, svg: string) => ({
    ...{ name, svg, heading: name, words: "", alt: name },
  });
  const confusion = {
    title: "Pets",
    names: ["cat", "dog"],
    counts: [1, 2, 3, 4],
  };
  const map = {
    ...{ title: "Map", names: ["cat"], points: [{ x: 0, y: 0, label: 0 }] },
    thumbnails: new Map([[0, image]]),
  };
  return gainPage({
    title: "Gain",
    ...{ lead: ["a line"], gains: [], facts: [] },
    parts: [
      named("confusion", confusionPlot(confusion)),
      named("map", await pictureMap(map)),
    ],
  });
}

Deno.test({
  name: CHROMIUM === null
    ? `${NAME} [skipped: no Chromium found; CHROMIUM can name one]`
    : `${NAME} shows its pictures in its own style, and its policy stops nothing of it`,
  ignore: CHROMIUM === null,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (folder) => {
      const file = `${folder}/evaluation.html`;
      await Deno.writeTextFile(file, await page());
      const browser = await launchChromium();
      try {
        const tab = await browser.newPage();
        const told: string[] = [];
        const asked: string[] = [];
        tab.on("console", (message) => told.push(message.text()));
        tab.on(
          "request",
          (request) => asked.push(request.url().split(":")[0]!),
        );
        await tab.goto(pathToFileURL(file).href);
        const sizes = await tab.evaluate<boolean[]>(
          "[...document.images].map((image) => image.complete && image.naturalWidth > 100)",
        );
        deepStrictEqual(sizes, [true, true]);
        strictEqual(
          await tab.evaluate<string>(
            "getComputedStyle(document.querySelector('section')).borderRadius",
          ),
          "12px",
        );
        deepStrictEqual(told, []);
        deepStrictEqual(asked.filter((scheme) => scheme !== "data"), ["file"]);
      } finally {
        await browser.close();
      }
    }),
});
