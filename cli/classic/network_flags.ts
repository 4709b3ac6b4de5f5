/** Flags of a convolutional network: its kind and sizes. */
import {
  bottlenecksOf,
  calcSpeedup,
  type ConvNetConfig,
  type ConvNetFamily,
  type ConvNetSpec,
  convNetTensors,
  denseNetCosts,
  type Faults,
  left,
  type Result,
  right,
  sizeOf,
} from "../../core/mod.ts";
import {
  choiceFlag,
  type FlagTable,
  type FlagValues,
  numberFlag,
  PART,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { thousands } from "../output/words.ts";

/** Sizes that images give. */
type OfImages = "imageSize" | "inChannels" | "classes";

/** Sizes of a kind of network without those that images give. */
type NetworkSizes<Family extends ConvNetFamily> = Omit<
  Extract<ConvNetSpec, { readonly family: Family }>,
  OfImages
>;

/** A network of each kind that trains in minutes on two cores. */
export const SMALL_NETWORKS: {
  readonly [Family in ConvNetFamily]: NetworkSizes<Family>;
} = {
  wideResNet: { family: "wideResNet", depth: 16, width: 1 },
  resNet: { family: "resNet", depth: 14, width: 1 },
  denseNet: {
    ...{ family: "denseNet", depth: 22, growthRate: 12, reduction: 0.5 },
  },
  vgg: { family: "vgg", depth: 11, channels: 8, dropout: 0.5 },
};

/** Kinds of networks as flags name them. */
const FAMILIES = {
  "wide-resnet": "wideResNet",
  "resnet": "resNet",
  "densenet": "denseNet",
  "vgg": "vgg",
} as const;

const { wideResNet, resNet, denseNet, vgg } = SMALL_NETWORKS;

/** The flags. */
export const NETWORK_FLAGS = under("Model", {
  "family": choiceFlag(
    FAMILIES,
    "kind of network: residual, DenseNet-BC, or VGG with batch normalisation",
    { at: "model.family" },
  ),
  "depth": wholeFlag(
    8,
    "layers with weights: 6n + 4 of a wide-resnet or densenet, 6n + 2 of a resnet, 11, 13, 16 or 19 of a vgg",
    {
      at: "model.depth",
      initial:
        `${wideResNet.depth}, ${resNet.depth}, ${denseNet.depth} and ${vgg.depth} in the order of --family`,
    },
  ),
  "width": wholeFlag(
    1,
    "factor on the channels 16, 32 and 64 of a wide-resnet or resnet",
    { at: "model.width", initial: String(wideResNet.width) },
  ),
  "growth-rate": wholeFlag(1, "channels that each layer of a densenet adds", {
    at: "model.growthRate",
    initial: String(denseNet.growthRate),
  }),
  "reduction": numberFlag(
    PART,
    "part of its channels that a densenet keeps between groups",
    { at: "model.reduction", initial: String(denseNet.reduction) },
  ),
  "channels": wholeFlag(
    1,
    "channels of a vgg's first group, 64 in the paper; the last has 8 times as many",
    { at: "model.channels", initial: String(vgg.channels) },
  ),
  "dropout": numberFlag(
    PART,
    "part of the values in a vgg's classifier that a step drops, below 1",
    { at: "model.dropout", initial: String(vgg.dropout) },
  ),
});

type NetworkValues = FlagValues<typeof NETWORK_FLAGS>;

const wordOf = (family: ConvNetFamily): string =>
  Object.entries(FAMILIES).find(([, value]) => value === family)?.[0] ?? "";

/**
 * The network to which sizes of flags apply: that of a configuration, or if the flags
 * name another kind the small one of that kind for the same images.
 *
 * @returns The network, or the flag that its kind has no such size for.
 */
export function networkFrom(
  { model }: Pick<ConvNetConfig, "model">,
  values: NetworkValues,
): Result<Faults, ConvNetSpec> {
  const family = values.family ?? model.family;
  const { imageSize, inChannels, classes } = model;
  const network = family === model.family
    ? model
    : { ...SMALL_NETWORKS[family], imageSize, inChannels, classes };
  const table: FlagTable = NETWORK_FLAGS;
  for (const [name, found] of Object.entries(values)) {
    const field = table[name]?.at?.replace("model.", "") ?? "family";
    if (found === undefined || field in network) continue;
    const owners = Object.values(SMALL_NETWORKS)
      .filter((small) => field in small).map((small) => wordOf(small.family));
    return left([{
      ...{ _tag: "Inconsistent", path: `--${name}`, found },
      wanted: `--family ${owners.join(" or ")} beside it: a ${
        wordOf(family)
      } has no such size`,
    }]);
  }
  return right(network);
}

const sizesInWords = (model: ConvNetSpec): string => {
  switch (model.family) {
    case "denseNet":
      return `denseNet-BC ${model.depth} with growth rate ${model.growthRate}`;
    case "vgg":
      return `vgg ${model.depth} with ${model.channels} to ${
        8 * model.channels
      } channels, dropout ${model.dropout}`;
    default:
      return `${model.family} ${model.depth}-${model.width}`;
  }
};

/** A network in words. */
export function networkWords(model: ConvNetSpec): string {
  const { parameters } = convNetTensors(model);
  const count = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return `${sizesInWords(model)} on ${model.imageSize}² pixels, ${
    thousands(count)
  } parameters`;
}

/** FreezeOut's own estimate of the saved part of the time, which it makes for DenseNets alone. */
export const freezeOutEstimate = (
  { model, freeze }: Pick<ConvNetConfig, "model" | "freeze">,
): number | null =>
  model.family === "denseNet"
    ? calcSpeedup(
      denseNetCosts(model.growthRate, bottlenecksOf(model)),
      freeze,
    )
    : null;
