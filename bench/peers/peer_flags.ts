/** Flags of `bench/peers.ts`. */
import { BACKEND_CHOICES, type BackendChoice } from "../../backends/mod.ts";
import {
  type Fault,
  type Faults,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../../cli/flags/flags.ts";
import { namesFlag, wholesFlag } from "../list_flags.ts";
import type { PairSpec } from "./pair_row.ts";
import { PEER_MODELS, type PeerModelName } from "./peer_models.ts";
import { PEER_NAMES, type PeerName, PEERS } from "./peer_programs.ts";

const MODEL_NAMES = Object.keys(PEER_MODELS) as PeerModelName[];

/** The flags. */
export const PEER_FLAGS = {
  "peer": namesFlag(PEER_NAMES, "with whom"),
  "model": choiceFlag(MODEL_NAMES, "sizes of the Vision Transformer"),
  "batch-size": wholeFlag(1, "images of a step"),
  "backend": choiceFlag(BACKEND_CHOICES, "where our side computes"),
  "threads": wholesFlag(1, "threads that each side may use, rows for each"),
  "frozen": wholesFlag(0, "how many layers are frozen, a row for each"),
  "rounds": wholeFlag(1, "rounds that each side has, in turns"),
  "steps": wholeFlag(1, "timed steps of a round"),
  "python": textFlag("PROGRAM", "Python with PyTorch"),
  "patience": wholeFlag(1, "seconds to wait for an answer of a side"),
  "json": switchFlag("print a line of JSON for each row and nothing else"),
  "help": switchFlag("print this and stop"),
} as const;

/** Values of the flags. */
export type PeerValues = FlagValues<typeof PEER_FLAGS>;

/** Defaults of the flags. */
export const PEER_DEFAULTS = {
  "peer": PEER_NAMES.join(","),
  "model": "vit-s",
  "batch-size": "8",
  "backend": "onnx",
  "threads": "1",
  "frozen": "0,7,11",
  "rounds": "3",
  "steps": "3",
  "python": "/usr/bin/python3",
  "patience": "900",
} as const;

/** A comparison that is wanted. */
export interface WantedPair {
  /** The comparison. */
  readonly pair: PairSpec;
  /** Difference from the request, or `null`. */
  readonly note: string | null;
}

/** All measurements of one call of the program. */
export interface PeerRun {
  /** Comparisons: peer by peer, then by threads, then by frozen layers. */
  readonly wanted: readonly WantedPair[];
  /** Our device. */
  readonly backend: BackendChoice;
  /** Python with PyTorch. */
  readonly python: string;
  /** Seconds to wait for an answer. */
  readonly patience: number;
}

/** The model itself, or the largest that a peer can bear. */
function boundedModel(
  peer: PeerName,
  model: PeerModelName,
): { readonly model: PeerModelName; readonly note: string | null } {
  const { largest } = PEERS[peer];
  return largest === null ||
      MODEL_NAMES.indexOf(model) <= MODEL_NAMES.indexOf(largest)
    ? { model, note: null }
    : {
      model: largest,
      note: `asked for ${model}: too large for ${peer}, measured on ${largest}`,
    };
}

function pairsOf(values: PeerValues): readonly WantedPair[] {
  const asked = values.model ?? "vit-s";
  return (values.peer ?? PEER_NAMES).flatMap((peer) => {
    const { model, note } = boundedModel(peer, asked);
    return (values.threads ?? [1]).flatMap((threads) =>
      (values.frozen ?? [0, 7, 11]).map((frozen) => ({
        note,
        pair: {
          peer,
          step: PEERS[peer].step,
          model,
          batchSize: values["batch-size"] ?? 8,
          frozen,
          threads,
          rounds: values.rounds ?? 3,
          steps: values.steps ?? 3,
        },
      }))
    );
  });
}

/**
 * Measurements that flags ask for.
 *
 * @param values Flags that were given.
 * @returns The comparisons and how to run them; or every fault.
 */
export function peerRun(values: PeerValues): Result<Faults, PeerRun> {
  const wanted = pairsOf(values);
  const faults = wanted.flatMap(({ pair: { model, frozen } }): Fault[] => {
    const { depth } = PEER_MODELS[model];
    return frozen <= depth ? [] : [{
      _tag: "OutOfRange",
      path: "--frozen",
      found: frozen,
      wanted: `0 to ${depth} layers, the last of ${model} never freezes`,
    }];
  });
  const [first, ...others] = faults.filter((fault, i) =>
    faults.findIndex(({ found }) => found === fault.found) === i
  );
  return first !== undefined ? left([first, ...others]) : right({
    wanted,
    backend: values.backend ?? "onnx",
    python: values.python ?? PEER_DEFAULTS.python,
    patience: values.patience ?? 900,
  });
}
