import { strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { codeOf, NOTEBOOKS } from "./notebook_file.ts";

Deno.test("cells of notebooks have types that fit", async () => {
  const folder = await Deno.makeTempDir({ prefix: "cells-" });
  const files: string[] = [];
  for (const name of NOTEBOOKS) {
    const file = `${folder}/${name}.ts`;
    await Deno.writeTextFile(file, `${await codeOf(name)}\nexport {};\n`);
    files.push(file);
  }
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--config", config, ...files],
    env: { NO_COLOR: "1" },
  }).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  await Deno.remove(folder, { recursive: true });
});
