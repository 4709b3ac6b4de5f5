/** A matrix product in two forms of the same arithmetic: with loops, and with them unrolled. */

/** Tile of a workgroup of 16 × 16 invocations, each of which makes 4 × 4 results. */
const [TILE, DEPTH] = [64, 16] as const;

const range = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i);

/** Loads of both tiles: four numbers of each operand by each invocation. */
const LOADS =
  `tileA[local / 4u] [local % 4u] = a[(row0 + local / 4u) * (SIDE / 4u) + k / 4u + local % 4u];
tileB[local / 16u] [local % 16u] = b[(k + local / 16u) * (SIDE / 4u) + column0 / 4u + local % 16u];`;

/** The multiplications of a turn in loops over private arrays, as one would write them by hand. */
const LOOPED = `for (var t = 0u; t < ${DEPTH}u; t++) {
let y = tileB[t][x];
for (var r = 0u; r < 4u; r++) {
sums[r] = fma(vec4<f32>(tileA[rows + r][t / 4u][t % 4u]), y, sums[r]);
}
}`;

/** The same with every index a literal and every sum a variable of its own. */
const UNROLLED = range(DEPTH / 4).map((group) =>
  [
    ...range(4).map((r) =>
      `let x${group}_${r} = tileA[rows + ${r}u][${group}];`
    ),
    ...range(4).flatMap((t) => [
      `let y${group}_${t} = tileB[${4 * group + t}][x];`,
      ...range(4).map((r) =>
        `sum${r} = fma(vec4<f32>(x${group}_${r}.${
          "xyzw"[t]
        }), y${group}_${t}, sum${r});`
      ),
    ]),
  ].join("\n")
).join("\n");

/** Forms of the inner loop. */
export const FORMS = ["looped", "unrolled"] as const;

/** Form of the inner loop. */
export type Form = typeof FORMS[number];

/** Workgroups of a product of square matrices. */
export const workgroupsOf = (side: number): [number, number, number] => [
  side / TILE,
  side / TILE,
  1,
];

/**
 * Code of the product of two square matrices.
 *
 * @param side A multiple of 64.
 */
export function productCode(form: Form, side: number): string {
  const isLooped = form === "looped";
  const sum = (r: number): string => isLooped ? `sums[${r}]` : `sum${r}`;
  return `@group(0) @binding(0) var<storage, read> a : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c : array<vec4<f32>>;
const SIDE = ${side}u;
var<workgroup> tileA : array<array<vec4<f32>, ${DEPTH / 4}>, ${TILE}>;
var<workgroup> tileB : array<array<vec4<f32>, ${TILE / 4}>, ${DEPTH}>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local : u32, @builtin(workgroup_id) group : vec3<u32>) {
let row0 = group.y * ${TILE}u;
let column0 = group.x * ${TILE}u;
let rows = local / 16u * 4u;
let x = local % 16u;
${
    isLooped
      ? "var sums : array<vec4<f32>, 4>;"
      : range(4).map((r) => `var sum${r} = vec4<f32>();`).join("\n")
  }
for (var k = 0u; k < SIDE; k += ${DEPTH}u) {
${LOADS}
workgroupBarrier();
${isLooped ? LOOPED : UNROLLED}
workgroupBarrier();
}
${
    range(4).map((r) =>
      `c[(row0 + rows + ${r}u) * (SIDE / 4u) + column0 / 4u + x] = ${sum(r)};`
    ).join("\n")
  }
}`;
}
