/** The part of TensorFlow.js that is used: its backends and their kernels. */
import * as tf from "npm:@tensorflow/tfjs@4.22.0";

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
  const { registry, registryFactory } = tf.engine();
  if (make !== undefined && registry[name] === undefined) {
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
