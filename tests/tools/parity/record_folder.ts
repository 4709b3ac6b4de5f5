/**
 * Fixture folders of other sizes, recorded from the reference interpreter.
 *
 * @module
 */
import {
  corrections,
  gradientName,
  type Graph,
  interpretGraph,
  isDecayed,
  isTrainable,
  layerOfOwner,
  type ParameterSpec,
  parameterSpecs,
  patchCount,
  type Phase,
  ratesAt,
  type Shape,
  stateKinds,
  stateName,
  stepGraph,
  trainedParameters,
  updateGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { encodeSafetensors } from "../../../train/files/safetensors.ts";
import { right } from "../../right.ts";
import {
  BATCH,
  inputsAt,
  maskingAt,
  noiseAt,
  type OtherModel,
  STEPS,
} from "./other_model.ts";

type Entry = readonly [name: string, shape: Shape, values: ArrayLike<number>];

function write(
  path: string,
  entries: readonly Entry[],
  metadata: Readonly<Record<string, string>> = {},
): void {
  const tensors = new Map(
    entries.map(([name, shape, values]) => [
      name,
      { shape, data: Float32Array.from(values) },
    ]),
  );
  Deno.writeFileSync(path, encodeSafetensors({ metadata, tensors }));
}

/** Everything that the forward pass is recorded of. */
function recordForward(folder: string, other: OtherModel): void {
  const { model } = other;
  const graph = right(stepGraph({
    model,
    batch: BATCH,
    samples: BATCH,
    liveStages: [0, 1, 2],
    isTrainable: () => false,
  }, ({ visibleTokens, blocks, stages }) => ({
    visible_tokens: visibleTokens,
    ...Object.fromEntries(blocks.map((id, i) => [`block_out.${i}`, id])),
    ...Object.fromEntries(stages.flatMap((stage, k) => [
      [`latent.${k}`, stage.latent],
      [`pred.${k}`, stage.prediction],
      [`target.${k}`, stage.target],
      [`mask_scaled.${k}`, stage.mask],
    ])),
  })));
  const found = interpretGraph(graph, inputsAt(other, 0));
  const { mask, idsRestore } = maskingAt(other, 0);
  const patches = patchCount(model);
  write(`${folder}/tiny_forward_f32.safetensors`, [
    ...Object.entries(graph.outputs).map((
      [name, id],
    ): Entry => [name, graph.nodes[id]!.shape, found[name]!]),
    ["mask", [BATCH, patches], mask],
    ["ids_restore", [BATCH, patches], idsRestore],
    ["stage_losses", [3], [0, 1, 2].map((k) => found[`loss/${k}`]![0]!)],
    ["total_loss", [1], found.loss!],
  ]);
}

/** Parameters that move in a phase. */
const movingIn = (
  { model, plan }: OtherModel,
  phase: Phase,
): readonly ParameterSpec[] => {
  const names = trainedParameters({
    model,
    liveStages: phase.liveStages,
    isTrainable: isTrainable(plan, phase),
  });
  return parameterSpecs(model).filter(({ name }) => names.includes(name));
};

/** Scalar inputs of an update. */
const scalarsAt = (
  { plan, optimizer }: OtherModel,
  iteration: number,
  step: number,
): NamedValues => {
  const rates = ratesAt(plan)(iteration).layers;
  const scalars = [
    ...rates.map((rate, layer) => [`${layer}`, rate] as const),
    ...Object.entries(corrections(optimizer, step + 1)),
  ];
  return Object.fromEntries(
    scalars.map(([name, value]) => [name, Float64Array.of(value)]),
  );
};

/** What a phase computes. */
function graphsOf(
  { model, plan, optimizer }: OtherModel,
  phase: Phase,
  moving: readonly ParameterSpec[],
): { readonly gradient: Graph; readonly update: Graph } {
  const gradient = right(stepGraph({
    model,
    batch: BATCH,
    samples: BATCH,
    liveStages: phase.liveStages,
    isTrainable: isTrainable(plan, phase),
  }));
  const update = right(updateGraph(
    optimizer,
    moving.map(({ name, shape, owner }) => ({
      name,
      shape,
      decayed: isDecayed({ name, shape }),
      rate: `${layerOfOwner(plan)(owner)}`,
    })),
  ));
  return { gradient, update };
}

/** Losses and gradients of every step and once more after them, and the parameters then. */
function takeSteps(
  other: OtherModel,
  phase: Phase,
  moving: readonly ParameterSpec[],
  firstIteration: number,
): { readonly found: readonly NamedValues[]; readonly after: NamedValues } {
  const { gradient, update } = graphsOf(other, phase, moving);
  let state: NamedValues = Object.fromEntries(
    moving.flatMap(({ name }) =>
      stateKinds(other.optimizer).map((kind) => [
        stateName(kind, name),
        other.numbers[name]!.map(() => 0),
      ])
    ),
  );
  const found = STEPS.map((step) => {
    const inputs = { ...inputsAt(other, step), ...state };
    const outputs = interpretGraph(gradient, inputs);
    const scalars = scalarsAt(other, firstIteration + step, step);
    state = interpretGraph(update, { ...inputs, ...outputs, ...scalars });
    return outputs;
  });
  const last = interpretGraph(gradient, { ...inputsAt(other, 0), ...state });
  return { found: [...found, last], after: state };
}

/** One value for each parameter that moves, under its name after pruning. */
function writeParameters(
  path: string,
  { model }: OtherModel,
  { liveStages }: Phase,
  moving: readonly ParameterSpec[],
  values: (name: string) => Float64Array,
): void {
  const offset = model.stages.length - liveStages.length;
  const renamed = (name: string): string =>
    name.replace(
      /^(norm|decoder)\.(\d)/,
      (_, part, k) => `${part}.${k - offset}`,
    );
  const entries = moving.map(({ name, shape }): Entry => [
    renamed(name),
    shape,
    values(name),
  ]);
  write(path, entries, { stage_offset: `${offset}` });
}

type Situation = OtherModel["config"]["situations"][number];

/** What `tiny_training.json` says of a step. */
const recordedStep = (
  { plan }: OtherModel,
  { liveStages, frozenLayers }: Phase,
  iteration: number,
  found: NamedValues,
): unknown => ({
  global_iteration: iteration,
  min_active_layer_index: frozenLayers,
  active_stages: liveStages,
  loss: found.loss![0],
  stage_losses: liveStages.map((k) => found[`loss/${k}`]![0]),
  lr: Object.fromEntries(
    ratesAt(plan)(iteration).layers.map((rate, layer) => [layer, rate])
      .slice(frozenLayers),
  ),
});

function recordSituation(
  folder: string,
  other: OtherModel,
  { name, frozenLayers, firstIteration }: Situation,
): unknown {
  const phase = other.plan.phases.find((p) => p.frozenLayers === frozenLayers)!;
  const moving = movingIn(other, phase);
  const { found, after } = takeSteps(other, phase, moving, firstIteration);
  const [first = {}] = found;
  const part = name === "none" ? "" : `${name}_`;
  writeParameters(
    `${folder}/tiny_grads_${part}f32.safetensors`,
    other,
    phase,
    moving,
    (parameter) => first[gradientName(parameter)]!,
  );
  writeParameters(
    `${folder}/tiny_after3_${name}.safetensors`,
    other,
    phase,
    moving,
    (parameter) => after[parameter]!,
  );
  return {
    steps: STEPS.map((step) =>
      recordedStep(other, phase, firstIteration + step, found[step]!)
    ),
    loss_after_3_steps_noise0: found.at(-1)!.loss![0],
  };
}

/** Writes the folder of a model. */
export function recordFolder(folder: string, other: OtherModel): void {
  const { config, model, numbers } = other;
  const { inChannels, imageSize } = model;
  Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(config));
  write(`${folder}/tiny_inputs.safetensors`, [
    ["images", [BATCH, inChannels, imageSize, imageSize], numbers.images!],
    ...STEPS.map((s): Entry => [
      `noise.${s}`,
      [BATCH, patchCount(model)],
      noiseAt(other, s),
    ]),
  ]);
  write(
    `${folder}/tiny_weights.safetensors`,
    parameterSpecs(model).map(({ name, shape }) => [
      name,
      shape,
      numbers[name]!,
    ]),
  );
  recordForward(folder, other);
  const recorded = config.situations.map((situation) => [
    situation.name,
    recordSituation(folder, other, situation),
  ]);
  Deno.writeTextFileSync(
    `${folder}/tiny_training.json`,
    JSON.stringify({ training: { scaled: Object.fromEntries(recorded) } }),
  );
}
