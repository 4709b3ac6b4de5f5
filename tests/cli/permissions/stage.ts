/**
 * What the programs work on, and how they are started: as little as can be.
 *
 * @module
 */
import { match, strictEqual } from "node:assert/strict";
import { encode, type Encoding, waves } from "../../data/photographs.ts";
import { makeRun, runOf } from "../../train/run/follow/made_runs.ts";
import { tinyRun } from "../../train/tiny_run.ts";
import { openImages } from "../../../cli/images/images.ts";
import {
  type ImageChoice,
  initialSnapshot,
  orThrow,
  rememberedImages,
  writeImagesFile,
} from "../../../train/mod.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { writeMade } from "../../train/weights/classifier/made_classifier.ts";
import { writeNano } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";
import { deno, type Visit } from "./run_with.ts";

/** How a program is started. */
export interface Call {
  /** Its command line. */
  readonly args: readonly string[];
  /** What words of the table stand for, where it is not what they mostly do. */
  readonly places?: Readonly<Record<string, string>>;
  /** Looks at what it serves, if it does. */
  readonly visit?: Visit;
}

/** What stands for the words of the table, and the command line of each row. */
export interface Stage {
  /** Folder of all that is written, empty before each start. */
  readonly made: string;
  /** Paths by word. */
  readonly places: Readonly<Record<string, string>>;
  /** Calls by row. */
  readonly calls: Readonly<Record<string, Call>>;
}

/** A finished run with a picture. */
async function writeRun(folder: string): Promise<string> {
  const run = runOf(1);
  await Deno.mkdir(folder);
  await makeRun(folder, run, run.plan.totalSteps);
  await Deno.writeTextFile(`${folder}/reconstruction.svg`, "<svg/>");
  return folder;
}

/** A finished run in which nothing froze, with a checkpoint in its middle. */
async function writeUnfrozen(folder: string, data: string): Promise<string> {
  const { freeze } = tinyRun().config;
  const run = tinyRun({ freeze: { ...freeze, t0: 1 } });
  const { totalSteps } = run.plan;
  await Deno.mkdir(folder);
  await makeRun(folder, run, totalSteps);
  const middle = {
    ...initialSnapshot(run.config, run.plan),
    step: totalSteps / 2,
  };
  orThrow(await writeCheckpoint(`${folder}/checkpoints`, run, middle));
  const choice: ImageChoice = {
    data,
    limit: 12,
    classes: null,
    valShare: null,
    heldOut: "by class",
    background: "mean",
  };
  const { train } = orThrow(await openImages(data, choice.limit, choice));
  orThrow(await writeImagesFile(folder, rememberedImages(choice, train)));
  return folder;
}

/** A folder of image files by split and class. */
async function writePhotos(
  folder: string,
  encoding: Encoding,
  count: number,
): Promise<string> {
  const file = await encode(waves(12, 10), encoding);
  for (const place of ["train/a", "train/b", "val/a", "val/b"]) {
    await Deno.mkdir(`${folder}/${place}`, { recursive: true });
    for (let i = 0; i < count; i++) {
      await Deno.writeFile(`${folder}/${place}/${i}.${encoding}`, file);
    }
  }
  return folder;
}

/** Everything that the page of a run loads. */
const PAGE = [
  ...["", "page.css", "layers.css", "page.js", "icon.svg"],
  ...["loss.svg", "rates.svg", "reconstruction.svg"],
];

/** Loads the page as a browser does. */
async function visitPage(firstLine: string): Promise<void> {
  const [address = ""] = /http:\S+/.exec(firstLine) ?? [];
  for (const name of PAGE) {
    const answer = await fetch(`${address}${name}`);
    await answer.body?.cancel();
    strictEqual(answer.status, 200, name);
  }
  const events = await fetch(`${address}events`);
  for await (const bytes of events.body ?? []) {
    match(new TextDecoder().decode(bytes), /"kind":"run"/);
    break;
  }
}

