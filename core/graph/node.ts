/** A computation as data: nodes in topological order, static shapes. */
/** Extents of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Numbers that a tensor holds: reals, or indices. */
export type DType = "float32" | "int32";

/** Shape and kind of a tensor. */
export interface Signature {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** Kind of number. */
  readonly dtype: DType;
}

/** Movement of a kernel over images. */
export interface Convolution {
  /** Pixels from one position of the kernel to the next, at least 1. */
  readonly stride: number;
  /** Rows and columns of zeros around an image, at least 0. */
  readonly padding: number;
}

/** Attributes of an op that takes none. */
export type NoAttributes = Readonly<Record<never, never>>;

/**
 * Attributes of every op; the keys are the ops.
 *
 * Row-major layout everywhere. "Rows" are the slices along axis 1 of a tensor
 * `[B, N, …]`.
 */
export interface OpAttributes {
  /** A tensor given by name when the program runs. */
  readonly input: { readonly name: string };
  /** A tensor known in advance, row-major. */
  readonly constant: { readonly values: readonly number[] };

  /** `a + b`; extents of 1 and missing leading axes are broadcast. */
  readonly add: NoAttributes;
  /** `a − b`, broadcast. */
  readonly subtract: NoAttributes;
  /** `a · b` element by element, broadcast. */
  readonly multiply: NoAttributes;
  /** `factor · x`. */
  readonly scale: { readonly factor: number };
  /** `x²`. */
  readonly square: NoAttributes;
  /** `1 / √(x + epsilon)`. */
  readonly rsqrt: { readonly epsilon: number };
  /** `weight · a + (1 − weight) · b`, equal shapes. */
  readonly mix: { readonly weight: number };
  /** `x` where it is farther than 2⁻¹²⁶ from 0, else 0: no number below the normal ones of float32 is left. */
  readonly flush: NoAttributes;

  /** `op(a) · op(b)` over the last two axes; leading axes are equal. `op` swaps the last two axes when asked. */
  readonly matmul: {
    readonly transposeA: boolean;
    readonly transposeB: boolean;
  };

  /**
   * Inputs `x [B, C, H, W]`, `w [O, C, h, w]`: cross-correlation of images with
   * kernels that move by `stride` over a border of `padding` zeros.
   */
  readonly conv2d: Convolution;
  /** Inputs `dy [B, O, P, Q]`, `w [O, C, h, w]`: gradient of `conv2d` with respect to images of `image` pixels. */
  readonly conv2dInputGrad: Convolution & { readonly image: Shape };
  /** Inputs `dy [B, O, P, Q]`, `x [B, C, H, W]`: gradient of `conv2d` with respect to kernels of `kernel` pixels. */
  readonly conv2dWeightGrad: Convolution & { readonly kernel: Shape };

  /** Same numbers, other extents. */
  readonly reshape: { readonly shape: Shape };
  /** Output axis `i` is input axis `permutation[i]`. */
  readonly transpose: { readonly permutation: readonly number[] };
  /** Entries `start … start + size − 1` of one axis. */
  readonly slice: {
    readonly axis: number;
    readonly start: number;
    readonly size: number;
  };
  /** Zeros before and after along one axis. */
  readonly pad: {
    readonly axis: number;
    readonly before: number;
    readonly after: number;
  };
  /** Inputs one behind the other along one axis. */
  readonly concat: { readonly axis: number };
  /** Repeats extents of 1 and missing leading axes up to `shape`. */
  readonly broadcastTo: { readonly shape: Shape };
  /** Sums what `broadcastTo` repeats: back to `shape`, whose extents are the input's or 1, leading axes missing at will. */
  readonly sumTo: { readonly shape: Shape };

  /** `max(x, 0)`. */
  readonly relu: NoAttributes;
  /** Inputs `dy, x`: `dy` where `x > 0`, else 0. */
  readonly reluGrad: NoAttributes;
  /** `½·x·(1 + erf(x/√2))`. */
  readonly gelu: NoAttributes;
  /** Inputs `dy, x`: `dy · gelu′(x)`. */
  readonly geluGrad: NoAttributes;
  /** Over the last axis. */
  readonly softmax: NoAttributes;
  /** `x − ln Σ eˣ` over the last axis. */
  readonly logSoftmax: NoAttributes;
  /** Inputs `dy, y = softmax(x)`: `y · (dy − Σ dy·y)` over the last axis. */
  readonly softmaxGrad: NoAttributes;
  /** Inputs `x, γ, β`: `(x − mean)/√(variance + epsilon) · γ + β` over the last axis, biased variance. */
  readonly layerNorm: { readonly epsilon: number };
  /** Inputs `dy, x, γ`: gradient of `layerNorm` with respect to `x`. */
  readonly layerNormGrad: { readonly epsilon: number };
  /** Inputs `dy, x`: gradient of `layerNorm` with respect to `γ`; shape `[D]`. */
  readonly layerNormScaleGrad: { readonly epsilon: number };

