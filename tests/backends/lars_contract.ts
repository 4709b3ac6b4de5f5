/**
 * What every engine must keep of LARS, which is composed of other ops.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import {
  gradientName,
  inputSignatures,
  interpretGraph,
  stateName,
  updateGraph,
} from "../../core/mod.ts";
import { largestDifference } from "../golden_files.ts";
import { right } from "../right.ts";
import { type ContractTest, filled } from "./op_cases.ts";

/** A matrix with long rows, one of zeros, and a vector. */
const SHAPES = { w: [5, 70], z: [3, 4], b: [6] } as const;

const GRAPH = right(updateGraph(
  { _tag: "Lars", momentum: 0.9, weightDecay: 0.01, trust: 0.001 },
  Object.entries(SHAPES).map(([name, shape]) => ({
    name,
    shape,
    decayed: true,
    rate: "rate",
  })),
));

const INPUTS: Readonly<Record<string, Float32Array>> = Object.fromEntries([
  ["rate", Float32Array.of(0.5)],
  ...Object.entries(SHAPES).flatMap(([name, shape], i) => {
    const numbersOf = (seed: number) => filled(shape, seed).data;
    const parameter = numbersOf(3 * i + 1);
    return [
      [name, name === "z" ? parameter.map(() => 0) : parameter],
      [gradientName(name), numbersOf(3 * i + 2)],
      [stateName("momentum_buffer", name), numbersOf(3 * i + 3)],
    ];
  }),
]);

/** Promises about LARS. */
export const LARS_TESTS: readonly ContractTest[] = [{
  name:
    "run() computes a step of LARS as the reference does, also of a matrix of zeros",
  run: async (backend) => {
    const compiled = await backend.compile(GRAPH);
    if (compiled._tag === "Left") throw new Error(compiled.left._tag);
    const inputs = new Map(
      Object.entries(inputSignatures(GRAPH)).map(([name, { shape }]) => [
        name,
        backend.upload({ shape, data: INPUTS[name]! }),
      ]),
    );
    const outputs = await compiled.right.run(inputs);
    if (outputs._tag === "Left") throw new Error(outputs.left._tag);
    const wanted = interpretGraph(
      GRAPH,
      Object.fromEntries(
        Object.entries(INPUTS).map(([name, x]) => [name, Float64Array.from(x)]),
      ),
    );
    for (const [name, tensor] of outputs.right) {
      const error = largestDifference(await tensor.read(), wanted[name]!);
      ok(error < 1e-6, `${name} is off by ${error}`);
      tensor.dispose();
    }
    for (const tensor of inputs.values()) tensor.dispose();
    compiled.right.dispose();
  },
}];
