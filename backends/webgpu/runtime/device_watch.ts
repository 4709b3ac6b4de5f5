/** Errors of a device, which it does not throw. */

/** Kinds of error that a run can cause. */
const SCOPES = ["validation", "out-of-memory", "internal"] as const;

/** Runs between two pauses. */
const RUNS_BETWEEN_PAUSES = 256;

/** Hears what goes wrong on a device. */
export interface DeviceWatch {
  /** Records and hands over work; the reason why a part of it was dropped, or `null`. */
  watch(work: () => void): Promise<string | null>;
  /** Reason why the device can no longer be trusted, or `null`. */
  failure(): string | null;
}

/**
 * Lets the garbage collector run: only it frees the native side of dropped encoders,
 * of which the small JavaScript heap says nothing. Where the runtime gives no `gc`,
 * memory that is never touched, and so takes no room, counts towards the collector's limit.
 */
async function pause(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) gc();
  else {
    try {
      Array.from({ length: 4 }, () => new ArrayBuffer(2 ** 27));
    } catch {
      // No room for it: then the collector has just done what it could.
    }
  }
  await new Promise((resume) => setTimeout(resume, 0));
}

/** The first error of scopes that were left, in the order of `SCOPES` from its end. */
async function heardBy(
  scopes: readonly Promise<GPUError | null>[],
): Promise<string | null> {
  const errors = await Promise.all(scopes);
  const at = errors.findIndex((error) => error !== null);
  if (at < 0) return null;
  const { message } = errors[at]!;
  return SCOPES.at(-1 - at) === "out-of-memory"
    ? `the device has too little memory (${message})`
    : message;
}

/** Waits as long as a device that was lost may take to say so, after errors of other kinds. */
export const untilLossIsTold = (): Promise<void> =>
  new Promise((resume) => setTimeout(resume, 20));

/** Listens to a device. */
export function deviceWatch(device: GPUDevice): DeviceWatch {
  let failure: string | null = null;
  let runs = 0;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    failure ??= (event as GPUUncapturedErrorEvent).error.message;
  });
  let loss: string | null = null;
  device.lost.then(({ message }) => {
    loss = `the device was lost: ${message || "the driver says no more"}`;
  });
  return {
    watch: async (work) => {
      SCOPES.forEach((scope) => device.pushErrorScope(scope));
      let errors: readonly Promise<GPUError | null>[] = [];
      try {
        work();
      } finally {
        errors = SCOPES.map(() => device.popErrorScope());
      }
      if (++runs % RUNS_BETWEEN_PAUSES === 0) await pause();
      const heard = await heardBy(errors);
      if (heard === null) return loss ?? failure;
      await untilLossIsTold();
      return loss ?? heard;
    },
    failure: () => loss ?? failure,
  };
}
