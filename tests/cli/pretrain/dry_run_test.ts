import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { refuseDryRun } from "../../../cli/pretrain/dry_run.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { endOf } from "../command/end_of.ts";
import { pretrain, writeSmallIdx } from "./program.ts";

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

const SMALL = [
  ...["--model", "nano", "--image-size", "16", "--patch-size", "4"],
  ...["--batch-size", "4", "--accum-iter", "1", "--epochs", "3"],
  ...["--backend", "wasm", "--warmup-epochs", "1"],
];

Deno.test("pretrain --dry-run says what a run would take, draws its pictures and leaves no run", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(join(folder, "data"), {
      train: 40,
      t10k: 20,
    });
    const output = join(folder, "run");
    await Deno.mkdir(output);
    const args = ["--data", data, "--output-dir", output, ...SMALL];
    const end = await pretrain("--dry-run", "--json", "--keep", "3", ...args);
    strictEqual(end.code, 0, end.stderr);
    match(end.stderr, /^batch: {2}4 images a step, rate /m);
    match(end.stderr, /^length: 3 epochs × 10 steps, /m);
    match(end.stderr, /^memory: tensors of a step take [\d.]+ [kM]B at most$/m);
    match(
      end.stderr,
      /^disk: {3}3 checkpoints of [\d.]+ MB, [\d.]+ MB while another is written$/m,
    );
    match(
      end.stderr,
      /^time: {3}about .* of steps; one takes \d+ ms \(\d+ steps? measured\), /m,
    );
    deepStrictEqual(await namesIn(output), ["preview.svg"]);
    const svg = await Deno.readTextFile(join(output, "preview.svg"));
    strictEqual([...svg.matchAll(/<image /g)].length, 24);
    match(svg, /The first images of the first epoch, 16×16/);
    const { preview, checkpoints, time, stepBytes } = JSON.parse(
      end.stdout.trimEnd(),
    );
    strictEqual(preview, join(output, "preview.svg"));
    strictEqual(checkpoints.kept, 3);
    ok(stepBytes > 0 && time.secondsOfRun > 0);
    // Phases with frozen layers cost less.
    ok(time.secondsOfRun <= 30 * time.secondsPerStep * (1 + 1e-9));
    const run = await pretrain(...args, "--judge", "never");
    strictEqual(run.code, 0, run.stderr);
  }));

Deno.test("pretrain --dry-run refuses a run that goes on", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(join(folder, "data"), {
      train: 40,
      t10k: 20,
    });
    const run = join(folder, "run");
    const args = ["--data", data, ...SMALL, "--judge", "never"];
    strictEqual((await pretrain(...args, "--output-dir", run)).code, 0);
    const before = await namesIn(run);
    const end = await pretrain("--resume", run, "--dry-run");
    strictEqual(end.code, 2);
    match(
      end.stderr,
      /--dry-run: found .*that goes on.*, wanted a run of one process that begins/,
    );
    deepStrictEqual(await namesIn(run), before);
  }));

Deno.test("refuseDryRun() refuses several processes, and no run of one that begins", async () => {
  const [ranks] = localRanks(2);
  const shared = await endOf(() => refuseDryRun({ earlier: null }, ranks!));
  strictEqual(shared.code, 2);
  match(
    shared.message,
    /--dry-run: found .*2 processes.*, wanted a run of one/,
  );
  refuseDryRun({ earlier: null }, null);
});
