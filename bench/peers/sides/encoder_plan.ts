/** The encoder step as it is described to the other libraries. */
import { type ModelSpec, type Shape, sizeOf } from "../../../core/mod.ts";
import { trainedEncoder } from "../encoder_graphs.ts";
import { ourPhase } from "../our_phase.ts";
import type { SideSpec } from "../side.ts";
import { encoderParameters, readStart, targetName } from "../start_file.ts";

/** Numbers with their extents. */
export interface HostArray {
  /** Extents, outermost first. */
  readonly shape: number[];
  /** Row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** A stage with a loss. */
export interface PlannedTap {
  /** Its norm, for example `norm.2`. */
  readonly norm: string;
  /** Block that it taps. */
  readonly block: number;
  /** Target of the output, `[B, 1 + L, D]`. */
  readonly target: HostArray;
}

/** Everything that an encoder step needs. */
export interface EncoderPlan {
  /** Sizes. */
  readonly model: ModelSpec;
  /** Parameters; the kernels of linear layers as `[in, out]`. */
  readonly parameters: ReadonlyMap<string, HostArray>;
  /** Names of those that train. */
  readonly trained: readonly string[];
  /** Number of trainable parameters. */
  readonly trainable: number;
  /** True if the embedding trains too; if not, it can be computed apart. */
  readonly embeddingTrains: boolean;
  /** First block that trains; those before it can be computed apart. */
  readonly firstBlock: number;
  /** The live stages. */
  readonly taps: readonly PlannedTap[];
  /** Images as flat patches, `[B, L, C·P·P]`. */
  readonly patches: HostArray;
}

/** A matrix `[rows, columns]` as `[columns, rows]`. */
function transposed(
  data: Float32Array,
  rows: number,
  columns: number,
): HostArray {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      out[c * rows + r] = data[r * columns + c] ?? NaN;
    }
  }
  return { shape: [columns, rows], data: out };
}

/** A parameter as libraries of today keep it: kernels `[in, out]`, vectors flat. */
function parameterOf(
  name: string,
  shape: Shape,
  data: Float32Array,
): HostArray {
  const [outputs = 1, ...rest] = shape;
  return name.endsWith(".weight") && shape.length > 1
    ? transposed(data, outputs, sizeOf(rest))
    : { shape: [...shape], data: Float32Array.from(data) };
}

/** Images `[B, C, S, S]` as flat patches, row by row. */
function patchesOf(
  { imageSize, patchSize: P, inChannels: C }: ModelSpec,
  batch: number,
  images: Float32Array,
): HostArray {
  const G = imageSize / P;
  const data = new Float32Array(images.length);
  let next = 0;
  for (let b = 0; b < batch; b++) {
    for (let row = 0; row < G; row++) {
      for (let column = 0; column < G; column++) {
        for (let c = 0; c < C; c++) {
          for (let y = 0; y < P; y++) {
            const line = ((b * C + c) * imageSize + row * P + y) * imageSize;
            const start = line + column * P;
            data.set(images.subarray(start, start + P), next);
            next += P;
          }
        }
      }
    }
  }
  return { shape: [batch, G * G, C * P * P], data };
}

/**
 * The encoder step of a side, with the weights and batch of the start file.
 *
 * @param spec Specification of the step.
 * @throws With a message to print if the file cannot be read.
 */
export function encoderPlan(spec: SideSpec): EncoderPlan {
  const { model, batchSize, frozen } = spec;
  const phased = ourPhase(model, batchSize, frozen);
  const { tensors, images } = readStart(spec.start);
  const floats = (name: string) => tensors.get(name) ?? new Float32Array();
  const trained = trainedEncoder(phased);
  const features = [batchSize, 1 + (model.imageSize / model.patchSize) ** 2];
  return {
    model,
    parameters: new Map(
      encoderParameters(model).map((
        { name, shape },
      ) => [name, parameterOf(name, shape, floats(name))]),
    ),
    trained: trained.map(({ name }) => name),
    trainable: trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    embeddingTrains: frozen === 0,
    firstBlock: Math.max(0, frozen - 1),
    taps: phased.phase.liveStages.map((k) => ({
      norm: `norm.${k}`,
      block: model.stages[k]?.tap ?? -1,
      target: {
        shape: [...features, model.embedDim],
        data: Float32Array.from(floats(targetName(k))),
      },
    })),
    patches: patchesOf(model, batchSize, images),
  };
}
