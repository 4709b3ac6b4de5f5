import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { evaluationImages } from "../../../cli/evaluate/evaluated_encoder.ts";
import {
  type ImageChoice,
  IMAGES_FILE,
} from "../../../train/run/images_file.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const CHOICE: ImageChoice = {
  ...{ data: "/photos", limit: 100, classes: ["a", "b"], valShare: 0.25 },
  ...{ heldOut: "over all", background: "white" },
};

/** A folder with what a run remembers of its images. */
const withRun = (test: (folder: string) => Promise<void>) => () =>
  inFolder(async (folder) => {
    const images = { version: 1, ...CHOICE, found: "100 images", names: "0" };
    await Deno.writeTextFile(join(folder, IMAGES_FILE), JSON.stringify(images));
    await test(folder);
  });

Deno.test(
  "evaluationImages() without flags are those of the run, however many it learned from",
  withRun(async (folder) => {
    const wanted = { ...CHOICE, limit: null };
    deepStrictEqual(await evaluationImages(folder, {}), wanted);
    deepStrictEqual(
      await evaluationImages(folder, { data: "/photos", limit: 7 }),
      { ...wanted, limit: 7 },
    );
  }),
);

Deno.test(
  "evaluationImages() from elsewhere have their own classes and parts, held out as the run's",
  withRun(async (folder) => {
    deepStrictEqual(await evaluationImages(folder, { data: "/others" }), {
      ...CHOICE,
      ...{ data: "/others", limit: null, classes: null, valShare: null },
    });
    const { background } = await evaluationImages(folder, {
      data: "/others",
      background: "none",
    });
    deepStrictEqual(background, "none");
  }),
);

Deno.test("evaluationImages() of weights without a run are the embedded ones", () =>
  inFolder(async (folder) =>
    deepStrictEqual(await evaluationImages(join(folder, "weights"), {}), {
      ...{ data: null, limit: null, classes: null, valShare: null },
      ...{ heldOut: "by class", background: "mean" },
    })
  ));
