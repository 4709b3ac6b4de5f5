import { onDevices } from "./devices.ts";
import { ACCUMULATING_RUN, resumesEverywhere } from "./resumes_everywhere.ts";
import { tinyRun } from "./tiny_run.ts";

const EVERY_STEP = [...Array(13).keys()];

await onDevices(
  ["onnx"],
  "a run resumed from a checkpoint at any step equals the uninterrupted one, bit for bit",
  (backend) => resumesEverywhere(backend, tinyRun(), EVERY_STEP),
);

await onDevices(
  ["onnx", "onnx on one thread"],
  "a run resumed at and around a freeze step equals the uninterrupted one, bit for bit",
  (backend) => resumesEverywhere(backend, tinyRun(), [4, 5, 6, 9, 12]),
);

await onDevices(
  ["webgpu"],
  "a run resumed around a freeze step equals the uninterrupted one, bit for bit",
  (backend) => resumesEverywhere(backend, tinyRun(), [4, 5, 6]),
);

await onDevices(
  ["webgpu", "onnx"],
  "a run with accumulation, Sgd and a class token that never freezes resumes bit for bit",
  (backend) => resumesEverywhere(backend, ACCUMULATING_RUN, [1, 4, 5, 8]),
);
