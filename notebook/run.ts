/** A run in a notebook: taken step by step, looked at, judged, stopped, and gone on with. */
import type { Backend } from "../backends/mod.ts";
import type { FreezePlan, PretrainConfig } from "../core/mod.ts";
import { type ImageSource, normalizationFor } from "../data/mod.ts";
import { lossPlot, reconstructionPicture } from "../plot/mod.ts";
import {
  exportEncoder,
  initialSnapshot,
  type LabelledFeatures,
  type LevelSource,
  orThrow,
  reconstructionRows,
  type StepReport,
} from "../train/mod.ts";
import {
  DISPLAY,
  type Displayed,
  type MediaBundle,
  type Picture,
  picture,
  words,
} from "./display.ts";
import { judged, type Judgement, rowsBy, someOf } from "./judge.ts";
import { live, type SendDisplay } from "./live.ts";
import { mapOf } from "./map.ts";
import { type Saving, savingOf } from "./saving.ts";
import { show } from "./show.ts";
import { Steps, type StepsEnd } from "./steps.ts";
import { type Table, table } from "./table.ts";
import { stepWords } from "./wording.ts";

/** What a run is made of. */
export interface RunParts {
  /** Name under which it is open. */
  readonly name: string;
  /** Its configuration. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Images that it learns from. */
  readonly images: ImageSource;
  /** Images that it does not learn from; those it learns from where there are too few. */
  readonly heldOut: ImageSource;
  /** The engine; it becomes the run's. */
  readonly backend: Backend;
  /** Why this engine. */
  readonly device: string;
  /** Batches of its images. */
  readonly batches: LevelSource;
}

/** Steps that were taken one after another. */
export interface Stretch extends Displayed {
  /** Their reports. */
  readonly reports: readonly StepReport[];
  /** Why there are no more of them. */
  readonly end: StepsEnd;
}

/** How many images an encoder is judged by. */
export interface JudgeOptions {
  /** Images among which neighbours are looked for, at most; 2000 by default. */
  readonly known?: number;
  /** Images that are asked for, at most; 500 by default. */
  readonly asked?: number;
}

const stretchOf = (
  reports: readonly StepReport[],
  end: Stretch["end"],
): Stretch => ({
  reports,
  end,
  ...words(`${stepWords(reports)} · ${end}`),
});

/**
 * A run in a notebook. It shows itself as its plan; its functions throw errors whose text
 * says what is wrong. What looks at the run while it trains in another cell waits for the
 * step under way, and the training for it.
 */
export class NotebookRun implements Displayed, Disposable {
  /** Name under which it is open. */
  readonly name: string;
  /** Its configuration. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Images that it learns from. */
  readonly images: ImageSource;
  /** Images that it does not learn from; those it learns from where there are too few. */
  readonly heldOut: ImageSource;
  /** The engine, and why it was chosen. */
  readonly device: string;
  readonly #steps: Steps;
  readonly #send: SendDisplay | null | undefined;
  readonly #reports: StepReport[] = [];

  /**
   * A run before its first step.
   *
   * @param send Where live pictures are shown; by default in the notebook.
   */
  constructor(parts: RunParts, send?: SendDisplay | null) {
    ({
      name: this.name,
      config: this.config,
      plan: this.plan,
      images: this.images,
      heldOut: this.heldOut,
      device: this.device,
    } = parts);
    this.#steps = new Steps(parts);
    this.#send = send;
  }

  /** Reports of all steps so far. */
  get reports(): readonly StepReport[] {
    return this.#reports;
  }

  /** Steps so far. */
  get step(): number {
    return this.#reports.length;
  }

  /**
   * Takes steps and draws the losses while it does; freezes on the way are marked.
   * Without `await` it goes on while other cells are run.
   *
   * @param steps Steps at most; all that are left by default.
   * @returns What happened. A stop is no error.
   * @throws {Error} Where the run is training already or was closed, and where a step fails.
   */
  train(steps: number = Infinity): Promise<Stretch> {
    const going = this.#train(steps);
    // An error that nobody waits for is shown below the losses.
    going.catch(() => {});
    return going;
  }

