/**
 * How large a model may be.
 *
 * @module
 */

/**
 * Largest sizes of a model. The largest Vision Transformers have some fifty blocks
 * of a width of some thousands and look at some thousand patches.
 */
export const MODEL_LIMITS = {
  /** Side of an image or a patch, pixels. */
  imageSize: 16_384,
  /** Patches of an image. */
  patches: 65_536,
  /** Image channels. */
  inChannels: 1024,
  /** Width of the encoder and of a decoder. */
  width: 65_536,
  /** Encoder blocks; also stages, for each has a block of its own. */
  depth: 512,
  /** Hidden width of an MLP as a multiple of the width. */
  mlpRatio: 64,
  /** Blocks of one decoder. */
  decoderDepth: 32,
  /** Orientation bins of the target. */
  hogNbins: 1024,
} as const;
