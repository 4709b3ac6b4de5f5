/** A pre-training whose steps are timed: its plan, a cheap start, and batches made beforehand. */
import {
  type FreezePlan,
  initialValues,
  MODEL_PRESETS,
  type ModelName,
  type ModelSpec,
  type ParameterSpec,
  parameterSpecs,
  type Phase,
  type PretrainConfig,
  rootKey,
  sizeOf,
  split,
} from "../../../core/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import {
  type HostTensors,
  type ItemSource,
  orThrow,
  pretrainTask,
  type Snapshot,
  type Task,
} from "../../../train/mod.ts";
import { right } from "../../../core/mod.ts";
import { entrySnapshot } from "../../step/entry_snapshot.ts";
import { benchedPlan, configOf } from "../../step/step_spec.ts";
import { randomReals } from "../machine/open_card.ts";

/** A model that is measured; `tiny` is one that software steps through in no time. */
export type CardModel = ModelName | "tiny";

const { nano } = MODEL_PRESETS;

/** The models. */
const MODELS: Readonly<Record<CardModel, ModelSpec>> = {
  ...MODEL_PRESETS,
  tiny: {
    ...nano,
    ...{ embedDim: 16, depth: 2, numHeads: 2 },
    stages: nano.stages.slice(0, 1).map((stage) => ({ ...stage, tap: 1 })),
    ...{ decoderEmbedDim: 16, decoderNumHeads: 2 },
  },
};

/** A run of a model, entered at one of its phases. */
export interface BenchedRun {
  /** Sizes of the model. */
  readonly model: ModelSpec;
  /** Configuration and plan. */
  readonly config: PretrainConfig;
  readonly plan: FreezePlan;
  /** The phase with the wanted number of frozen layers. */
  readonly phase: Phase;
  /** The task. */
  readonly task: Task<Batch>;
}

/**
 * The papers' recipe for a model.
 *
 * @throws If no phase has so many frozen layers.
 */
export function benchedRun(
  name: CardModel,
  batchSize: number,
  frozen: number,
): BenchedRun {
  const model = MODELS[name];
  const config = configOf(model, batchSize);
  const plan = orThrow(benchedPlan(config));
  const phase = plan.phases.find(({ frozenLayers }) => frozenLayers === frozen);
  if (phase === undefined) {
    throw new Error(`No phase of ${name} has ${frozen} frozen layers`);
  }
  return { model, config, plan, phase, task: pretrainTask({ config, plan }) };
}

/** Numbers that are drawn for a matrix; larger ones repeat them. */
const DRAWN = 2 ** 18;

/** First values like those of a run, but made in an instant. */
function valuesOf(spec: ParameterSpec): Float32Array {
  const key = split(rootKey(0), spec.name);
  const size = sizeOf(spec.shape);
  if (size <= DRAWN) return initialValues(spec, key);
  const values = new Float32Array(size);
  const drawn = initialValues({ ...spec, shape: [DRAWN] }, key);
  for (let at = 0; at < size; at += DRAWN) {
    values.set(drawn.subarray(0, Math.min(DRAWN, size - at)), at);
  }
  return values;
}

/** Parameters by name. */
export const cheapParameters = (model: ModelSpec): HostTensors =>
  new Map(parameterSpecs(model).map((spec) => [spec.name, valuesOf(spec)]));

/** The state with which the phase of a run is entered. */
export const startOf = (
  { config, plan, phase, model }: BenchedRun,
  parameters: HostTensors = cheapParameters(model),
): Snapshot => entrySnapshot(config, plan, phase, parameters);

/** The same numbers again and again, from one of them on. */
function repeatedNumbers(
  drawn: Float32Array,
  length: number,
  from: number,
): Float32Array {
  const numbers = new Float32Array(length);
  const first = drawn.subarray(from);
  numbers.set(first.subarray(0, length));
  for (let at = first.length; at < length; at += drawn.length) {
    numbers.set(drawn.subarray(0, Math.min(drawn.length, length - at)), at);
  }
  return numbers;
}

/** Batches of random pixels. */
export function randomBatches(
  { inChannels, imageSize }: ModelSpec,
  batchSize: number,
  count: number,
): readonly Batch[] {
  const length = inChannels * imageSize ** 2 * batchSize;
  const drawn = randomReals(Math.min(length, 2 ** 21));
  return Array.from({ length: count }, (_, batch) => ({
    shape: [batchSize, inChannels, imageSize, imageSize],
    // Each batch begins at another of the drawn numbers.
    images: repeatedNumbers(drawn, length, (977 * batch) % drawn.length),
    indices: Int32Array.from(
      { length: batchSize },
      (_, i) => batch * batchSize + i,
    ),
    labels: null,
  }));
}

/** A source that gives the same batches again and again. */
export function repeated(batches: readonly Batch[]): ItemSource<Batch> {
  return async function* () {
    for (let i = 0;; i++) {
      await Promise.resolve();
      yield right(batches[i % batches.length]!);
    }
  };
}

/** Sizes of a model. */
export const modelSizes = (name: CardModel): ModelSpec => MODELS[name];