  /** Inputs `x [B, N, …]`, `index [B, M]`: row `index[b, m]` of sample `b`. */
  readonly gatherRows: NoAttributes;
  /** Inputs `y [B, M, …]`, `index [B, M]`: adds row `m` to row `index[b, m]` of zeros `[B, rows, …]`. */
  readonly scatterRows: { readonly rows: number };
  /** Inputs `x [B, N, …]`, `index [B, N]`, `inverse [B, N]`: `gatherRows(x, index)` where each row of `index` is a permutation and `inverse` its inverse. */
  readonly permuteRows: NoAttributes;

  /**
   * Image `[B, C, H, W]` to orientation histograms `[B, cells, cells, C, nbins]`
   * of equal square cells (`H = W`): magnitudes of the 3×3 Sobel gradients
   * (reflected border) summed by unsigned orientation; pixels that straddle cells
   * are shared by area. No gradient.
   */
  readonly hogCells: { readonly nbins: number; readonly cells: number };
  /** `x / max(‖x‖₂, 1e-12)` over the last axis. No gradient. */
  readonly l2Normalize: NoAttributes;

  /**
   * Inputs `p, m, v, rate [], correction1 [], correction2 []`: one AdamW step
   * `p·(1 − rate·weightDecay) − rate · (m/correction1) / (√(v/correction2) + epsilon)`.
   */
  readonly adamwUpdate: {
    readonly weightDecay: number;
    readonly epsilon: number;
  };
  /**
   * Input `squares [n]` of numbers `≥ 0`: the factor `min(1, maxNorm / (√Σ squares + 10⁻⁶))`,
   * a scalar. The length counts also where the sum of finite squares leaves float32. No
   * gradient.
   */
  readonly clipFactor: { readonly maxNorm: number };

  /**
   * The sum of a tensor over all ranks of a training, each of which has one of its shape;
   * where there is one rank, the tensor itself. No engine computes it: a graph is cut there
   * (`cutAtRankSums`).
   */
  readonly rankSum: NoAttributes;
}

/** Name of an op. */
export type OpName = keyof OpAttributes;

/** Ops that a process computes alone: all that an engine must have. */
export type LocalOp = Exclude<OpName, "rankSum">;

/** Ops that treat every number alone, among them the step of AdamW. */
export type ElementwiseOp =
  | "add"
  | "subtract"
  | "multiply"
  | "scale"
  | "square"
  | "rsqrt"
  | "mix"
  | "flush"
  | "adamwUpdate";

/** ReLU, GELU and softmax with their gradients. */
export type ActivationOp =
  | "relu"
  | "reluGrad"
  | "gelu"
  | "geluGrad"
  | "softmax"
  | "softmaxGrad"
  | "logSoftmax";

/** Convolution and its gradients. */
export type ConvolutionOp = "conv2d" | "conv2dInputGrad" | "conv2dWeightGrad";

/** A node of one op. */
export interface NodeOf<Name extends OpName> extends Signature {
  /** Its op. */
  readonly op: Name;
  /** Constants of the op. */
  readonly attributes: OpAttributes[Name];
  /** Positions in the graph of what it computes from; all smaller than its own. */
  readonly inputs: readonly NodeId[];
}

/** One step of a computation. */
export type Node = { readonly [Name in OpName]: NodeOf<Name> }[OpName];

/** Position of a node in its graph. */
export type NodeId = number;

/** A computation: nodes in topological order and the names of what it gives. */
export interface Graph {
  /** Every node, inputs before users. */
  readonly nodes: readonly Node[];
  /** Named results. */
  readonly outputs: Readonly<Record<string, NodeId>>;
}

/** Numbers in a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The tensors that a graph must be given, by name. */
export function inputSignatures(
  graph: Graph,
): Readonly<Record<string, Signature>> {
  return Object.fromEntries(
    graph.nodes.flatMap((node) =>
      node.op === "input"
        ? [[node.attributes.name, { shape: node.shape, dtype: node.dtype }]]
        : []
    ),
  );
}
