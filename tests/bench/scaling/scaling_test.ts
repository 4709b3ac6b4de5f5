import { match, ok, strictEqual } from "node:assert/strict";
import { runScript } from "../../programs.ts";

Deno.test("bench/scaling.ts writes a report and a picture and prints both tables", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [out, svg] = [`${folder}/scaling.json`, `${folder}/scaling.svg`];
    const { code, stdout, stderr } = await runScript(
      ...["bench/scaling.ts", "--out", out, "--svg", svg] as const,
    );
    strictEqual(stderr, "");
    strictEqual(code, 0);
    match(stdout, /^vit-b +64 cores +0 +1 +\d+ +\d+ +\d+ +\d+$/m);
    match(stdout, /^vit-l +card 150 +64 +\d+\.\d % /m);
    const report = JSON.parse(await Deno.readTextFile(out));
    const listed = (rows: readonly Record<string, number[]>[], key: string) =>
      rows.flatMap((row) => row[key] ?? [NaN]);
    const efficiencies = listed(report.steps, "efficiency");
    // Two models, three and five phases; four machines, five networks, nine numbers of ranks.
    strictEqual(efficiencies.length, (3 + 5) * 4 * 5 * 9);
    ok(efficiencies.every((part) => part > 0 && part <= 1));
    ok(listed(report.runs, "saved").every((part) => part > 0.15 && part < 0.3));
    match(await Deno.readTextFile(svg), /^<svg .*ViT-L\/16, 4,096 images/s);
    // The committed results are those that the program makes.
    const committed = new URL(
      "../../../bench/results/scaling.json",
      import.meta.url,
    );
    strictEqual(
      await Deno.readTextFile(out),
      await Deno.readTextFile(committed),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bench/scaling.ts --measured prints predictions, or what is wrong with the file", async () => {
  const file = await Deno.makeTempFile();
  const step = {
    ...{ model: "nano", frozenLayers: 3, ranks: 2, secondsPerStep: 0.012 },
    ...{ gradientSeconds: 0.009, updateSeconds: 0.001 },
    ...{ sumMilliseconds: 1.4, bytes: 991_084 },
  };
  try {
    await Deno.writeTextFile(file, JSON.stringify([step]));
    const good = await runScript("bench/scaling.ts", "--measured", file);
    strictEqual(good.code, 0, good.stderr);
    match(good.stdout, /^nano +3 +2 +12\.0 +11\.4 +-5\.0 % .* 0\.99 +0\.99$/m);
    await Deno.writeTextFile(file, JSON.stringify([{ ...step, bytes: -1 }]));
    const bad = await runScript("bench/scaling.ts", "--measured", file);
    strictEqual(bad.code, 2);
    match(bad.stderr, /\[0\]\.bytes: found -1, wanted/);
  } finally {
    await Deno.remove(file);
  }
});
