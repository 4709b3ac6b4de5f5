/**
 * The page of the race in Chromium, from a sub-folder of a plain server of files.
 *
 * @module
 */
import type { Page } from "playwright-core";
import { serveFolder } from "../../../tools/page/serve_folder.ts";
import { writePage } from "../../../tools/page/write_page.ts";
import type { News } from "../../../tools/page/app/messages.ts";
import type { Lane } from "../../../tools/page/app/race.ts";
import { bundled } from "../../backends/webgpu/browser/bundle.ts";
import { CHROMIUM, launchChromium } from "../../cli/watch/chromium.ts";

/** Why there can be no such page here, or `null`. */
export async function lack(): Promise<string | null> {
  if (CHROMIUM === null) return "no Chromium found; CHROMIUM can name one";
  // Deno fetches its bundler when it is first used.
  const probe = await bundled("core/brand.ts");
  return "reason" in probe ? `deno bundle: ${probe.reason}` : null;
}

/** An open page, and what was seen of it. */
export interface OpenPage {
  readonly page: Page;
  /** What the console said, errors, and requests that failed. */
  readonly complaints: readonly string[];
  /** Bytes of the programs that were fetched, each once, by name. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  /** What the lanes have told. */
  news(): Promise<readonly { readonly lane: Lane; readonly news: News }[]>;
  /** Waits until an expression is true in the page, whose policy lets nobody else evaluate one. */
  until(expression: string): Promise<void>;
  /** Waits until a race is over, or has failed. */
  untilOver(): Promise<void>;
}

const SUB_FOLDER = "some/where";

/** What the page is to remember of its own events, from its beginning on. */
const LISTEN = `
  globalThis.heard = [];
  addEventListener("lane", ({ detail }) => heard.push(detail));`;

/** Typed arrays do not come out of a page. */
const NEWS = `heard.map(({ lane, news }) => ({
  lane,
  news: news._tag === "Done" ? { _tag: "Done", rows: [] } : news,
}))`;

const OVER = `document.body.dataset.race === "over" ||
  heard.some(({ news }) => news._tag === "Failed")`;

/** Seconds that anything may take, on a busy machine too. */
const PATIENCE = 240;

async function untilTrue(page: Page, expression: string): Promise<void> {
  const end = performance.now() + 1000 * PATIENCE;
  while (!await page.evaluate(expression)) {
    if (performance.now() > end) throw new Error(`never true: ${expression}`);
    await page.waitForTimeout(50);
  }
}

function seen(page: Page): OpenPage {
  const complaints: string[] = [];
  const programs = new Map<string, Uint8Array>();
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(request.url()));
  page.on("response", async (response) => {
    if (response.status() >= 400) complaints.push(response.url());
    if (!response.url().endsWith(".js")) return;
    programs.set(
      response.url(),
      await response.body().catch(() => null) ??
        new Uint8Array(),
    );
  });
  return {
    page,
    complaints,
    programs,
    news: () => page.evaluate(NEWS),
    until: (expression) => untilTrue(page, expression),
    untilOver: () => untilTrue(page, OVER),
  };
}

/** The page on a server, and a browser. */
export interface Site {
  /**
   * Opens the page.
   *
   * @param query For example `?steps=8&device=wasm`.
   */
  onPage(
    query: string,
    use: (open: OpenPage) => Promise<void>,
  ): Promise<void>;
}

/** Writes the page, serves it below a sub-folder, and starts a browser. */
export async function onSite(
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  await writePage(`${root}/${SUB_FOLDER}`);
  const server = serveFolder(root);
  const browser = await launchChromium();
  try {
    const address = `http://127.0.0.1:${server.addr.port}/${SUB_FOLDER}/`;
    await use({
      onPage: async (query, use) => {
        const page = await browser.newPage();
        const open = seen(page);
        await page.addInitScript(LISTEN);
        await page.goto(`${address}${query}`);
        await use(open);
        await page.close();
      },
    });
  } finally {
    await browser.close();
    await server.shutdown();
    await Deno.remove(root, { recursive: true });
  }
}
