import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { orThrow, placesOn, principalAxes } from "../../../../train/mod.ts";

const near = (
  found: Iterable<number>,
  wanted: readonly number[],
  tolerance: number,
): void => {
  const numbers = [...found];
  strictEqual(numbers.length, wanted.length);
  const off = numbers.map((x, i) => Math.abs(x - (wanted[i] ?? NaN)));
  ok(off.every((error) => error <= tolerance), `${numbers} is not ${wanted}`);
};

/** Seven points of four numbers. */
const POINTS = {
  features: Float32Array.from(
    { length: 28 },
    (_, at) => {
      const [i, d] = [Math.floor(at / 4), at % 4];
      return (3 * i * i + 5 * d * i + 7 * d) % 11;
    },
  ),
  width: 4,
};

Deno.test("principalAxes() are numpy's eigenvectors of the covariance", () => {
  // numpy 1.24.2: v, e = np.linalg.eigh((X - m).T @ (X - m) / 7)
  const { axes, variances, mean, totalVariance } = orThrow(
    principalAxes(POINTS, 4),
  );
  near(
    mean,
    [4.428571428571429, 6, 4.428571428571429, 7.571428571428571],
    1e-9,
  );
  const wanted = [
    14.084616827559387,
    4.757908654271094,
    2.9506754802953563,
    0.37006434399661325,
  ];
  near(variances, wanted, 1e-9);
  near([totalVariance], [wanted.reduce((sum, one) => sum + one)], 1e-9);
  near(axes, [
    ...[0.8545241069169364, -0.28595746326687],
    ...[0.4168109638734981, -0.11952196574117285],
    ...[0.1949970467275979, 0.8592053395719619],
    ...[0.054974693284203034, -0.4698085985982513],
    ...[0.32038825927205533, 0.3996016881463884],
    ...[-0.1396855843871814, 0.8474419104962833],
    ...[-0.35932724052867104, 0.14252369797182218],
    ...[0.896512320611136, 0.21641762572148004],
  ], 1e-7);
});

Deno.test("principalAxes() of fewer points than numbers are numpy's, too", () => {
  const { features } = POINTS;
  const wide = {
    features: Float32Array.from(
      { length: 28 },
      (_, at) => features[(at % 7) * 4 + Math.floor(at / 7)] ?? NaN,
    ),
    width: 7,
  };
  const { axes, variances } = orThrow(principalAxes(wide, 2));
  near(variances, [29.943640926591844, 10.25997183876383], 1e-9);
  near(axes, [
    ...[0.6833648449240226, 0.12936695629722916, 0.5539978886267939, 0],
    ...[0.42463093232956495, -0.12936695629722886, -0.11097648699038468],
    ...[0.1788699372852882, 0.16846466451538583, 0.010405272769901885, 0],
    ...[-0.1580593917454843, -0.16846466451538603, 0.9413574337809338],
  ], 1e-7);
});

const clouds = fc.tuple(
  fc.integer({ min: 1, max: 24 }),
  fc.integer({
    min: 1,
    max: 12,
  }),
).chain(([count, width]) =>
  fc.array(fc.integer({ min: -9, max: 9 }), {
    minLength: count * width,
    maxLength: count * width,
  }).map((numbers) => ({ features: Float32Array.from(numbers), width }))
);

Deno.test("principalAxes() are unit vectors at right angles, along which places vary as they say", () =>
  fc.assert(fc.property(clouds, (points) => {
    const { width } = points;
    const count = Math.min(3, width);
    const found = orThrow(principalAxes(points, count));
    const axis = (k: number) => found.axes.subarray(k * width, (k + 1) * width);
    const product = (a: Float64Array, b: Float64Array) =>
      a.reduce((sum, x, d) => sum + x * (b[d] ?? NaN), 0);
    const places = placesOn(found, points);
    const rows = places.length / count;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        const wanted = a === b ? 1 : 0;
        ok(Math.abs(product(axis(a), axis(b)) - wanted) < 1e-6);
      }
      let squares = 0;
      for (let i = 0; i < rows; i++) {
        squares += (places[i * count + a] ?? NaN) ** 2;
      }
      const variance = found.variances[a] ?? NaN;
      ok(Math.abs(squares / rows - variance) < 1e-6 * (1 + variance));
      ok(a === 0 || variance <= (found.variances[a - 1] ?? NaN) + 1e-9);
      const most = axis(a).reduce(
        (best, x) => Math.abs(x) > Math.abs(best) * (1 + 1e-9) ? x : best,
        0,
      );
      ok(most > 0);
    }
  })));

Deno.test("principalAxes() of equal points have no variance", () => {
  const points = { features: new Float32Array(12).fill(3), width: 4 };
  const { variances, totalVariance } = orThrow(principalAxes(points, 2));
  deepStrictEqual([...variances, totalVariance], [0, 0, 0]);
});

Deno.test("principalAxes() names what is wrong with its input", () => {
  const fault = (features: number[], width: number, count: number) => {
    const found = principalAxes({
      features: Float32Array.from(features),
      width,
    }, count);
    return found._tag === "Left" ? found.left[0].path : null;
  };
  strictEqual(fault([], 2, 1), "points");
  strictEqual(fault([1, 2], 2, 3), "count");
  strictEqual(fault([1, NaN], 2, 1), "features");
});
