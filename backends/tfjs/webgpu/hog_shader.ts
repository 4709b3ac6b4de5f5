/** The histograms of oriented gradients as a program. */
import { HOG_FLAT } from "../../../core/mod.ts";
import { flatShader, literal, type Shader } from "./shader.ts";

/** The Sobel gradient at a pixel, as differences of pairs: equal pixels give exactly 0. */
const gradient = (side: number): string => `
fn around(i : i32) -> vec2<i32> {
  let last = ${side - 1};
  return vec2<i32>(
    select(min(1, last), i - 1, i > 0),
    select(max(0, last - 1), i + 1, i < last));
}
fn gradientAt(plane : i32, y : i32, x : i32) -> vec2<f32> {
  let rows = plane + around(y) * ${side};
  let row = plane + y * ${side};
  let columns = around(x);
  let nw = x0[rows.x + columns.x];
  let ne = x0[rows.x + columns.y];
  let sw = x0[rows.y + columns.x];
  let se = x0[rows.y + columns.y];
  let g = vec2<f32>(
    (nw - ne) + 2.0 * (x0[row + columns.x] - x0[row + columns.y]) + (sw - se),
    (nw - sw) + 2.0 * (x0[rows.x + x] - x0[rows.y + x]) + (ne - se));
  return select(g, vec2<f32>(0.0), abs(g) < vec2<f32>(${literal(HOG_FLAT)}));
}`;

/** A boundary between bins; exact where it lies on an axis. */
const boundary = (k: number, nbins: number): readonly [number, number] =>
  2 * k === nbins
    ? [0, 1]
    : [Math.cos(k * Math.PI / nbins), Math.sin(k * Math.PI / nbins)];

/**
 * Bin of an orientation: how many boundaries the direction, turned into the upper
 * half plane, has passed. The angle itself is not asked for, because `atan2` may
 * be off by 4096 units in the last place.
 */
const orientation = (nbins: number): string => {
  const passed = Array.from({ length: nbins - 1 }, (_, i) => {
    const [cosine, sine] = boundary(i + 1, nbins);
    return `  bin += select(0, 1, up.x * ${literal(cosine)} >= up.y * ${
      literal(sine)
    });`;
  });
  return `
fn binOf(g : vec2<f32>) -> i32 {
  let up = select(g, -g, g.x < 0.0 || (g.x == 0.0 && g.y < 0.0));
  var bin = 0;
${passed.join("\n")}
  return bin;
}`;
};

/** The part of pixel `i` that lies in a cell, along one side. */
const overlap = (side: number, cells: number): string => `
fn overlap(i : i32, cell : i32) -> f32 {
  let size = ${literal(side / cells)};
  let begin = max(f32(i), f32(cell) * size);
  let end = min(f32(i + 1), f32(cell + 1) * size);
  return clamp(end - begin, 0.0, 1.0);
}`;

/**
 * Histograms `[B, cells, cells, C, nbins]` of images `[B, C, side, side]`: one
 * invocation for each cell and channel.
 */
export function hogShader(
  [batch, channels, side]: readonly [number, number, number],
  cells: number,
  nbins: number,
): Shader {
  return flatShader(
    `hog ${channels} ${side} ${cells} ${nbins}`,
    batch * cells * cells * channels,
    `let channel = index % ${channels};
  let column = index / ${channels} % ${cells};
  let row = index / ${channels * cells} % ${cells};
  let sample = index / ${channels * cells * cells};
  let plane = (sample * ${channels} + channel) * ${side * side};
  var histogram : array<f32, ${nbins}>;
  for (var y = row * ${side} / ${cells}; y * ${cells} < (row + 1) * ${side}; y++) {
    for (var x = column * ${side} / ${cells}; x * ${cells} < (column + 1) * ${side}; x++) {
      let g = gradientAt(plane, y, x);
      let share = overlap(y, row) * overlap(x, column);
      histogram[binOf(g)] += share * sqrt(dot(g, g));
    }
  }
  for (var bin = 0; bin < ${nbins}; bin++) {
    result[index * ${nbins} + bin] = histogram[bin];
  }`,
    [gradient(side), orientation(nbins), overlap(side, cells)].join("\n"),
    (Math.ceil(side / cells) + 2) ** 2 + nbins,
  );
}
