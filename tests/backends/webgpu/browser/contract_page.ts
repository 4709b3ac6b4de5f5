/**
 * The contract in a page of Chromium, whose WebGPU checks what others let pass.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  CHROMIUM,
  launchChromium,
  WEBGPU,
} from "../../../cli/watch/chromium.ts";
import { bundled, bundledPage } from "./bundle.ts";

const GOLDEN = new URL("../../../golden/", import.meta.url);

const HTML = `<!doctype html>
<link rel="icon" href="data:,">
<script type="module" src="/page.js"></script>`;

/** Serves the page, its program and golden numbers, to this machine alone. */
const served = (code: string) =>
  Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url }) => {
      const { pathname } = new URL(url);
      const as = (type: string) => ({ headers: { "content-type": type } });
      if (pathname === "/") return new Response(HTML, as("text/html"));
      if (pathname === "/page.js") {
        return new Response(code, as("text/javascript"));
      }
      const file = new URL(`.${pathname.slice("/golden".length)}`, GOLDEN);
      return new Response(await Deno.readFile(file));
    },
  );

/** Opens the page with a program. */
async function onPage<A>(
  code: string,
  use: (page: Page, address: string) => Promise<A>,
): Promise<A> {
  const server = served(code);
  try {
    const browser = await launchChromium(WEBGPU);
    try {
      const address = `http://127.0.0.1:${server.addr.port}/`;
      return await use(await browser.newPage(), address);
    } finally {
      await browser.close();
    }
  } finally {
    await server.shutdown();
  }
}

/** Why there can be no such page here, or `null`. */
async function lack(): Promise<string | null> {
  if (CHROMIUM === null) return "no Chromium found; CHROMIUM can name one";
  const hasAdapter = await onPage("", async (page, address) => {
    await page.goto(address);
    return await page.evaluate<boolean>(
      "navigator.gpu?.requestAdapter().then((x) => x !== null) ?? false",
    );
  });
  if (!hasAdapter) return "Chromium has no WebGPU here";
  // Deno fetches its bundler when it is first used.
  const probe = await bundled("core/brand.ts");
  return "reason" in probe ? `deno bundle: ${probe.reason}` : null;
}

const missing = await lack();

/** Names of the contract's tests by the position at which the page knows them. */
async function started(page: Page, address: string) {
  await page.goto(address);
  await page.waitForFunction("globalThis.contract");
  const names = await page.evaluate<readonly string[] | string>(
    "contract.start()",
  );
  if (typeof names === "string") throw new Error(names);
  return names.map((name, at) => ({ name, at }));
}

/** Which tests take seconds or minutes in a page, as SwiftShader compiles long kernels slowly. */
export const isSlow = (name: string): boolean =>
  /conv2d|layerNorm\w*Grad|hogCells|millions|tiny model/.test(name);

/**
 * Registers a test in the page.
 *
 * @param name What is said of the contract's tests.
 * @param isChosen Which of them are run, by name.
 */
export function pageTest(
  name: string,
  isChosen: (name: string) => boolean,
): void {
  Deno.test({
    name: missing === null ? name : `${name} [skipped: ${missing}]`,
    ignore: missing !== null,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async (t) => {
      const program = await bundledPage();
      if ("reason" in program) throw new Error(program.reason);
      await onPage(program.code, async (page, address) => {
        const complaints: string[] = [];
        page.on("console", (message) => complaints.push(message.text()));
        page.on("pageerror", (error) => complaints.push(String(error)));
        const tests = (await started(page, address))
          .filter(({ name }) => isChosen(name));
        ok(tests.length > 0);
        for (const { name, at } of tests) {
          await t.step(name, async () =>
            strictEqual(
              await page.evaluate<string | null>(`contract.run(${at})`),
              null,
            ));
        }
        deepStrictEqual(complaints, [], "the browser complains");
      });
    },
  });
}
