/**
 * What classes transformers.js gives to images: a process of its own, for its native
 * library is another copy of ONNX Runtime.
 *
 * Arguments: a folder of models, a model in it, images. Prints a JSON array: for each image
 * its classes, likeliest first.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the classes are what it is for
import { env, pipeline } from "@huggingface/transformers";

const [models = "", name = "", ...images] = Deno.args;
env.allowRemoteModels = false;
env.localModelPath = models;

const classify = await pipeline("image-classification", name, {
  dtype: "fp32",
});
console.log(JSON.stringify(await classify(images, { top_k: 100 })));
Deno.exit(0);
