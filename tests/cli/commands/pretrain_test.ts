import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { decodePretrainConfig, parameterSpecs } from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { type MetricsLine, pretrainTask } from "../../../train/mod.ts";
import { eventFiles } from "../../../train/run/tensorboard/event_file.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { drawnSize } from "../../drawn_size.ts";
import { right } from "../../right.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { shownInRun } from "../../train/run/tensorboard/read_events.ts";
import { type TinyRun, trained } from "../../train/tiny_run.ts";
import {
  pretrain,
  timelessRecord,
  writeSmallIdx,
} from "../pretrain/program.ts";

const SUMMARY_KEYS = [
  "backend",
  "checkpoint",
  "device",
  "knnImages",
  "knnQueries",
  "knnTop1",
  "knnTop1Pixels",
  "knnTop1Untrained",
  "lossByStage",
  "mostFrequent",
  "outputDir",
  "savingMeasured",
  "savingPredicted",
  "seconds",
  "secondsPerStepByPhase",
  "steps",
  "stepsSkipped",
];

const STEPS = 40;

/** One run that several tests look at: 40 steps on the embedded images. */
async function wholeRun(output: string) {
  const end = await pretrain(
    ..."--limit 200 --epochs 4 --batch-size 20 --backend wasm --json --judge always"
      .split(" "),
    "--output-dir",
    output,
  );
  strictEqual(end.code, 0, end.stderr);
  return { ...end, summary: JSON.parse(end.stdout.trimEnd()) };
}

async function runIdentity(output: string): Promise<TinyRun> {
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await Deno.readTextFile(join(output, name)));
  const config = right(decodePretrainConfig(await json("config.json")));
  const plan = right(decodePlan(await json("plan.json")));
  return { ...pretrainTask({ config, plan }), config, plan };
}

Deno.test("a run on the embedded images", (t) =>
  inFolder(async (parent) => {
    const output = join(parent, "run");
    const { stdout, stderr, summary } = await wholeRun(output);
    const run = await runIdentity(output);
    const lines = await timelessRecord(output) as readonly MetricsLine[];

    await t.step(
      "--json leaves one line on stdout, with the keys promised",
      () => {
        strictEqual(stdout.trimEnd().split("\n").length, 1);
        deepStrictEqual(Object.keys(summary).sort(), SUMMARY_KEYS);
        strictEqual(summary.backend, "wasm");
        strictEqual(summary.steps, STEPS);
        strictEqual(summary.lossByStage.length, 4);
        strictEqual(
          summary.secondsPerStepByPhase.length,
          run.plan.phases.length,
        );
        strictEqual(summary.outputDir, output);
        ok(summary.savingPredicted > 0.1 && summary.savingPredicted < 0.2);
        ok(summary.knnTop1Pixels > 50, "pixels alone find most clothes");
        deepStrictEqual([summary.knnImages, summary.knnQueries], [200, 2000]);
        // Each of the ten classes has its share.
        strictEqual(summary.mostFrequent, 10);
        strictEqual(summary.savingMeasured, null, "too few steps of a phase");
      },
    );

    await t.step("the record has every step once and layers freeze", () => {
      deepStrictEqual(
        lines.map(({ step }) => step),
        Array.from({ length: STEPS }, (_, step) => step),
      );
      const frozen = lines.map(({ frozenLayers }) => frozenLayers);
      deepStrictEqual(frozen, frozen.toSorted((a, b) => a - b));
      strictEqual(frozen.at(-1), run.plan.layers.length - 1);
      ok((lines.at(-1)?.stageLosses[3] ?? 1) < (lines[0]?.stageLosses[3] ?? 0));
    });

    await t.step("each freeze is told once, with its step", () => {
      const told = [...stderr.matchAll(/^step (\d+): .* freezes?\b/gm)];
      deepStrictEqual(
        told.map(([, step]) => Number(step)),
        run.plan.phases.slice(1).map(({ from }) => from),
      );
    });

    await t.step(
      "the checkpoint holds every parameter in its shape",
      async () => {
        const { step, parameters } = trained(
          await readCheckpoint(summary.checkpoint, run),
        );
        strictEqual(step, STEPS);
        deepStrictEqual(
          [...parameters].map(([name, { length }]) => [name, length]),
          parameterSpecs(run.config.model).map((
            { name, shape },
          ) => [name, shape.reduce((a, b) => a * b, 1)]),
        );
      },
    );

    for (const name of ["plan", "loss", "reconstruction"]) {
      await t.step(
        `${name}.svg is well-formed: sharp can draw it`,
        async () => {
          const svg = await Deno.readTextFile(join(output, `${name}.svg`));
          match(svg, /^<svg /);
          const { width } = await drawnSize(svg);
          ok(width > 100);
        },
      );
    }

    await t.step(
      "TensorBoard is told of every step, and what the encoder is worth after them",
      async () => {
        const shown = await shownInRun(output);
        deepStrictEqual(
          shown("loss/total"),
          lines.map(({ step, loss }) => [step, Math.fround(loss)]),
        );
        deepStrictEqual(
          shown("freezing/frozen_layers").map(([, layers]) => layers),
          lines.map(({ frozenLayers }) => frozenLayers),
        );
        deepStrictEqual(shown("validation/knn_top1"), [
          [STEPS, Math.fround(summary.knnTop1)],
        ]);
      },
    );

    await t.step("only whole files are left in its folder", async () => {
      const names = (await Array.fromAsync(Deno.readDir(output)))
        .map(({ name }) => name).sort();
      deepStrictEqual(names, [
        "checkpoints",
        "config.json",
        "images.json",
        "loss.svg",
        "metrics.jsonl",
        "plan.json",
        "plan.svg",
        "reconstruction.svg",
        "run.lock",
        "task.json",
        "tensorboard",
      ]);
    });
  }));

Deno.test("the same seed gives the same run bit for bit, also by its own config.json; another seed does not", () =>
  inFolder(async (parent) => {
    const data = await writeSmallIdx(join(parent, "data"), {
      train: 60,
      t10k: 10,
    });
    const record = async (name: string, ...flags: string[]) => {
      const output = join(parent, name);
      const end = await pretrain(
        ...["--data", data, "--backend", "wasm", "--output-dir", output],
        ...["--judge", "never"],
        ...flags,
      );
      strictEqual(end.code, 0, end.stderr);
      return await timelessRecord(output);
    };
    const flags = "--epochs 2 --batch-size 5 --accum-iter 2".split(" ");
    const first = await record("first", ...flags);
    strictEqual(first.length, 12);
    const config = join(parent, "first", "config.json");
    deepStrictEqual(
      await record("again", "--config", config, "--no-tensorboard"),
      first,
    );
    const events = (run: string) =>
      eventFiles(join(parent, run, "tensorboard"));
    strictEqual((await events("first")).length, 1);
    strictEqual((await events("again")).length, 0);
    const other = await record("other", ...flags, "--seed", "1");
    ok(JSON.stringify(other) !== JSON.stringify(first));
  }));

Deno.test("--help explains every flag in a line and names the exit codes", async () => {
  const { code, stdout } = await pretrain("--help");
  strictEqual(code, 0);
  for (const name of ["model", "blr", "lr-lr", "resume", "json"]) {
    match(stdout, new RegExp(`^  --${name}\\b.{8,}`, "m"));
  }
  match(stdout, /--epochs N .*\(default 12 \/ 100\)/);
  match(stdout, /Exit codes: 0 done, 1 .*, 2 .*, 130 /);
});
