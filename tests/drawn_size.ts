import { strictEqual } from "node:assert/strict";
import type { Size } from "../data/image/raw_image.ts";

const PROGRAM = new URL("./print_svg_size.ts", import.meta.url).href;
const CONFIG = new URL("../deno.json", import.meta.url).pathname;

/**
 * Size of a drawing as sharp draws it; fails the test if it is not well-formed. In a
 * process of its own: where images are decoded, drawings are not.
 */
export async function drawnSize(svg: string): Promise<Size> {
  const path = await Deno.makeTempFile({ suffix: ".svg" });
  try {
    await Deno.writeTextFile(path, svg);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "--config", CONFIG, PROGRAM, path],
      env: { NO_COLOR: "1" },
    }).output();
    strictEqual(code, 0, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(path);
  }
}
