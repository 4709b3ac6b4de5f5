/** Activations and losses of the forward pass beside the reference's. */
import type { Backend } from "../../backends/backend.ts";
import {
  type LocalMimNodes,
  type NodeId,
  type Result,
  right,
  stageLossName,
  stepGraph,
} from "../../core/mod.ts";
import { compileGraph } from "../../train/engine/programs.ts";
import type { TrainError } from "../../train/train_error.ts";
import { batchAt, hostTensors, maskingOf, numbersOf } from "./batch.ts";
import type { Group, Pair, Tolerance } from "./comparison.ts";
import type { Fixture } from "./fixture_folder.ts";
import { type HostTensors, runProgram } from "./run_program.ts";

/** Activations under the names of the fixture. */
const watched = (nodes: LocalMimNodes): Readonly<Record<string, NodeId>> =>
  Object.fromEntries([
    ["visible_tokens", nodes.visibleTokens],
    ...nodes.blocks.map((block, i) => [`block_out.${i}`, block]),
    ...nodes.stages.flatMap(({ index, latent, prediction, target, mask }) => [
      [`latent.${index}`, latent],
      [`pred.${index}`, prediction],
      [`target.${index}`, target],
      [`mask_scaled.${index}`, mask],
    ]),
  ]);

async function forwardPass(
  backend: Backend,
  fixture: Fixture,
): Promise<Result<TrainError, HostTensors>> {
  const { config: { model }, batch, weights } = fixture;
  const graph = stepGraph({
    model,
    batch,
    samples: batch,
    liveStages: model.stages.map((_, k) => k),
    isTrainable: () => false,
  }, watched);
  const program = await compileGraph(backend, graph);
  if (program._tag === "Left") return program;
  const outputs = await runProgram(backend, program.right, {
    ...hostTensors(weights),
    ...batchAt(fixture, 0),
  });
  program.right.dispose();
  return outputs;
}

/** Names of activations in groups, with the tolerance of each group. */
const ACTIVATIONS: readonly (readonly [string, RegExp, Tolerance])[] = [
  ["targets", /^target\./, { _tag: "Absolute", limit: 1e-5 }],
  ["visible tokens", /^visible_tokens$/, { _tag: "Absolute", limit: 3e-5 }],
  ["block outputs", /^block_out\./, { _tag: "Absolute", limit: 3e-5 }],
  ["latents", /^latent\./, { _tag: "Absolute", limit: 3e-5 }],
  ["predictions", /^pred\./, { _tag: "Absolute", limit: 1e-5 }],
];

const pairsOf = (
  { forward }: Fixture,
  found: HostTensors,
  names: RegExp,
): readonly Pair[] =>
  [...forward.keys()].filter((name) => names.test(name)).map((name) => ({
    name,
    found: found[name]?.data ?? [],
    wanted: numbersOf(forward, name),
  }));

/** Masks and the order of patches are index arithmetic: they must agree exactly. */
function maskGroup(fixture: Fixture, found: HostTensors): Group {
  const { mask, idsRestore } = maskingOf(fixture, 0);
  const { forward } = fixture;
  return {
    name: "mask",
    tolerance: { _tag: "Exact" },
    pairs: [
      { name: "mask", found: mask, wanted: numbersOf(forward, "mask") },
      {
        name: "ids_restore",
        found: idsRestore,
        wanted: numbersOf(forward, "ids_restore"),
      },
      ...pairsOf(fixture, found, /^mask_scaled\./),
    ],
  };
}

function stageLossGroup({ forward }: Fixture, found: HostTensors): Group {
  const losses = numbersOf(forward, "stage_losses");
  const pair = (name: string, wanted: number): Pair => ({
    name,
    found: found[name]?.data ?? [],
    wanted: [wanted],
  });
  return {
    name: "stage losses",
    tolerance: { _tag: "Relative", limit: 1e-6 },
    pairs: [
      ...Array.from(losses, (loss, k) => pair(stageLossName(k), loss)),
      ...Array.from(
        numbersOf(forward, "total_loss"),
        (loss) => pair("loss", loss),
      ),
    ],
  };
}

/**
 * Computes the first forward pass with nothing frozen.
 *
 * @param backend Backend that computes.
 * @param fixture The reference's numbers.
 * @returns Mask, targets, activations and stage losses, or why there are none.
 */
export async function forwardGroups(
  backend: Backend,
  fixture: Fixture,
): Promise<Result<TrainError, readonly Group[]>> {
  const found = await forwardPass(backend, fixture);
  return found._tag === "Left" ? found : right([
    maskGroup(fixture, found.right),
    ...ACTIVATIONS.map(([name, names, tolerance]) => ({
      name,
      tolerance,
      pairs: pairsOf(fixture, found.right, names),
    })),
    stageLossGroup(fixture, found.right),
  ]);
}
