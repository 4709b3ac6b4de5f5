/** Flags of the comparison of an encoder with what it began as. */
import { KNN_VOTE } from "../../train/mod.ts";
import { EVALUATION_FLAGS } from "../evaluate/open_evaluation.ts";
import { NEIGHBOUR_FEATURE_FLAGS } from "../evaluate/features.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

const { "no-untrained": _untrained, ...FEATURES } = NEIGHBOUR_FEATURE_FLAGS;
const { distributed: _distributed, "rank-timeout": _timeout, ...EVALUATION } =
  EVALUATION_FLAGS;

/** Minutes that fine-tuning may take where nothing is said. */
export const FINETUNE_MINUTES = 10;

/** Epochs of fine-tuning. */
const FINETUNE_EPOCHS = 20;

/** All flags of the comparison. */
export const GAIN_FLAGS = {
  ...EVALUATION,
  "data": {
    ...EVALUATION.data,
    initial:
      "the images of the encoder's run, else the embedded Fashion-MNIST test images",
  },
  ...FEATURES,
  ...under("Neighbours", {
    "neighbours": wholeFlag(1, "neighbours that vote", {
      initial: String(KNN_VOTE.neighbours),
    }),
  }),
  ...under("Fine-tuning", {
    "finetune": choiceFlag(
      ["auto", "always", "never"],
      `fine-tune the encoder, and an untrained one beside it; auto does where both together take ${FINETUNE_MINUTES} minutes at most`,
      { initial: "auto" },
    ),
    "finetune-epochs": wholeFlag(1, "times that every image is seen", {
      initial: String(FINETUNE_EPOCHS),
    }),
  }),
  ...under("Output", {
    "output-dir": textFlag(
      "DIR",
      "folder for evaluation.html, evaluation.json and the pictures",
      { initial: "evaluation in the encoder's run, else here" },
    ),
    "json": switchFlag("print the result as JSON and nothing else"),
  }),
} as const;

/** Values of these flags. */
export type GainValues = FlagValues<typeof GAIN_FLAGS>;

/** Epochs of fine-tuning, as flags say. */
export const epochsFrom = (values: GainValues): number =>
  values["finetune-epochs"] ?? FINETUNE_EPOCHS;
