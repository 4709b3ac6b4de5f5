/** Mean and deviation of pixels. */

/** Statistics of pixels scaled to `[0, 1]`, one number for each channel. */
export interface Normalization {
  /** Mean of each channel: one number for grey, three for colour. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel, `> 0`; as many as means. */
  readonly deviation: readonly number[];
}

/** ImageNet's colours, used for photographs in general. */
export const IMAGENET_NORMALIZATION: Normalization = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** The 60,000 training images of Fashion-MNIST. */
export const FASHION_MNIST_NORMALIZATION: Normalization = {
  mean: [0.2860],
  deviation: [0.3530],
};

/** The 50,000 training images of CIFAR-10. */
export const CIFAR10_NORMALIZATION: Normalization = {
  mean: [0.4914, 0.4822, 0.4465],
  deviation: [0.2470, 0.2435, 0.2616],
};

/** The 50,000 training images of CIFAR-100. */
export const CIFAR100_NORMALIZATION: Normalization = {
  mean: [0.5071, 0.4865, 0.4409],
  deviation: [0.2673, 0.2564, 0.2762],
};

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Statistics for another number of channels.
 *
 * Grey shown in three channels has grey's statistics in each. Colour shown in
 * grey gets the averages of its channels, which is customary and not exact.
 */
export function normalizationFor(
  normalization: Normalization,
  channels: 1 | 3,
): Normalization {
  const { mean, deviation } = normalization;
  if (mean.length === channels) return normalization;
  return {
    mean: Array(channels).fill(average(mean)),
    deviation: Array(channels).fill(average(deviation)),
  };
}
