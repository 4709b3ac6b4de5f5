/** PyTorch's side as text, so that it is in the one file of the program too. */
import init from "../../peers/localmim_torch/__init__.py" with { type: "text" };
import blocks from "../../peers/localmim_torch/blocks.py" with { type: "text" };
import decoder from "../../peers/localmim_torch/decoder.py" with {
  type: "text",
};
import freezing from "../../peers/localmim_torch/freezing.py" with {
  type: "text",
};
import hogTarget from "../../peers/localmim_torch/hog_target.py" with {
  type: "text",
};
import localMim from "../../peers/localmim_torch/local_mim.py" with {
  type: "text",
};
import masking from "../../peers/localmim_torch/masking.py" with {
  type: "text",
};
import modelSpec from "../../peers/localmim_torch/model_spec.py" with {
  type: "text",
};
import positions from "../../peers/localmim_torch/positions.py" with {
  type: "text",
};
import torchCard from "./torch_card.py" with { type: "text" };

/** Program that is started, a name of `TORCH_SOURCES`. */
export const TORCH_PROGRAM = "torch_card.py";

/** Sources by their paths. */
export const TORCH_SOURCES: Readonly<Record<string, string>> = {
  "localmim_torch/__init__.py": init,
  "localmim_torch/blocks.py": blocks,
  "localmim_torch/decoder.py": decoder,
  "localmim_torch/freezing.py": freezing,
  "localmim_torch/hog_target.py": hogTarget,
  "localmim_torch/local_mim.py": localMim,
  "localmim_torch/masking.py": masking,
  "localmim_torch/model_spec.py": modelSpec,
  "localmim_torch/positions.py": positions,
  [TORCH_PROGRAM]: torchCard,
};
