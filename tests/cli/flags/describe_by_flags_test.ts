import { strictEqual } from "node:assert/strict";
import { describeByFlags } from "../../../cli/flags/describe_by_flags.ts";
import { namedByFlags } from "../../../cli/flags/faults_by_flags.ts";
import { describeFaults } from "../../../core/mod.ts";
import { finetunePlan, probeLength } from "../../../train/mod.ts";
import { finetuneFrom } from "../../../cli/evaluate/finetune_flags.ts";
import { probeFrom } from "../../../cli/evaluate/probe_flags.ts";
import { MODEL_PRESETS } from "../../../core/mod.ts";

Deno.test("describeByFlags() names fields by the flags that set them, and only those", () => {
  const text = (reason: string) =>
    describeByFlags({ _tag: "CheckpointRefused", path: "w", reason });
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

Deno.test("namedByFlags() names what fine-tuning and probes complain of by their flags", () => {
  const tuned = finetunePlan(finetuneFrom(MODEL_PRESETS.nano, 3, {}), 434);
  strictEqual(
    tuned._tag === "Left" && describeFaults(namedByFlags(tuned.left)),
    "images to learn from: found 434, wanted a whole number of at least 1024 (--batch-size · --accum-iter): an epoch has at least one step",
  );
  const config = probeFrom(64, 3, 434, { "batch-size": 4096 });
  const probed = probeLength(config, 434);
  strictEqual(
    probed._tag === "Left" && describeFaults(namedByFlags(probed.left)),
    "--batch-size: found 4096, wanted a whole number from 2 to 434, the samples that there are",
  );
});
