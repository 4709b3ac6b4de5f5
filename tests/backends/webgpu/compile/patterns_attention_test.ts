/** Attention as a pattern: its kernels, where it applies and where it must not. */
import { ok, strictEqual } from "node:assert/strict";
import {
  gradients,
  type GraphBuilder,
  type NodeId,
} from "../../../../core/mod.ts";
import {
  assertMeaning,
  type Build,
  callNames,
  deviceTest,
  graphOf,
  listOf,
  meaningTest,
} from "./compiled.ts";

/** Extents of attention. */
interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly tokens: number;
  readonly width: number;
}

const SMALL: Sizes = { batch: 2, heads: 3, tokens: 5, width: 8 };

const shapeOf = ({ batch, heads, tokens, width }: Sizes) => [
  batch,
  heads,
  tokens,
  width,
];

/** Inputs, weights and output of attention. */
interface Attention {
  readonly q: NodeId;
  readonly k: NodeId;
  readonly v: NodeId;
  readonly weights: NodeId;
  readonly output: NodeId;
}

function attention(
  g: GraphBuilder,
  sizes: Sizes,
  inputs: Partial<Pick<Attention, "q" | "k" | "v">> = {},
  scale = sizes.width ** -0.5,
): Attention {
  const shape = shapeOf(sizes);
  const {
    q = g.input("q", shape),
    k = g.input("k", shape),
    v = g.input("v", shape),
  } = inputs;
  const scores = g.matmul(g.scale(q, scale), k, { transposeB: true });
  const weights = g.apply("softmax", {}, [scores]);
  return { q, k, v, weights, output: g.matmul(weights, v) };
}

/** The gradients of a sum that weighs every number of a tensor. */
function gradientsOf(
  g: GraphBuilder,
  y: NodeId,
  of: readonly NodeId[],
): Readonly<Record<string, NodeId>> {
  const loss = g.sumTo(g.multiply(y, g.input("dy", g.shape(y))), []);
  return Object.fromEntries(
    gradients(g, loss, of).map((id, i) => [`gradient${i}`, id]),
  );
}

/** A vision transformer's way: one product for queries, keys and values, split and joined again. */
const layer = ({ batch, heads, tokens, width }: Sizes): Build => (g) => {
  const full = heads * width;
  const [x, w, b] = [
    g.input("x", [batch * tokens, full]),
    g.input("w", [3 * full, full]),
    g.input("b", [3 * full]),
  ];
  const joint = g.transpose(
    g.reshape(
      g.add(g.matmul(x, w, { transposeB: true }), b),
      [batch, tokens, 3, heads, width],
    ),
    [2, 0, 3, 1, 4],
  );
  const [q, k, v] = [0, 1, 2].map((part) =>
    g.reshape(g.slice(joint, 0, part, 1), [batch, heads, tokens, width])
  ) as [NodeId, NodeId, NodeId];
  const { output } = attention(g, { batch, heads, tokens, width }, { q, k, v });
  const rows = g.reshape(g.transpose(output, [0, 2, 1, 3]), [
    batch * tokens,
    full,
  ]);
  const y = g.add(rows, x);
  return { y, ...gradientsOf(g, y, [x, w, b]) };
};

const isRows = (name: string) => /soft-?max/i.test(name);

/** Registers a test of meaning and of the number of attention's kernels. */
function patternTest(
  name: string,
  build: Build,
  kernels: number,
  tolerance = 1e-5,
): void {
  deviceTest(name, async (backend) => {
    const graph = graphOf(build);
    const names = callNames(listOf(graph));
    const found = names.filter((call) => call.startsWith("attention"));
    strictEqual(found.length, kernels, names.join("\n"));
    strictEqual(names.some(isRows), kernels === 0, names.join("\n"));
    await assertMeaning(backend, graph, { tolerance });
  });
}

patternTest("attention forward is one kernel", (g) => {
  return { y: attention(g, SMALL).output };
}, 1);

patternTest("attention without a scale", (g) => {
  return { y: attention(g, SMALL, {}, 1).output };
}, 1);

const withGradients = (sizes: Sizes, scale?: number): Build => (g) => {
  const { q, k, v, output } = attention(g, sizes, {}, scale);
  return { y: output, ...gradientsOf(g, output, [q, k, v]) };
};

patternTest("attention with its gradient is three kernels", (g) => {
  return withGradients(SMALL)(g);
}, 3);

patternTest("attention with its gradient without a scale", (g) => {
  return withGradients(SMALL, 1)(g);
}, 3);

for (
  const [name, changes] of Object.entries({
    "width not a multiple of four": { width: 7 },
    "one token": { tokens: 1 },
    "one sample": { batch: 1 },
    "one head": { heads: 1 },
    "one number a head": { width: 1, tokens: 3 },
    "50 tokens": { tokens: 50, batch: 1, heads: 2 },
    "197 tokens": { tokens: 197, batch: 1, heads: 1, width: 16 },
  })
) {
  const sizes = { ...SMALL, ...changes };
  patternTest(`attention with its gradient: ${name}`, withGradients(sizes), 3);
}

