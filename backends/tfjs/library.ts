/** The part of TensorFlow.js that is used: its backends and their kernels. */
import * as tf from "npm:@tensorflow/tfjs-core@4.22.0";

/** True if a TensorFlow.js backend runs already. */
export function isStarted(name: string): boolean {
  return tf.engine().registry[name] !== undefined;
}

/**
 * Starts a TensorFlow.js backend, or gives the one that already runs: its kernels
 * are bound to one instance for each process.
 *
 * @param make Makes it, instead of the library's own factory, if it does not run yet.
 * @throws Whatever the backend throws when it cannot start.
 */
export async function startBackend(
  name: string,
  make?: () => Promise<tf.KernelBackend>,
): Promise<tf.KernelBackend> {
  // Without it TensorFlow.js advertises its native package on the console.
  tf.enableProdMode();
  const before: string | undefined = tf.engine().backendName;
  const { registryFactory } = tf.engine();
  if (make !== undefined && !isStarted(name)) {
    if (registryFactory[name] !== undefined) tf.removeBackend(name);
    tf.registerBackend(name, make);
  }
  if (!await tf.setBackend(name)) {
    throw new Error(`TensorFlow.js could not start its backend ${name}`);
  }
  const backend = tf.backend();
  if (before !== undefined && before !== name) await tf.setBackend(before);
  return backend;
}
