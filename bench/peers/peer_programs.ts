/** The programs that are compared, and how each is started at its best. */
import type { FreezeConfig } from "../../core/mod.ts";
import type { PeerModelName } from "./peer_models.ts";
import type { StepKind } from "./start_file.ts";

/** Programs that others would use. */
export const PEER_NAMES = [
  "torch-reference",
  "torch-fixed",
  "jax-js",
  "tfjs",
] as const;

/** One of the `PEER_NAMES`. */
export type PeerName = typeof PEER_NAMES[number];

/** A program that is given a `SideSpec` as its last argument. */
export interface SideProgram {
  /** Command to run. */
  readonly command: string;
  /** Arguments before the spec. */
  readonly args: readonly string[];
  /** Environment variables that are set. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment variables that must not be there. */
  readonly unset: readonly string[];
}

/** A peer and what is known of it. */
export interface Peer {
  /** Kind of step that it supports. */
  readonly step: StepKind;
  /** Freezing of its class token. */
  readonly classToken: FreezeConfig["classToken"];
  /** Largest relative difference of its first loss from ours. */
  readonly lossTolerance: number;
  /** The largest model that it can hold and steps through in bearable time, or `null`. */
  readonly largest: PeerModelName | null;
}

/**
 * Facts of each peer.
 *
 * `torch-reference` takes the gradients of images by convolution, where those that
 * are 0 come out as rounding noise, of any orientation: hence its tolerance. jax-js
 * and TensorFlow.js add the numbers of a mean one after the other in float32: of
 * ViT-S's losses they lose 3e-5, while every summand is right.
 */
export const PEERS: Readonly<Record<PeerName, Peer>> = {
  "torch-reference": {
    step: "pre-training",
    classToken: "neverFrozen",
    lossTolerance: 1e-3,
    largest: null,
  },
  "torch-fixed": {
    step: "pre-training",
    classToken: "withLayer0",
    lossTolerance: 1e-5,
    largest: null,
  },
  "jax-js": {
    step: "encoder",
    classToken: "withLayer0",
    lossTolerance: 2e-4,
    largest: "vit-b",
  },
  "tfjs": {
    step: "encoder",
    classToken: "withLayer0",
    lossTolerance: 2e-4,
    largest: "vit-s",
  },
};

const pathOf = (file: string): string =>
  decodeURIComponent(new URL(file, import.meta.url).pathname);

const typescript = (file: string): SideProgram => ({
  command: Deno.execPath(),
  args: ["run", "-A", "--no-check", "--quiet", pathOf(file)],
  env: {},
  unset: [],
});

/**
 * PyTorch as it is fastest on processors: OpenBLAS may choose its kernels, it and
 * OpenMP have as many threads as are wanted, threads that wait do not spin, and
 * memory that is given back is kept for the next tensors, not returned to the system.
 */
const torch = (
  form: "reference" | "fixed",
  python: string,
  threads: number,
): SideProgram => ({
  command: python,
  args: [pathOf("torch_step.py"), "--form", form],
  env: {
    OPENBLAS_NUM_THREADS: `${threads}`,
    OMP_NUM_THREADS: `${threads}`,
    OMP_WAIT_POLICY: "PASSIVE",
    GOMP_SPINCOUNT: "0",
    MALLOC_MMAP_MAX_: "0",
    MALLOC_TRIM_THRESHOLD_: `${2 ** 34}`,
    MALLOC_TOP_PAD_: `${2 ** 28}`,
  },
  unset: ["OPENBLAS_CORETYPE"],
});

/**
 * The program of a peer.
 *
 * @param peer Its name.
 * @param python Python with PyTorch.
 * @param threads Threads that it may use.
 */
export function peerProgram(
  peer: PeerName,
  python: string,
  threads: number,
): SideProgram {
  switch (peer) {
    case "torch-reference":
      return torch("reference", python, threads);
    case "torch-fixed":
      return torch("fixed", python, threads);
    case "jax-js":
      return typescript("sides/jax_encoder_side.ts");
    case "tfjs":
      return typescript("sides/tfjs_encoder_side.ts");
  }
}

/** Our program for the same kind of step. */
export function ourProgram(step: StepKind): SideProgram {
  return typescript(
    step === "pre-training"
      ? "sides/our_step_side.ts"
      : "sides/our_encoder_side.ts",
  );
}
