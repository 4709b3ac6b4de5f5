/**
 * Pre-trains a Vision Transformer on images by LocalMIM with FreezeOut.
 *
 * ```sh
 * deno run -A examples/pretrain.ts
 * deno run -A examples/pretrain.ts --data photos --model vit-s --batch-size 32
 * deno run -A examples/pretrain.ts --resume runs/1
 * ```
 *
 * Without `--data` it learns from the embedded Fashion-MNIST images, in minutes
 * on two CPU cores. Ctrl-C finishes the step and writes a checkpoint.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- talking is what this program does
import process from "node:process";
import { describeFaults, type Faults, type Result } from "../core/mod.ts";
import { helpText } from "./flags.ts";
import { methodDefaults } from "./method_flags.ts";
import { parseFlags } from "./parse_flags.ts";
import { finish, type Summary } from "./pretrain/finish.ts";
import { openRun } from "./pretrain/open_run.ts";
import { progressOn } from "./pretrain/progress.ts";
import { SMALL_RECIPE } from "./pretrain/recipes.ts";
import { takeSteps } from "./pretrain/take_steps.ts";
import {
  PRETRAIN_FLAGS,
  type PretrainValues,
  settingsFrom,
} from "./pretrain/settings.ts";
import { describeTrainError, type TrainError } from "../train/mod.ts";

const USAGE =
  `Pre-trains a Vision Transformer on images: deno run -A examples/pretrain.ts [FLAGS]

Defaults are those of the small recipe for the embedded images. With --data they
are those of the papers' recipe for ViT-B: 224 pixels, 256 images at once, 8 of
these batches a step, 100 epochs, blr 2e-4.`;

const OTHER_DEFAULTS = {
  "data": "the embedded Fashion-MNIST images",
  "limit": "all",
  "backend": "auto",
  "output-dir": "runs/N",
  "save-every": "1",
  "keep": "2",
};

/** Exit codes: bad input, a run that failed, a run stopped by the user. */
const [BAD_INPUT, FAILED, INTERRUPTED] = [2, 1, 130] as const;

function stop(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function orRefuse<A>(result: Result<Faults, A>): A {
  return result._tag === "Right"
    ? result.right
    : stop(describeFaults(result.left), BAD_INPUT);
}

/** Aborts at the first Ctrl-C; a second one ends the program at once. */
function interruption(say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED);
      say("stopping after this step; again to stop at once");
      controller.abort();
    });
  }
  return controller.signal;
}

async function pretrain(values: PretrainValues): Promise<Summary | null> {
  const stream = values.json ? process.stderr : process.stdout;
  const say = (line: string): void => void stream.write(`${line}\n`);
  const settings = orRefuse(await settingsFrom(values));
  const opened = await openRun(settings, values, say);
  if (opened._tag === "Left") stop(opened.left, BAD_INPUT);
  const { plan, run, folder, backend } = opened.right;
  const failed = (error: TrainError): never =>
    stop(
      `${
        describeTrainError(error)
      }\nGo on from the last checkpoint: --resume ${folder.path}`,
      FAILED,
    );
  const progress = progressOn(plan, stream, folder.start.step);
  const signal = interruption(progress.say);
  const end = await takeSteps({ ...opened.right, progress, signal });
  progress.end();
  if (end._tag === "Left") return failed(end.left);
  if (end.right.stopped) {
    stop(
      `stopped after step ${run.step} of ${plan.totalSteps}; checkpoint ${end.right.checkpoint}\n` +
        `go on with: deno run -A examples/pretrain.ts --resume ${folder.path}`,
      INTERRUPTED,
    );
  }
  const summary = await finish(opened.right, end.right, say);
  run.dispose();
  backend.dispose();
  return summary._tag === "Left" ? failed(summary.left) : summary.right;
}

const values = orRefuse(parseFlags(PRETRAIN_FLAGS, process.argv.slice(2)));
if (values.help) {
  const defaults = methodDefaults(SMALL_RECIPE.config, SMALL_RECIPE.model);
  console.log(
    helpText(USAGE, PRETRAIN_FLAGS, { ...defaults, ...OTHER_DEFAULTS }),
  );
} else {
  const summary = await pretrain(values);
  if (values.json) console.log(JSON.stringify(summary));
}
