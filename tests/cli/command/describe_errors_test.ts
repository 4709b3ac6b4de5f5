import { strictEqual } from "node:assert/strict";
import { describeTraining } from "../../../cli/command/describe_errors.ts";
import { ENCODER_FLAGS } from "../../../cli/flags/encoder_flags.ts";
import { fieldNames } from "../../../cli/flags/field_names.ts";
import { METHOD_FLAGS } from "../../../cli/flags/method_flags.ts";
import {
  describeFaults,
  FINETUNE_RECIPE,
  finetunePlan,
  PROBE_RECIPE,
  probePlan,
} from "../../../core/mod.ts";
import { FINETUNE_FLAGS } from "../../../cli/evaluate/finetune_flags.ts";
import { PROBE_FLAGS } from "../../../cli/evaluate/probe_flags.ts";
import { MODEL_PRESETS } from "../../../core/mod.ts";

Deno.test("describeTraining() names fields by the flags that set them, and only those", () => {
  const text = (reason: string) =>
    describeTraining(
      { _tag: "CheckpointRefused", path: "w", reason },
      fieldNames({ ...METHOD_FLAGS, ...ENCODER_FLAGS }),
    );
  strictEqual(
    text(
      'prefix: found nothing, wanted one of "a."\nnumHeads: found 3, wanted 4',
    ),
    'Cannot use checkpoint w: --prefix: found nothing, wanted one of "a."\n--heads: found 3, wanted 4',
  );
  strictEqual(
    text("imageSize: found 15, wanted a multiple of 4 (patchSize)"),
    "Cannot use checkpoint w: --image-size: found 15, wanted a multiple of 4 (--patch-size)",
  );
  const other = "head.prefix: found 1, wanted 2";
  strictEqual(text(other), `Cannot use checkpoint w: ${other}`);
});

Deno.test("fieldNames() names what fine-tuning and probes complain of by their flags", () => {
  const tuned = finetunePlan({
    ...FINETUNE_RECIPE,
    ...{ model: MODEL_PRESETS.nano, classes: 3 },
  }, 434);
  strictEqual(
    tuned._tag === "Left" &&
      describeFaults(fieldNames(FINETUNE_FLAGS).named(tuned.left)),
    "images to learn from: found 434, wanted a whole number of at least 1024 (--batch-size · --accum-iter): an epoch has at least one step",
  );
  const sizes = { width: 64, classes: 3, batchSize: 4096 };
  const config = { ...PROBE_RECIPE, ...sizes };
  const probed = probePlan(config, 434);
  strictEqual(
    probed._tag === "Left" &&
      describeFaults(fieldNames(PROBE_FLAGS).named(probed.left)),
    "--batch-size: found 4096, wanted a whole number from 2 to 434, the samples that there are",
  );
});
