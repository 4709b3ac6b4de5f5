/** A classifier as a model repository that other programs load. */
import {
  type Faults,
  imageClassifierGraph,
  imageClassifierParameters,
  left,
  type Result,
} from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import { classifierCard } from "./classifier_card.ts";
import {
  classifierConfig,
  type ClassifierExport,
  preprocessorConfig,
} from "./repository_configs.ts";
import {
  type RepositoryFiles,
  repositoryFiles,
  type ShapedParameters,
  writeRepository,
} from "./repository_files.ts";

/** Sizes of a classifier as its graph wants them. */
const specOf = ({ model, headInput, classNames }: ClassifierExport) => ({
  ...{ model, headInput, classes: classNames.length },
});

const parametersOf = (classifier: ClassifierExport): ShapedParameters =>
  new Map(
    imageClassifierParameters(specOf(classifier)).map(({ name, shape }) => {
      const data = classifier.parameters.get(name) ?? new Float32Array();
      return [name, { shape, data }] as const;
    }),
  );

/** Why other programs have no such classifier; `null` where they have. */
function unlikeOthers(
  { headInput, model: { stages } }: ClassifierExport,
): Faults | null {
  if (headInput === "normOfMean") return null;
  const [only, ...others] = headInput.stages;
  if ((headInput.regions ?? 1) > 1) {
    return [{
      _tag: "Inconsistent",
      path: "headInput.regions",
      found: headInput.regions,
      wanted:
        "one mean of all patches, for other programs score no other feature",
    }];
  }
  return only === stages.length - 1 && others.length === 0 ? null : [{
    _tag: "Inconsistent",
    path: "headInput.stages",
    found: headInput.stages,
    wanted:
      "the last one alone, for other programs score no other feature (a probe with --taps last)",
  }];
}

/**
 * Files of a model repository that timm and transformers.js load: `repositoryFiles` with
 * an ONNX graph from `pixel_values` to `logits`, and the names of the classes in the forms
 * of both (`label_names`; `id2label`, `label2id`).
 *
 * @returns Content by path, or why there is none: the head scores a feature that other
 * programs have not.
 */
export function classifierFiles(
  classifier: ClassifierExport,
): Result<Faults, RepositoryFiles> {
  const { model, mostOnnxBytes } = classifier;
  const faults = unlikeOthers(classifier);
  if (faults !== null) return left(faults);
  const spec = specOf(classifier);
  return repositoryFiles({
    ...{ model, parameters: parametersOf(classifier) },
    graphAt: (model, batch) =>
      imageClassifierGraph({ ...spec, model }, batch, "pixel_values"),
    config: classifierConfig(classifier),
    preprocessor: preprocessorConfig(classifier),
    card: classifierCard(classifier),
    mostOnnxBytes,
  });
}

/**
 * Writes the files of a model repository, see `classifierFiles`. `openClassifier` reads it
 * again.
 *
 * @param folder The target; made if missing, refused if anything is in it.
 * @returns Paths of the files in the folder, or why there are none.
 */
export const exportClassifier = (
  folder: string,
  classifier: ClassifierExport,
): Promise<Result<TrainError, readonly string[]>> =>
  writeRepository(folder, classifierFiles(classifier));