  async #train(steps: number): Promise<Stretch> {
    const drawn = live(() => this.losses(), { send: this.#send });
    const from = this.step;
    const taken = await this.#steps.take(steps, async (report) => {
      this.#reports.push(report);
      await drawn.draw();
    });
    if (this.step > from) await drawn.end();
    if (taken._tag === "Left") {
      await live(() => show(taken), { send: this.#send }).end();
      return orThrow(taken);
    }
    return stretchOf(this.#reports.slice(from), taken.right);
  }

  /** Stops `train` within its step, or does nothing where there is none; `train` goes on from there. */
  async stop(): Promise<void> {
    await this.#steps.stop();
  }

  /** The losses so far. */
  losses(): Picture {
    const { phases } = this.plan;
    const svg = lossPlot(this.#reports, { phases });
    return picture(svg, stepWords(this.#reports));
  }

  /** What freezing saved so far, predicted beside measured. */
  saving(): Saving {
    return savingOf(this.plan, this.#reports);
  }

  /**
   * What the model makes of hidden patches of images that it does not learn from: the
   * same images and patches each time.
   *
   * @param count Images, at least 1.
   */
  async reconstructions(count?: number): Promise<Picture> {
    const { rows, step } = await this.#steps.look(
      async (parameters, backend, step) => {
        const inputs = [parameters, this.heldOut, count] as const;
        const made = reconstructionRows(backend, this.config, ...inputs);
        return { rows: orThrow(await made), step };
      },
    );
    const svg = await reconstructionPicture(rows);
    return picture(svg, `reconstructions after ${step} steps`);
  }

  /**
   * Features of images by the encoder as it is now: the means of its patch tokens.
   *
   * @param images Images; those held out by default.
   * @param most Images at most, drawn at random, the same ones each time; 500 by default.
   */
  async features(
    images: ImageSource = this.heldOut,
    most = 500,
  ): Promise<LabelledFeatures> {
    return (await this.#featuresOf(someOf(images, most))).features;
  }

  /** Features of all images of a source, and the steps after which they were. */
  async #featuresOf(images: ImageSource) {
    return await this.#steps.look(async (parameters, backend, step) => {
      const { model } = this.config;
      const [features] = await rowsBy(backend, model, [parameters], images);
      return { features: features!, step };
    });
  }

  /**
   * A map of held-out images: those whose features are alike lie near each other. Its axes
   * are the two along which the features differ most.
   *
   * @param most Images at most; 500 by default.
   */
  async map(most = 500): Promise<Picture> {
    const some = someOf(this.heldOut, most);
    const { features, step } = await this.#featuresOf(some);
    return await mapOf(some, this.config.model, features, step);
  }

  /**
   * How often the nearest neighbours of held-out images are of their class: by the
   * encoder as it is now, beside itself before the first step and plain pixels.
   */
  async judge(
    { known = 2000, asked = 500 }: JudgeOptions = {},
  ): Promise<Judgement> {
    const { model } = this.config;
    const untrained = initialSnapshot(this.config, this.plan).parameters;
    return await this.#steps.look((parameters, backend) =>
      judged({
        ...{ backend, model, parameters, untrained },
        known: someOf(this.images, known),
        asked: someOf(this.heldOut, asked),
      })
    );
  }

  /**
   * Writes the encoder with timm's names, and as ONNX for transformers.js.
   *
   * @param folder A folder without files; made if missing.
   * @returns The files.
   * @throws {Error} Where the folder holds anything.
   */
  async exportTo(folder: string): Promise<Table> {
    const { step, parameters } = await this.#steps.snapshot();
    const { config: { model }, images, plan } = this;
    const files = await exportEncoder(folder, {
      ...{ model, parameters },
      normalization: normalizationFor(
        images.normalization,
        model.inChannels === 1 ? 1 : 3,
      ),
      resizeSize: model.imageSize,
      title: this.name,
      history: [
        `Pre-trained in a notebook by LocalMIM under FreezeOut: ${step} of ${plan.totalSteps} steps.`,
      ],
    });
    return table(orThrow(files).map((file) => ({ [folder]: file })));
  }

  /** Ends the run and gives back its memory, after the step under way. */
  async close(): Promise<void> {
    await this.#steps.close();
  }

  /** Closes it, without waiting for the step under way. */
  [Symbol.dispose](): void {
    void this.close();
  }

  /** The picture of its plan. */
  [DISPLAY](): MediaBundle {
    return show(this.plan)[DISPLAY]();
  }

  /** Its name, how far it is, and its engine. */
  toString(): string {
    const { totalSteps } = this.plan;
    return `run ${this.name}: ${this.step} of ${totalSteps} steps; ${this.device}`;
  }
}
