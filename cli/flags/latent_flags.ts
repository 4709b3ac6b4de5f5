/** Flags for latent targets: features of frozen blocks that are predicted besides. */
import type {
  Fault,
  LatentTargets,
  ModelSpec,
  PretrainConfig,
} from "../../core/mod.ts";
import {
  ABOVE_ZERO,
  type FlagValues,
  numberFlag,
  numbersFlag,
  under,
  wholeFlag,
} from "./flags.ts";

/** Flags of latent targets. */
export const LATENT_FLAGS = under("Freezing", {
  "latent-every": wholeFlag(
    0,
    "one image in N predicts features of frozen blocks for its hidden patches besides; 0 is off",
    { at: "model.latent.every", unset: 0 },
  ),
  "latent-taps": numbersFlag(
    "N,N,…",
    {
      wanted: "numbers of blocks, from 0,",
      holds: (tap) => Number.isSafeInteger(tap) && tap >= 0,
    },
    "blocks, counted from 0, whose features are latent targets once they are frozen; the deepest frozen one counts",
    { at: "model.latent.taps", initial: "those of all stages but the last" },
  ),
  "latent-weight": numberFlag(
    ABOVE_ZERO,
    "weight of the loss of latent targets",
    { at: "model.latent.weight", initial: "1" },
  ),
});

/** Values of these flags. */
export type LatentValues = FlagValues<typeof LATENT_FLAGS>;

/** Blocks that stages tap and that can freeze. */
const stageTaps = ({ stages }: ModelSpec): readonly number[] =>
  stages.slice(0, -1).map(({ tap }) => tap);

/**
 * A model with the latent targets of a configuration as flags change them. Another model
 * has its own taps, if its stages have any.
 *
 * @param model The model with the stages that it is to have.
 * @param given Latent targets of the configuration.
 */
export function withLatent(
  { latent: _, ...model }: ModelSpec,
  given: LatentTargets | undefined,
  values: LatentValues & { readonly model?: string },
): ModelSpec {
  const every = values["latent-every"] ?? given?.every ?? 0;
  if (every === 0) return model;
  const own = stageTaps(model);
  const isOther = values.model !== undefined && own.length > 0;
  const kept = isOther ? own : given?.taps ?? own;
  const taps = values["latent-taps"] ?? kept;
  const weight = values["latent-weight"] ?? given?.weight ?? 1;
  return { ...model, latent: { taps, every, weight } };
}

/**
 * Contradictions between flags of latent targets.
 *
 * @param base Configuration that the flags change.
 * @param isOneStage True if the model will have one stage, which never freezes.
 */
export function latentFaults(
  { model: { latent } }: Pick<PretrainConfig, "model">,
  values: LatentValues,
  isOneStage: boolean,
): readonly Fault[] {
  const every = values["latent-every"] ?? latent?.every ?? 0;
  const taps = values["latent-taps"] ?? latent?.taps;
  const fault = (path: string, found: unknown, wanted: string): Fault => ({
    _tag: "Inconsistent",
    ...{ path, found, wanted },
  });
  if (every > 0) {
    return isOneStage && taps === undefined
      ? [
        fault(
          "--latent-every",
          every,
          "--latent-taps beside it: the only stage of the model never freezes",
        ),
      ]
      : [];
  }
  return (["latent-taps", "latent-weight"] as const).flatMap((name) =>
    values[name] === undefined ? [] : [
      fault(`--${name}`, values[name], "a --latent-every above 0 beside it"),
    ]
  );
}
