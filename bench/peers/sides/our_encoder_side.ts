/** Our side of the encoder step. A process of `bench/peers.ts`. */
import type { Backend, DeviceTensors, Program } from "../../../backends/mod.ts";
import {
  corrections,
  inputSignatures,
  type ParameterSpec,
  right,
  sizeOf,
  stateKinds,
  stateName,
} from "../../../core/mod.ts";
import {
  compileGraph,
  disposeAll,
  download,
  type HostTensors,
  orBackendFailed,
  orThrow,
  uploadAll,
} from "../../../train/mod.ts";
import {
  ENCODER_ADAM,
  ENCODER_RATE,
  encoderGraphs,
  RATE_INPUT,
} from "../encoder_graphs.ts";
import { ourEngine, ourVersions } from "./our_backend.ts";
import { ourPhase } from "../our_phase.ts";
import { type OpenSide, serveRounds, type SideStep } from "./serve_rounds.ts";
import type { SideSpec } from "../side.ts";
import { readStart } from "../start_file.ts";

/** The two programs of a step and where they run. */
interface Programs {
  readonly backend: Backend;
  readonly gradient: Program;
  readonly update: Program;
}

/** The start on a device, with moments of zeros. */
function uploadStart(
  { backend, gradient }: Programs,
  trained: readonly ParameterSpec[],
  start: HostTensors,
): DeviceTensors {
  const given = Object.entries(inputSignatures(gradient.graph)).map((
    [name, { shape }],
  ) => [name, { shape, data: start.get(name) ?? new Float32Array() }] as const);
  const moments = trained.flatMap(({ name, shape }) =>
    stateKinds(ENCODER_ADAM).map((kind) =>
      [
        stateName(kind, name),
        { shape, data: new Float32Array(sizeOf(shape)) },
      ] as const
    )
  );
  return uploadAll(backend, Object.fromEntries([...given, ...moments]));
}

/** Rate and bias corrections of step `t`, from 1. */
function scalarsOf(backend: Backend, t: number): DeviceTensors {
  const values = {
    [RATE_INPUT]: ENCODER_RATE,
    ...corrections(ENCODER_ADAM, t),
  };
  return uploadAll(
    backend,
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        { shape: [], data: Float32Array.of(value) },
      ]),
    ),
  );
}

/** One step; the tensors that it replaces are given back. */
async function stepFrom(
  { backend, gradient, update }: Programs,
  tensors: DeviceTensors,
  t: number,
): Promise<{ readonly step: SideStep; readonly tensors: DeviceTensors }> {
  const started = performance.now();
  const outputs = orThrow(orBackendFailed(await gradient.run(tensors)));
  const loss = orThrow(
    await download(
      backend,
      new Map([...outputs].filter(([name]) => name === "loss")),
    ),
  ).get("loss")?.[0] ?? NaN;
  const differentiated = performance.now();
  const scalars = scalarsOf(backend, t);
  const moved = orThrow(
    orBackendFailed(
      await update.run(new Map([...tensors, ...outputs, ...scalars])),
    ),
  );
  disposeAll([...outputs.values(), ...scalars.values()]);
  for (const name of moved.keys()) tensors.get(name)?.dispose();
  const ended = performance.now();
  const step = {
    forwardMs: null,
    backwardMs: null,
    gradientMs: differentiated - started,
    updateMs: ended - differentiated,
    totalMs: ended - started,
    loss,
  };
  return { step, tensors: new Map([...tensors, ...moved]) };
}

async function open(spec: SideSpec): Promise<OpenSide> {
  const phased = ourPhase(spec.model, spec.batchSize, spec.frozen);
  const graphs = orThrow(encoderGraphs(phased));
  const { backend, threads } = await ourEngine(spec);
  const gradient = orThrow(await compileGraph(backend, right(graphs.gradient)));
  const update = orThrow(await compileGraph(backend, right(graphs.update)));
  const programs = { backend, gradient, update };
  const start = readStart(spec.start).tensors;
  let tensors = uploadStart(programs, graphs.trained, start);
  let t = 0;
  return {
    about: {
      versions: ourVersions(backend),
      settings: `backend ${backend.device.name}`,
      threads,
      trainable: graphs.trained.reduce((sum, p) => sum + sizeOf(p.shape), 0),
    },
    step: async () => {
      const next = await stepFrom(programs, tensors, ++t);
      tensors = next.tensors;
      return next.step;
    },
  };
}

await serveRounds(open);
