import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  encodePretrainConfig,
  type PretrainConfig,
} from "../../../core/mod.ts";
import { pretrainConfig } from "../../arbitraries.ts";
import { faultsOf, right } from "../../right.ts";

type Path = readonly string[];

/** Fields that a config may lack. */
const isOptional = (path: string): boolean =>
  /^(frozenPrecision|clipGrad|model\.stages\[\d+\]\.target)$/.test(path);

/** Paths of the values of a JSON-like tree for which a test holds. */
const pathsTo =
  (holds: (value: unknown) => boolean) => (tree: unknown): readonly Path[] =>
    typeof tree !== "object" || tree === null ? holds(tree) ? [[]] : [] : [
      ...(holds(tree) ? [[]] : []),
      ...Object.entries(tree).flatMap(([key, child]) =>
        pathsTo(holds)(child).map((path) => [key, ...path])
      ),
    ];

/** The tree with another value at a path. */
const replaced = (tree: unknown, path: Path, value: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const node = tree as Readonly<Record<string, unknown>>;
  const child = replaced(node[key], rest, value);
  return Array.isArray(tree)
    ? tree.with(Number(key), child)
    : { ...node, [key]: child };
};

const written = (path: Path): string =>
  path.map((key) => /^\d+$/.test(key) ? `[${key}]` : `.${key}`).join("")
    .replace(/^\./, "");

const somewhere = (
  holds: (value: unknown) => boolean,
): fc.Arbitrary<{ config: PretrainConfig; path: Path }> =>
  pretrainConfig.chain((config) =>
    fc.record({
      config: fc.constant(config),
      path: fc.constantFrom(...pathsTo(holds)(config)),
    })
  );

const faultPaths = (input: unknown): readonly string[] => {
  const config = decodePretrainConfig(input);
  return config._tag === "Right" ? [] : config.left.map(({ path }) => path);
};

Deno.test("decodePretrainConfig() reads what encodePretrainConfig() wrote, also through JSON", () => {
  fc.assert(fc.property(pretrainConfig, (config) => {
    const text = JSON.stringify(encodePretrainConfig(config));
    deepStrictEqual(right(decodePretrainConfig(JSON.parse(text))), config);
  }));
});

Deno.test("decodePretrainConfig() accepts no number that is negative, infinite or NaN, at any place", () => {
  const bad = fc.constantFrom(-1, -0.5, NaN, Infinity, -Infinity, "1", null);
  const number = somewhere((value) => typeof value === "number");
  fc.assert(fc.property(number, bad, ({ config, path }, value) => {
    ok(faultPaths(replaced(config, path, value)).includes(written(path)));
  }));
});

Deno.test("decodePretrainConfig() accepts no other word, at any place", () => {
  const word = somewhere((value) => typeof value === "string");
  fc.assert(fc.property(word, ({ config, path }) => {
    ok(faultPaths(replaced(config, path, "other")).includes(written(path)));
  }));
});

Deno.test("decodePretrainConfig() misses every field that is not there", () => {
  const field = somewhere((value) => value !== undefined);
  fc.assert(fc.property(field, ({ config, path }) => {
    fc.pre(!isOptional(written(path)));
    const faults = faultPaths(replaced(config, path, undefined));
    ok(faults.includes(written(path)));
  }));
});

Deno.test("decodePretrainConfig() refuses unknown fields, at any place", () => {
  const record = somewhere((value) =>
    typeof value === "object" && !Array.isArray(value)
  );
  fc.assert(fc.property(record, ({ config, path }) => {
    const extended = replaced(config, [...path, "colour"], "blue");
    deepStrictEqual(faultPaths(extended), [written([...path, "colour"])]);
  }));
});

Deno.test("decodePretrainConfig() names faults of all sections at once", () => {
  const { model, freeze, rate, optimizer, training } = DEFAULT_PRETRAIN_CONFIG;
  deepStrictEqual(
    faultsOf(decodePretrainConfig({
      version: 2,
      model: { ...model, imageSize: 225 },
      freeze: { ...freeze, howScale: "cubic" },
      rate: { ...rate, endRate: 1 },
      optimizer: { ...optimizer, _tag: "Adam" },
      training: { ...training, epochs: 5, warmupEpochs: 5 },
    })),
    [
      "version: found 2, wanted 1",
      "model.imageSize: found 225, wanted a multiple of 16 (patchSize)",
      'freeze.howScale: found "cubic", wanted no such field; the nearest is "scale"',
      "rate.endRate: found 1, wanted at most 0.0016 (baseRate)",
      'optimizer._tag: found "Adam", wanted "AdamW" or "Sgd"',
      "training.warmupEpochs: found 5, wanted less than 5 (epochs)",
    ],
  );
});

Deno.test("decodePretrainConfig() accepts the default", () => {
  deepStrictEqual(
    right(decodePretrainConfig(DEFAULT_PRETRAIN_CONFIG)),
    DEFAULT_PRETRAIN_CONFIG,
  );
});