/** Paths by word. */
async function placesIn(
  folder: string,
  made: string,
): Promise<Record<string, string>> {
  const { npmCache } = JSON.parse((await deno("info", "--json")).stdout);
  return {
    DENO: Deno.execPath(),
    DATA: await writeSmallIdx(`${folder}/data`, { train: 64, t10k: 20 }),
    PHOTOS: await writePhotos(`${folder}/photos`, "png", 2),
    ENCODER: await writeNano(`${folder}/encoder`),
    RUN: `${made}/run`,
    OUT: `${made}/out`,
    SVG: `${made}/plan.svg`,
    NPM: npmCache,
    ADDRESS: "127.0.0.1:0",
  };
}

const words = (text: string): readonly string[] => text.split(" ");

/** Prepares everything in a folder. */
export async function stageIn(folder: string): Promise<Stage> {
  const made = `${folder}/made`;
  const places = await placesIn(folder, made);
  const { DATA = "", PHOTOS = "", ENCODER = "", RUN = "", OUT = "", SVG } =
    places;
  const classifier = await writeMade(`${folder}/classifier`);
  const SHEET = `${made}/similar.svg`;
  const watched = await writeRun(`${folder}/watched`);
  const jpeg = await writePhotos(`${folder}/jpeg`, "jpeg", 16);
  const unfrozen = await writeUnfrozen(`${folder}/unfrozen`, DATA);
  const page = words("--html --port 0");
  const data = ["--data", DATA, "--backend", "onnx"];
  const short = words("--epochs 1 --batch-size 32");
  const tuned = [...short, ...words("--warmup-epochs 0 --backend onnx")];
  const once = words("--accum-iter 1");
  const pretrained = words(
    `--output-dir ${RUN} --model nano --warmup-epochs 0`,
  );
  const compared = words(
    "--methods unfrozen --model nano --warmup-epochs 0 --limit 64 --labels 64 --finetune-epochs 1 --probe-epochs 1",
  );
  const classic = [
    ...[...data, ...short],
    ...words("--validate-test --depth 10 --image-size 8"),
  ];
  const row = words("--model nano --frozen 6 --backend wasm");
  return {
    made,
    places,
    calls: {
      "examples/print_plan.ts": { args: words(`--model nano --svg ${SVG}`) },
      "examples/pretrain.ts": {
        args: [...pretrained, ...data, ...short, ...once],
      },
      "examples/find_freeze_times.ts": {
        args: [unfrozen, "--backend", "onnx", ...words("--layers 1")],
        places: { RUN: unfrozen },
      },
      "examples/watch.ts": { args: [watched], places: { RUN: watched } },
      "examples/watch.ts --html": {
        args: [watched, ...page],
        places: { RUN: watched },
        visit: visitPage,
      },
      "examples/evaluate.ts": {
        args: [
          ...[ENCODER, ...data, "--output-dir", OUT],
          ...words("--finetune never"),
        ],
      },
      "examples/knn.ts": { args: [ENCODER, ...data] },
      "examples/knn.ts --data PHOTOS": {
        args: [ENCODER, "--data", PHOTOS, "--backend", "onnx"],
      },
      // JPEG files need no more than files of numbers do.
      "examples/linear_probe.ts": {
        args: [ENCODER, "--data", jpeg, ...tuned, "--output-dir", RUN],
        places: { DATA: jpeg },
      },
      "examples/segment.ts": {
        args: [ENCODER, ...data, "--output-dir", OUT, "--patches", "8"],
      },
      "examples/finetune.ts": {
        args: [
          ...[ENCODER, "--data", DATA, ...tuned, ...once],
          ...["--output-dir", RUN],
        ],
      },
      "examples/predict.ts": {
        args: [classifier, PHOTOS, "--backend", "onnx"],
        places: { ENCODER: classifier },
      },
      "examples/similar.ts": {
        args: [
          ...[classifier, PHOTOS, "--data", PHOTOS, "--backend", "onnx"],
          ...["--svg", SHEET],
        ],
        places: { ENCODER: classifier, SVG: `${SHEET},${SHEET}.partial` },
      },
      "examples/export.ts": { args: [ENCODER, OUT, "--data", DATA] },
      "examples/compare.ts": {
        args: [...compared, ...data, ...short, "--output-dir", OUT],
      },
      "examples/freezeout_classic.ts": {
        args: [...classic, "--output", RUN],
      },
      "bench/step.ts": { args: [...row, ...words("--batch-size 2 --steps 1")] },
    },
  };
}
