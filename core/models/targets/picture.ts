/** Pixels of cells, put together as the image that they are of. */
import {
  cellSide,
  cellsPerSide,
  type ModelSpec,
  type StageSpec,
  targetChannels,
  targetOf,
} from "../model_spec.ts";
import { PIXEL_EPSILON } from "./pixels.ts";

/** Place of each value of a cell in its image, `[C, S, S]`. */
function placesOf(
  { imageSize: S, inChannels: C }: ModelSpec,
  [row, column]: readonly [number, number],
  side: number,
): readonly number[] {
  return Array.from({ length: side * side * C }, (_, k) => {
    const [pixel, channel] = [Math.floor(k / C), k % C];
    const y = row * side + Math.floor(pixel / side);
    const x = column * side + pixel % side;
    return (channel * S + y) * S + x;
  });
}

/** Factor and offset that undo the normalisation of a cell. */
function contrastOf(
  values: readonly number[],
): readonly [deviation: number, mean: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const variance = squares / (values.length - 1);
  return [Math.sqrt(variance + PIXEL_EPSILON), mean];
}

/**
 * The image that a target or a prediction of pixels makes up. Normalised pixels get the
 * brightness and the contrast that each cell of the image really has, which no prediction
 * says: so do MAE's authors show them.
 *
 * @param stage A stage that predicts pixels.
 * @param values Its target or its prediction, `[(scale·G)², targetChannels]`; what is
 * missing is 0.
 * @param image The image itself as the model sees it, `[C, S, S]`.
 * @returns `[C, S, S]`.
 */
export function imageOfCells(
  spec: ModelSpec,
  stage: StageSpec,
  values: ArrayLike<number>,
  image: ArrayLike<number>,
): Float32Array {
  const shown = new Float32Array(spec.inChannels * spec.imageSize ** 2);
  const [n, side] = [cellsPerSide(spec, stage), cellSide(spec, stage)];
  const count = targetChannels(spec, stage);
  for (let cell = 0; cell < n * n; cell++) {
    const places = placesOf(spec, [Math.floor(cell / n), cell % n], side);
    const [deviation, mean] = targetOf(stage) === "normalisedPixels"
      ? contrastOf(places.map((place) => image[place] ?? 0))
      : [1, 0];
    places.forEach((place, k) => {
      shown[place] = (values[cell * count + k] ?? 0) * deviation + mean;
    });
  }
  return shown;
}
