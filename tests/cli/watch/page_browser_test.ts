import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { servePage } from "../../../cli/watch/page_server.ts";
import { followRun } from "../../../train/mod.ts";
import { makeRun, reportOf, runOf } from "../../train/run/follow/made_runs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { CHROMIUM, launchChromium } from "./chromium.ts";

const NAME = "the page of a run in Chromium";
const RUN = runOf(20);
const DONE = 70;

/** Runs a test in a page of a run that is half done. */
async function onPage(
  test: (page: Page, folder: string, address: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await makeRun(folder, RUN, DONE);
    const served = servePage({
      folder,
      follow: followRun(folder),
      every: 0.1,
      port: 0,
    });
    if (served._tag === "Left") throw new Error(served.left);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({
        viewport: { width: 1280, height: 900 },
      });
      await test(page, folder, served.right.address);
    } finally {
      await browser.close();
      await served.right.close();
    }
  });
}

/** Takes the steps that are left, at once. */
async function finishRun(folder: string): Promise<void> {
  const rest = Array.from(
    { length: RUN.plan.totalSteps - DONE },
    (_, i) => `${JSON.stringify(reportOf(RUN, DONE + i))}\n`,
  );
  await Deno.writeTextFile(join(folder, "metrics.jsonl"), rest.join(""), {
    append: true,
  });
  await Deno.writeTextFile(
    join(folder, "reconstruction.svg"),
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30"/>',
  );
}

/** Waits until an expression holds in the page, whose own rules forbid `eval` to others. */
async function until(page: Page, expression: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await page.evaluate<boolean>(expression)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`never true: ${expression}`);
}

/** Waits until an image has been drawn. */
const untilDrawn = (page: Page, id: string): Promise<void> =>
  until(
    page,
    `(({ complete, naturalWidth }) => complete && naturalWidth > 0)(document.getElementById("${id}"))`,
  );

/** What assistive technology is told of each layer's bar. */
async function labelsOfBars(page: Page): Promise<readonly (string | null)[]> {
  const bars = await page.getByRole("list").getByRole("img").all();
  return Promise.all(bars.map((bar) => bar.getAttribute("aria-label")));
}

/** How long the layers have trained, as pixels of their bars. */
async function trainedWidths(page: Page): Promise<readonly number[]> {
  const bars = await page.locator(".timeline .trained").all();
  return Promise.all(
    bars.map(async (bar) => (await bar.boundingBox())?.width ?? 0),
  );
}

Deno.test({
  name: CHROMIUM === null
    ? `${NAME} [skipped: no Chromium found; CHROMIUM can name one]`
    : NAME,
  ignore: CHROMIUM === null,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: (t) =>
    onPage(async (page, folder, address) => {
      const complaints: string[] = [];
      const hosts = new Set<string>();
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => hosts.add(new URL(request.url()).host));
      await page.goto(address);

      await t.step(
        "shows how far the run is, its numbers and its life",
        async () => {
          await page.getByText("step 70 of 120").first().waitFor();
          strictEqual(
            await page.getByRole("heading", { level: 1 }).textContent(),
            folder,
          );
          strictEqual(await page.getByRole("status").textContent(), "running");
          const bar = page.getByRole("progressbar");
          strictEqual(await bar.getAttribute("aria-valuenow"), "58.3");
          const tiles = await page.locator("#tiles").innerText();
          for (
            const words of ["Loss", "Images per second", "Saved by freezing"]
          ) {
            match(tiles, new RegExp(words));
          }
        },
      );

      await t.step(
        "has a bar for every layer, frozen or not, that is said in words",
        async () => {
          const labels = await labelsOfBars(page);
          strictEqual(labels.length, RUN.plan.layers.length);
          match(
            labels[0] ?? "",
            /^patch_embed: frozen since step \d+, learning rate 0$/,
          );
          match(
            labels.at(-1) ?? "",
            /^block 3: trains to the end, learning rate \d/,
          );
          const widths = await trainedWidths(page);
          ok(widths.every((width) => width > 5));
          ok((widths[0] ?? 0) < (widths.at(-1) ?? 0));
        },
      );

      await t.step(
        "draws the curves with words for who does not see them",
        async () => {
          for (const id of ["loss", "rates"]) {
            await untilDrawn(page, id);
            match(
              await page.locator(`#${id}`).getAttribute("alt") ?? "",
              /step 70/,
            );
          }
        },
      );

      await t.step("goes dark with the system, pictures too", async () => {
        const groundOf = () =>
          page.evaluate<string>(
            "getComputedStyle(document.body).backgroundColor",
          );
        const light = await groundOf();
        await page.emulateMedia({ colorScheme: "dark" });
        ok(await groundOf() !== light);
        await until(
          page,
          'document.getElementById("loss").currentSrc.includes("theme=dark")',
        );
        await untilDrawn(page, "loss");
      });

      await t.step(
        "follows the run to its end and shows the reconstruction then",
        async () => {
          ok(await page.locator("#reconstruction").isHidden());
          await finishRun(folder);
          await page.getByText("finished: all steps taken").waitFor();
          await page.getByText("step 120 of 120").first().waitFor();
          await untilDrawn(page, "reconstruction");
        },
      );

      await t.step("fits a narrow window", async () => {
        await page.setViewportSize({ width: 390, height: 800 });
        const overhang = await page.evaluate<number>(
          "document.documentElement.scrollWidth - innerWidth",
        );
        ok(overhang <= 0, `${overhang} pixels too wide`);
      });

      await t.step(
        "loads nothing from elsewhere and breaks no rule of its own",
        () => {
          deepStrictEqual([...hosts], [new URL(address).host]);
          deepStrictEqual(complaints, []);
        },
      );
    }),
});
