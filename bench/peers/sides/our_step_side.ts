/**
 * Our side of the pre-training step: the library's own path, `compilePhase` and
 * `trainStep`. A process of `bench/peers.ts`.
 */
import { right } from "../../../core/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import {
  compilePhase,
  type ItemIterator,
  orThrow,
  pretrainTask,
  trainStep,
  uploadState,
} from "../../../train/mod.ts";
import { entrySnapshot } from "../../step/entry_snapshot.ts";
import { ourEngine, ourVersions } from "./our_backend.ts";
import { ourPhase, trainableCount } from "../our_phase.ts";
import { type OpenSide, serveRounds } from "./serve_rounds.ts";
import type { SideSpec } from "../side.ts";
import { readStart } from "../start_file.ts";

/** The same images for ever; what of them is hidden changes with the epoch. */
async function* sameBatch(
  { model: { inChannels, imageSize }, batchSize }: SideSpec,
  images: Float32Array,
): ItemIterator<Batch> {
  const shape = [batchSize, inChannels, imageSize, imageSize] as const;
  const indices = Int32Array.from({ length: batchSize }, (_, i) => i);
  while (true) yield right({ shape, images, indices, labels: null });
}

async function open(spec: SideSpec): Promise<OpenSide> {
  const phased = ourPhase(spec.model, spec.batchSize, spec.frozen);
  const { config, plan, phase } = phased;
  const { backend, threads } = await ourEngine(spec);
  const task = pretrainTask({ config, plan });
  const programs = orThrow(await compilePhase(backend, task, phase));
  const { tensors, images } = readStart(spec.start);
  const parameters = new Map(
    [...tensors].filter(([name]) => name !== "images" && name !== "noise"),
  );
  const snapshot = entrySnapshot(config, plan, phase, parameters);
  let state = uploadState(backend, task, snapshot);
  const batches = sameBatch(spec, images);
  let epoch = 0;
  return {
    about: {
      versions: ourVersions(backend),
      settings: `backend ${backend.device.name}`,
      threads,
      trainable: trainableCount(phased),
    },
    step: async () => {
      const context = { backend, task };
      const next = orThrow(
        await trainStep(context, programs, state, epoch++, batches),
      );
      state = next.state;
      const { loss, milliseconds: ms } = next.report;
      return {
        forwardMs: null,
        backwardMs: null,
        gradientMs: ms.gradient,
        updateMs: ms.update,
        totalMs: ms.total - ms.data,
        loss,
      };
    },
  };
}

await serveRounds(open);
