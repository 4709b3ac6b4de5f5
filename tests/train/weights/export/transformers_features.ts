/**
 * What transformers.js makes of images: a process of its own, for its native
 * library is another copy of ONNX Runtime.
 *
 * Arguments: a folder of models, a model in it, images. Prints a JSON object.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the numbers are what it is for
import { env, pipeline } from "@huggingface/transformers";

const [models = "", name = "", ...images] = Deno.args;
env.allowRemoteModels = false;
env.localModelPath = models;

const extract = await pipeline("image-feature-extraction", name, {
  dtype: "fp32",
});
const tokens = await extract(images);
const pooled = await extract(images, { pool: true });
console.log(JSON.stringify({
  dims: tokens.dims,
  tokens: [...tokens.data as Float32Array],
  pooled: [...pooled.data as Float32Array],
}));
Deno.exit(0);
