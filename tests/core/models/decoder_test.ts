import { ok, strictEqual } from "node:assert/strict";
import {
  gradientName,
  gradients,
  type Graph,
  interpretGraph,
  modelScope,
  type StageScale,
  traceGraph,
} from "../../../core/mod.ts";
import { decode } from "../../../core/models/decoder.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import {
  goldenTensors,
  largestDifference,
  numbersOf,
} from "../../golden_files.ts";
import { right } from "../../right.ts";
import { TINY_MODEL } from "../../tiny_model.ts";

/** Stand-alone decoders of ViTFreeze 30e80f9 on PyTorch 1.13.1: two samples of 1 + 4 tokens. */
const golden = goldenTensors("decoder_scales.safetensors");
const PREFIX = "decoder.0";

/** Prediction of a decoder, and the gradients of `Σ prediction·cotangent`. */
function decoderGraph(scale: StageScale): Graph {
  const stage = { tap: TINY_MODEL.depth - 1, scale, weight: 1 };
  const spec = { ...TINY_MODEL, stages: [stage] };
  return right(traceGraph((g) => {
    const scope = modelScope<string>(g);
    const latent = g.input("latent", [2, 5, 36]);
    const index = (name: string) => g.input(name, [2, 16], "int32");
    const { cells: out } = decode(
      scope.of("decoder"),
      spec,
      PREFIX,
      stage,
      latent,
      {
        idsKeep: -1,
        mask: -1,
        idsShuffle: index("idsShuffle"),
        idsRestore: index("idsRestore"),
      },
    );
    const cotangent = g.input("cotangent", g.shape(out));
    const loss = g.sumTo(g.multiply(out, cotangent), []);
    const [toLatent = -1] = gradients(g, loss, [latent]);
    return {
      out,
      [gradientName("latent")]: toLatent,
      ...scope.gradients(loss, () => true),
    };
  }));
}

/** Where each patch of the two samples goes, from where each comes. */
const inverseOf = (restore: Float64Array): Float64Array => {
  const shuffle = new Float64Array(restore.length);
  restore.forEach((rank, i) => shuffle[i - i % 16 + rank] = i % 16);
  return shuffle;
};

function inputsOf(
  of: (name: string) => Float64Array,
  key: string,
): NamedValues {
  const weights = [...golden.keys()].filter((name) =>
    name.startsWith(`${key}.w.`)
  ).map((name) => name.slice(key.length + 3));
  return {
    latent: of("in"),
    cotangent: of("gout"),
    idsRestore: of("ids_restore"),
    idsShuffle: inverseOf(of("ids_restore")),
    ...Object.fromEntries(
      weights.map((name) => [`${PREFIX}.${name}`, of(`w.${name}`)]),
    ),
  };
}

const magnitude = (values: Float64Array): number =>
  values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 1);

for (
  const [key, scale] of [
    ["s8.0", 8],
    ["s4.0", 4],
    ["s2.0", 2],
    ["s1.0", 1],
    ["s0.5", 0.5],
  ] as const
) {
  const of = (name: string): Float64Array =>
    numbersOf(golden, `${key}.${name}`);
  const graph = decoderGraph(scale);
  const found = interpretGraph(graph, inputsOf(of, key));
  const near = (name: string, wanted: Float64Array): void =>
    ok(
      largestDifference(found[name], wanted) <= 1e-5 * magnitude(wanted),
      name,
    );

  Deno.test(`decode() at scale ${scale} predicts what the reference does to 1e-5`, () => {
    near("out", of("out"));
  });

  Deno.test(`decode() at scale ${scale} has the reference's gradients to 1e-5`, () => {
    near(gradientName("latent"), of("gin"));
    const recorded = [...golden.keys()].filter((name) =>
      name.startsWith(`${key}.grad.`)
    ).map((name) => name.slice(`${key}.grad.`.length));
    ok(recorded.length >= 3);
    for (const name of recorded) {
      near(gradientName(`${PREFIX}.${name}`), of(`grad.${name}`));
    }
  });

  Deno.test(`decode() at scale ${scale} reads every weight of the reference, and no other`, () => {
    const names = Object.keys(inputsOf(of, key)).toSorted();
    const inputs = graph.nodes.flatMap((node) =>
      node.op === "input" ? [node.attributes.name] : []
    );
    strictEqual(inputs.toSorted().join(), names.join());
  });
}
