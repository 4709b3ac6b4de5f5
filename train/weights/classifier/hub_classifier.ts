/** Classifiers in folders as `exportClassifier` and hubs write them. */
import { basename, dirname, join } from "node:path";
import {
  type HeadInput,
  left,
  type ModelSpec,
  type Result,
  right,
} from "../../../core/mod.ts";
import type { StoredTensor } from "../../files/tensor_data.ts";
import type { TrainError } from "../../train_error.ts";
import { readJson } from "../find_weights.ts";
import { isObject, type JsonObject } from "../image_statistics.ts";
import { type OpenedEncoder, openEncoder } from "../open_encoder.ts";
import { readWeights } from "../read_weights.ts";
import {
  classifierOf,
  type OpenedClassifier,
  refuse,
} from "./classifier_parts.ts";
import {
  type OpenClassifierOptions,
  WITHOUT_HEAD,
} from "./training_classifier.ts";

/** Names of heads, and of the norm before them, behind the prefix of a file or without it. */
const HEADS = ["head", "classifier"];
const NORM = "fc_norm";

/** Numbers of a head and of what stands before it, by our names. */
type HeadNumbers = ReadonlyMap<string, Float32Array>;

/** The tensors of a head: `head` and, if there is one, `fc_norm`. */
async function headIn(
  { path, report: { prefix } }: OpenedEncoder,
): Promise<Result<TrainError, HeadNumbers>> {
  const named: ReadonlyMap<string, string> = new Map(
    [...HEADS.map((name) => [name, "head"] as const), [NORM, NORM] as const]
      .flatMap(([name, own]) =>
        ["weight", "bias"].flatMap((part) =>
          [prefix, ""].map((before) =>
            [`${before}${name}.${part}`, `${own}.${part}`] as const
          )
        )
      ),
  );
  const read = await readWeights(path, () => (name) => named.has(name));
  if (read._tag === "Left") return read;
  const numbers = ({ data }: StoredTensor) =>
    data instanceof Float32Array ? data : Float32Array.from(data as never);
  return right(
    new Map(
      [...read.right.tensors].map(([name, tensor]) =>
        [named.get(name) ?? name, numbers(tensor)] as const
      ),
    ),
  );
}

/** Names of classes in a configuration of transformers, in the order of their numbers. */
function namesIn(config: JsonObject): Result<string, readonly string[]> {
  const names = config["id2label"];
  if (!isObject(names)) return left("it names no classes (id2label)");
  const all = Object.keys(names).map((_, i) => names[String(i)]);
  return all.length > 0 && all.every((name) => typeof name === "string")
    ? right(all)
    : left("its id2label does not name every class from 0 on");
}

/** What a head scores: by its own norm, else by the pooling that the configuration says. */
function headInputOf(
  { stages }: ModelSpec,
  head: HeadNumbers,
  { global_pool: pool = "token" }: JsonObject,
): Result<string, HeadInput> {
  const last = [stages.length - 1];
  if (head.has(`${NORM}.weight`)) return right("normOfMean");
  if (pool === "token") return right({ tokens: "classToken", stages: last });
  return pool === "avg"
    ? right({ tokens: "patches", stages: last })
    : left(`config.json: global_pool: found ${pool}, wanted avg or token`);
}

/** Parts that an encoder may lack only where training begins. */
function lacking(
  { report: { missing, positions } }: OpenedEncoder,
  headInput: HeadInput,
): string | null {
  const part = missing.find((name) =>
    !name.startsWith("norm.") || headInput !== "normOfMean"
  );
  return part ?? (positions.grid === null ? "pos_embed" : null);
}

/** The configuration beside weights. */
async function configOf(path: string): Promise<Result<TrainError, JsonObject>> {
  const isHub = /^(model|pytorch_model)\./.test(basename(path));
  const config = isHub
    ? await readJson(join(dirname(path), "config.json"))
    : right(null);
  return config._tag === "Left" ? config : right(config.right ?? {});
}

/**
 * The classifier in a folder with the names of timm or transformers, or in its file of
 * weights.
 *
 * @param path The folder or file.
 * @returns The classifier, or why there is none.
 */
export async function classifierOfHub(
  path: string,
  { facts }: OpenClassifierOptions,
): Promise<Result<TrainError, OpenedClassifier>> {
  const opened = await openEncoder(path, { partial: true });
  if (opened._tag === "Left") return opened;
  const encoder = opened.right;
  const head = await headIn(encoder);
  if (head._tag === "Left") return head;
  if (!head.right.has("head.weight")) {
    return refuse(path, `it is an encoder, and ${WITHOUT_HEAD}`);
  }
  const config = await configOf(encoder.path);
  if (config._tag === "Left") return config;
  const headInput = headInputOf(encoder.model, head.right, config.right);
  if (headInput._tag === "Left") return refuse(path, headInput.left);
  const part = lacking(encoder, headInput.right);
  if (part !== null) return refuse(encoder.path, `tensor ${part} is missing`);
  const names = facts === undefined
    ? namesIn(config.right)
    : right(facts.classNames);
  if (names._tag === "Left") return refuse(path, names.left);
  const normalization = encoder.normalization ?? facts?.normalization;
  if (normalization === undefined) {
    return refuse(path, "nothing says the mean and deviation of its pixels");
  }
  const { model, resizeSize = model.imageSize, background = "mean" } = encoder;
  return classifierOf(
    { path: encoder.path, steps: null, skipped: [] },
    { classNames: names.right, normalization, resizeSize, background },
    {
      ...{ model, headInput: headInput.right },
      parameters: new Map([...encoder.parameters, ...head.right]),
    },
  );
}
