import { strictEqual } from "node:assert/strict";
import { survives } from "./survival/survives.ts";
import { inFolder } from "./temporary_folder.ts";

Deno.test("cpu: a run killed by SIGKILL twice ends bit for bit like one that was not", () =>
  inFolder(async (folder) => {
    const options = { device: "cpu", seed: 3, kills: 2, folder };
    strictEqual((await survives(options)).kills, 2);
  }));
