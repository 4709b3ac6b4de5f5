/**
 * Sizes of the convolutional networks that FreezeOut was made for.
 *
 * Shape letters: `B` images, `C` channels, `H`, `W` rows and columns.
 */
import type { Codec } from "../codec/codec.ts";
import { unionBy } from "../codec/structures.ts";
import {
  denseNetCodec,
  denseNetLayers,
  type DenseNetSpec,
} from "./convnets/dense.ts";
import type { NetworkLayer } from "./convnets/network.ts";
import {
  residualCodec,
  residualLayers,
  type ResidualSpec,
} from "./convnets/residual.ts";
import { vggCodec, vggLayers, type VggSpec } from "./convnets/vgg.ts";

/** Sizes of a network, told apart by `family`. */
export type ConvNetSpec =
  | ResidualSpec<"wideResNet">
  | ResidualSpec<"resNet">
  | DenseNetSpec
  | VggSpec;

/** Kind of a network. */
export type ConvNetFamily = ConvNetSpec["family"];

/** Accepts networks that can be built. */
export const convNetCodec: Codec<ConvNetSpec> = unionBy<"family", ConvNetSpec>(
  "family",
  {
    wideResNet: residualCodec("wideResNet"),
    resNet: residualCodec("resNet"),
    denseNet: denseNetCodec,
    vgg: vggCodec,
  },
);

/** Layers that freeze as one, shallow to deep; the last is the head. */
export function networkLayers(spec: ConvNetSpec): readonly NetworkLayer[] {
  switch (spec.family) {
    case "denseNet":
      return denseNetLayers(spec);
    case "vgg":
      return vggLayers(spec);
    default:
      return residualLayers(spec);
  }
}

/** Names of the layers that freeze as one, shallow to deep. */
export const convNetLayers = (spec: ConvNetSpec): readonly string[] =>
  networkLayers(spec).map(({ name }) => name);
