/** What flags state of a pre-training. */
import {
  left,
  type ModelSpec,
  type PretrainConfig,
  right,
  type Stated,
} from "../../core/mod.ts";
import { must } from "../command/command_failed.ts";
import {
  configFromFlags,
  type MethodValues,
  modelOf,
} from "../flags/method_flags.ts";

/** The model that flags name. */
export function statedModel(
  { model: name }: Pick<MethodValues, "model">,
): ModelSpec | undefined {
  if (name === undefined) return undefined;
  const model = modelOf(name);
  return must(model._tag === "Right" ? model : left([model.left] as const));
}

/** A configuration for images of so many channels. */
export const ofChannels = (
  config: PretrainConfig,
  inChannels: number,
): PretrainConfig => ({ ...config, model: { ...config.model, inChannels } });

/** The fields of a record that are there. */
const onlyGiven = <T extends object>(
  fields: { readonly [K in keyof T]: T[K] | undefined },
): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>;

/** What flags state of a configuration, for images of so many channels. */
export function statedBy(values: MethodValues, inChannels: number): Stated {
  return {
    model: statedModel(values),
    sizes: onlyGiven({
      imageSize: values["image-size"],
      patchSize: values["patch-size"],
    }),
    training: onlyGiven({
      epochs: values.epochs,
      warmupEpochs: values["warmup-epochs"],
      batchSize: values["batch-size"],
      accumIter: values["accum-iter"],
    }),
    apply: (config) => {
      const stated = configFromFlags(config, values);
      return stated._tag === "Left"
        ? stated
        : right(ofChannels(stated.right, inChannels));
    },
  };
}
