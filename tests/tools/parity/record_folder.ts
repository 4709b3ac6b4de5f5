/**
 * A fixture folder of other sizes, recorded from the reference interpreter.
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
  type NamedValues,
  type ParameterSpec,
  parameterSpecs,
  type Phase,
  ratesAt,
  type Shape,
  stateKinds,
  stateName,
  stepGraph,
  trainedParameters,
  updateGraph,
} from "../../../core/mod.ts";
import { encodeSafetensors } from "../../../train/safetensors.ts";
import { right } from "../../right.ts";
import {
  BATCH,
  inputsAt,
  maskingAt,
  MODEL,
  noiseAt,
  NUMBERS,
  OPTIMIZER,
  OTHER_CONFIG,
  PLAN,
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
function recordForward(folder: string): void {
  const graph = right(stepGraph({
    model: MODEL,
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
  const found = interpretGraph(graph, inputsAt(0));
  const { mask, idsRestore } = maskingAt(0);
  write(`${folder}/tiny_forward_f32.safetensors`, [
    ...Object.entries(graph.outputs).map((
      [name, id],
    ): Entry => [name, graph.nodes[id]!.shape, found[name]!]),
    ["mask", [BATCH, 4], mask],
    ["ids_restore", [BATCH, 4], idsRestore],
    ["stage_losses", [3], [0, 1, 2].map((k) => found[`loss/${k}`]![0]!)],
    ["total_loss", [1], found.loss!],
  ]);
}

/** Parameters that move in a phase. */
const movingIn = (phase: Phase): readonly ParameterSpec[] => {
  const names = trainedParameters({
    model: MODEL,
    liveStages: phase.liveStages,
    isTrainable: isTrainable(PLAN, phase),
  });
  return parameterSpecs(MODEL).filter(({ name }) => names.includes(name));
};

/** Scalar inputs of an update. */
const scalarsAt = (iteration: number, step: number): NamedValues => {
  const rates = ratesAt(PLAN)(iteration).layers;
  const scalars = [
    ...rates.map((rate, layer) => [`${layer}`, rate] as const),
    ...Object.entries(corrections(OPTIMIZER, step + 1)),
  ];
  return Object.fromEntries(
    scalars.map(([name, value]) => [name, Float64Array.of(value)]),
  );
};

/** What a phase computes. */
function graphsOf(
  phase: Phase,
  moving: readonly ParameterSpec[],
): { readonly gradient: Graph; readonly update: Graph } {
  const gradient = right(stepGraph({
    model: MODEL,
    batch: BATCH,
    samples: BATCH,
    liveStages: phase.liveStages,
    isTrainable: isTrainable(PLAN, phase),
  }));
  const update = right(updateGraph(
    OPTIMIZER,
    moving.map(({ name, shape, owner }) => ({
      name,
      shape,
      decayed: isDecayed({ name, shape }),
      rate: `${layerOfOwner(PLAN)(owner)}`,
    })),
  ));
  return { gradient, update };
}

/** Losses and gradients of every step and once more after them, and the parameters then. */
function takeSteps(
  phase: Phase,
  moving: readonly ParameterSpec[],
  firstIteration: number,
): { readonly found: readonly NamedValues[]; readonly after: NamedValues } {
  const { gradient, update } = graphsOf(phase, moving);
  let state: NamedValues = Object.fromEntries(
    moving.flatMap(({ name }) =>
      stateKinds(OPTIMIZER).map((kind) => [
        stateName(kind, name),
        NUMBERS[name]!.map(() => 0),
      ])
    ),
  );
  const found = STEPS.map((step) => {
    const inputs = { ...inputsAt(step), ...state };
    const outputs = interpretGraph(gradient, inputs);
    const scalars = scalarsAt(firstIteration + step, step);
    state = interpretGraph(update, { ...inputs, ...outputs, ...scalars });
    return outputs;
  });
  const last = interpretGraph(gradient, { ...inputsAt(0), ...state });
  return { found: [...found, last], after: state };
}

/** One value for each parameter that moves, under its name after pruning. */
function writeParameters(
  path: string,
  { liveStages }: Phase,
  moving: readonly ParameterSpec[],
  values: (name: string) => Float64Array,
): void {
  const offset = MODEL.stages.length - liveStages.length;
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

type Situation = typeof OTHER_CONFIG.situations[number];

/** What `tiny_training.json` says of a step. */
const recordedStep = (
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
    ratesAt(PLAN)(iteration).layers.map((rate, layer) => [layer, rate])
      .slice(frozenLayers),
  ),
});

function recordSituation(
  folder: string,
  { name, frozenLayers, firstIteration }: Situation,
): unknown {
  const phase = PLAN.phases.find((p) => p.frozenLayers === frozenLayers)!;
  const moving = movingIn(phase);
  const { found, after } = takeSteps(phase, moving, firstIteration);
  const [first = {}] = found;
  const part = name === "none" ? "" : `${name}_`;
  writeParameters(
    `${folder}/tiny_grads_${part}f32.safetensors`,
    phase,
    moving,
    (parameter) => first[gradientName(parameter)]!,
  );
  writeParameters(
    `${folder}/tiny_after3_${name}.safetensors`,
    phase,
    moving,
    (parameter) => after[parameter]!,
  );
  return {
    steps: STEPS.map((step) =>
      recordedStep(phase, firstIteration + step, found[step]!)
    ),
    loss_after_3_steps_noise0: found.at(-1)!.loss![0],
  };
}

/** Writes the folder. */
export function recordFolder(folder: string): void {
  Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(OTHER_CONFIG));
  write(`${folder}/tiny_inputs.safetensors`, [
    ["images", [BATCH, 1, 16, 16], NUMBERS.images!],
    ...STEPS.map((s): Entry => [`noise.${s}`, [BATCH, 4], noiseAt(s)]),
  ]);
  write(
    `${folder}/tiny_weights.safetensors`,
    parameterSpecs(MODEL).map(({ name, shape }) => [
      name,
      shape,
      NUMBERS[name]!,
    ]),
  );
  recordForward(folder);
  const recorded = OTHER_CONFIG.situations.map((situation) => [
    situation.name,
    recordSituation(folder, situation),
  ]);
  Deno.writeTextFileSync(
    `${folder}/tiny_training.json`,
    JSON.stringify({ training: { scaled: Object.fromEntries(recorded) } }),
  );
}
