/**
 * The file from which both sides of a comparison start, so that their first
 * losses must agree.
 */
import {
  initialValues,
  type ModelSpec,
  normals,
  type ParameterSpec,
  parameterSpecs,
  patchCount,
  rootKey,
  type Shape,
  sizeOf,
  split,
} from "../../core/mod.ts";
import {
  batchTensors,
  decodeSafetensors,
  encodeSafetensors,
  type HostTensors,
  type StoredTensor,
} from "../../train/mod.ts";

/** Kind of step: all of the method, or the encoder alone. */
export type StepKind = "pre-training" | "encoder";

const KEY = split(rootKey(0), "start");

/** Of a file that both sides start from. */
export interface Start {
  /** Every tensor of the file as float32. */
  readonly tensors: HostTensors;
  /** Images `[B, C, S, S]`. */
  readonly images: Float32Array;
}

/** Normal random numbers: no two pixels are equal, so that no gradient of an image lies on the edge of two bins. */
function randomTensor(name: string, shape: Shape): StoredTensor {
  return {
    shape,
    data: Float32Array.from(normals(split(KEY, name), sizeOf(shape))),
  };
}

/** Name of the features that a tap of the encoder is asked for. */
export function targetName(stage: number): string {
  return `target.${stage}`;
}

/**
 * Parameters of an encoder step: class token, patch embedding, blocks and the
 * norms of the taps.
 *
 * @param model Sizes.
 */
export function encoderParameters(
  model: ModelSpec,
): readonly ParameterSpec[] {
  return parameterSpecs(model).filter(({ name }) =>
    !name.startsWith("decoder.")
  );
}

/** Masks of the method's first step, as noise that sorts into the same order. */
function noiseOf(
  model: ModelSpec,
  batchSize: number,
  images: Float32Array,
): StoredTensor {
  const indices = Int32Array.from({ length: batchSize }, (_, i) => i);
  const { idsRestore } = batchTensors(model, { images, indices }, {
    seed: 0,
    epoch: 0,
  });
  return {
    shape: [batchSize, patchCount(model)],
    data: Float32Array.from(idsRestore?.data ?? []),
  };
}

function batchOf(
  kind: StepKind,
  model: ModelSpec,
  batchSize: number,
): Readonly<Record<string, StoredTensor>> {
  const { inChannels, imageSize, embedDim } = model;
  const images = randomTensor("images", [
    batchSize,
    inChannels,
    imageSize,
    imageSize,
  ]);
  const features: Shape = [batchSize, 1 + patchCount(model), embedDim];
  return kind === "pre-training"
    ? { images, noise: noiseOf(model, batchSize, images.data as Float32Array) }
    : {
      images,
      ...Object.fromEntries(
        model.stages.map((_, k) => [
          targetName(k),
          randomTensor(targetName(k), features),
        ]),
      ),
    };
}

/**
 * Contents of the file: first values of the parameters by name, `images`, and
 * `noise` (hides patches) or `target.k` (features that stage `k` of the encoder
 * is asked for).
 *
 * @param kind Kind of step.
 * @param model Sizes.
 * @param batchSize Images.
 */
export function startFile(
  kind: StepKind,
  model: ModelSpec,
  batchSize: number,
): Uint8Array<ArrayBuffer> {
  const parameters = kind === "pre-training"
    ? parameterSpecs(model)
    : encoderParameters(model);
  const values = parameters.map((parameter) =>
    [parameter.name, {
      shape: parameter.shape,
      data: initialValues(parameter, split(KEY, parameter.name)),
    }] as const
  );
  const batch = Object.entries(batchOf(kind, model, batchSize));
  return encodeSafetensors({
    metadata: {},
    tensors: new Map([...values, ...batch]),
  });
}

/**
 * Reads the file.
 *
 * @param path Path of the file.
 * @throws With a message to print if it cannot be read.
 */
export function readStart(path: string): Start {
  const file = decodeSafetensors(Deno.readFileSync(path));
  if (file._tag === "Left") throw new Error(`${path}: ${file.left.reason}`);
  const tensors = new Map(
    [...file.right.tensors].map(([name, { data }]) => [
      name,
      data as Float32Array,
    ]),
  );
  return { tensors, images: tensors.get("images") ?? new Float32Array() };
}