patternTest("a layer of attention with its gradient", layer(SMALL), 3, 2e-5);

patternTest(
  "a layer of attention, widths that are no multiple of four",
  layer({ batch: 2, heads: 3, tokens: 5, width: 3 }),
  3,
  2e-5,
);

patternTest("keys that are values, with their gradient", (g) => {
  const k = g.input("k", shapeOf(SMALL));
  const { q, output } = attention(g, SMALL, { k, v: k });
  return { y: output, ...gradientsOf(g, output, [q, k]) };
}, 3);

patternTest("queries, keys and values that are one, with the gradient", (g) => {
  const x = g.input("x", shapeOf(SMALL));
  const { output } = attention(g, SMALL, { q: x, k: x, v: x });
  return { y: output, ...gradientsOf(g, output, [x]) };
}, 3);

patternTest("three axes", (g) => {
  const shape = [4, 5, 8];
  const [q, k, v] = [
    g.input("q", shape),
    g.input("k", shape),
    g.input("v", shape),
  ];
  const { output } = attention(g, SMALL, { q, k, v });
  return { y: output, ...gradientsOf(g, output, [q, k, v]) };
}, 3);

patternTest("queries scaled in another shape", (g) => {
  const { batch, heads, tokens, width } = SMALL;
  const shape = shapeOf(SMALL);
  const q = g.reshape(
    g.scale(g.input("q", [batch, heads * tokens, width]), 0.3),
    shape,
  );
  return { y: attention(g, SMALL, { q }, 1).output };
}, 1);

patternTest("queries, keys and values that sums are computed from", (g) => {
  const shape = shapeOf(SMALL);
  const made = (name: string) =>
    g.add(
      g.multiply(g.input(`${name}0`, shape), g.input(`${name}1`, shape)),
      g.multiply(g.input(`${name}2`, shape), g.input(`${name}3`, shape)),
    );
  const [q, k, v] = [made("q"), made("k"), made("v")];
  const { output } = attention(g, SMALL, { q, k, v });
  return { y: output, ...gradientsOf(g, output, [q, k, v]) };
}, 3);

patternTest("weights that are an output are computed", (g) => {
  const { output, weights } = attention(g, SMALL);
  return { y: output, weights };
}, 0);

patternTest("weights with another user are computed", (g) => {
  const { output, weights } = attention(g, SMALL);
  return { y: output, sum: g.sumTo(weights, [1, 1, 1, 5]) };
}, 0);

patternTest("scores that are an output are computed", (g) => {
  const { output, weights } = attention(g, SMALL);
  const [scores = -1] = g.node(weights)?.inputs ?? [];
  return { y: output, scores };
}, 0);

patternTest("scores normalised in another shape are no attention", (g) => {
  const [q, k, v] = ["q", "k", "v"].map((name) => g.input(name, [3, 4, 4]));
  const scores = g.matmul(q!, k!, { transposeB: true });
  const weights = g.apply("softmax", {}, [g.reshape(scores, [3, 16])]);
  return { y: g.matmul(g.reshape(weights, [3, 4, 4]), v!) };
}, 0);

patternTest("other numbers of queries and keys are no attention", (g) => {
  const v = g.input("v", [2, 3, 6, 8]);
  const k = g.input("k", [2, 3, 6, 8]);
  return { y: attention(g, SMALL, { k, v }).output };
}, 0);

patternTest("a gradient that is used too early is computed apart", (g) => {
  const { q, k, v, weights, output } = attention(g, SMALL, {}, 1);
  const dy = g.input("dy", shapeOf(SMALL));
  const dv = g.matmul(weights, dy, { transposeA: true });
  const early = g.apply("gelu", {}, [g.scale(dv, 0.5)]);
  const dWeights = g.matmul(dy, v, { transposeB: true });
  const dScores = g.apply("softmaxGrad", {}, [dWeights, weights]);
  return {
    ...{ y: output, early },
    dq: g.matmul(dScores, k),
    dk: g.matmul(dScores, q, { transposeA: true }),
  };
}, 0);

meaningTest("queries that are an output and scaled ones that are used", (g) => {
  const q = g.scale(g.input("x", shapeOf(SMALL)), 0.4);
  const { output } = attention(g, SMALL, { q }, 1);
  return { y: output, q, twice: g.scale(q, 2) };
});

Deno.test("the attention of a layer stores its gradient where it is joined", () => {
  const names = callNames(listOf(graphOf(layer(SMALL))));
  ok(!names.some((name) => name.startsWith("concat")), names.join("\n"));
});
