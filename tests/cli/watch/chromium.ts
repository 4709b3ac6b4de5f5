/**
 * A real browser for tests, where the machine has one.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Where Chromium is looked for; `CHROMIUM` can name another place. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
] as const;

/** Path of a Chromium, `null` if there is none. */
export const CHROMIUM: string | null = [
  Deno.env.get("CHROMIUM") ?? "",
  ...PLACES,
].find((path) => path !== "" && existsSync(path)) ?? null;

/** WebGPU by SwiftShader, a graphics card in software. */
export const WEBGPU: readonly string[] = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];

/** Starts it without a window; by default without a graphics card. */
export function launchChromium(
  flags: readonly string[] = ["--disable-gpu"],
): ReturnType<typeof chromium.launch> {
  return chromium.launch({
    ...CHROMIUM === null ? {} : { executablePath: CHROMIUM },
    args: ["--no-sandbox", ...flags],
  });
}
