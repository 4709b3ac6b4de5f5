/** Small command lists by hand, runs of them, and a device that counts what is made on it. */
import type { DeviceTensors } from "../../../../backends/backend.ts";
import {
  type ListProgram,
  listProgram,
} from "../../../../backends/webgpu/runtime/program.ts";
import type { Runtime } from "../../../../backends/webgpu/runtime/runtime.ts";
import type {
  CommandList,
  Value,
} from "../../../../backends/webgpu/wgsl/command_list.ts";
import { value as valueOf } from "../../contract.ts";
import { kernelWriter } from "../../../../backends/webgpu/wgsl/kernel_writer.ts";

/** The device, with counts of what is made on it. */
export function counted(real: GPUDevice): {
  device: GPUDevice;
  made: string[];
  writes: () => number;
  submissions: () => number;
} {
  const made: string[] = [];
  let [writes, submissions] = [0, 0];
  const queue = new Proxy(real.queue, {
    get: (target, key) => {
      const found = Reflect.get(target, key, target);
      if (key === "writeBuffer") writes++;
      if (key === "submit") submissions++;
      return typeof found === "function" ? found.bind(target) : found;
    },
  });
  const counting = new Proxy(real, {
    get: (target, key) => {
      if (key === "queue") return queue;
      const found = Reflect.get(target, key, target);
      if (typeof found !== "function") return found;
      if (/^create(Buffer|BindGroup|ComputePipeline)$/.test(String(key))) {
        return (...given: unknown[]) => {
          made.push(String(key));
          return found.apply(target, given);
        };
      }
      return found.bind(target);
    },
  });
  return {
    ...{ device: counting, made },
    ...{ writes: () => writes, submissions: () => submissions },
  };
}

/** A tensor of float32. */
export const value = (place: Value["place"], count: number): Value => ({
  shape: [count],
  dtype: "float32",
  storage: "f32",
  place,
});

/** `to[i] = expression` of `from[i]`. */
export function map(
  values: readonly Value[],
  [from, to]: readonly [number, number],
  expression: (x: string, y: string) => string,
) {
  const count = values[to]!.shape[0]!;
  const writer = kernelWriter(values);
  const [x, y] = [
    writer.buffer(from, "read", 1),
    writer.buffer(to, "read_write", 1),
  ];
  return writer.finish({
    name: `map ${count}`,
    workgroupSize: [64, 1, 1],
    workgroups: [Math.ceil(count / 64), 1, 1],
    body: `let i = workgroupIndex * 64 + local;
if (i < ${count}) { ${y}[i] = ${expression(`${x}[i]`, `${y}[i]`)}; }`,
  });
}

/** `y = 4·x + 1` by way of two scratch values, and `w += x` in place. */
export function steps(count: number): CommandList {
  const values = [
    value({ _tag: "Input", name: "x" }, count),
    value({ _tag: "Input", name: "w" }, count),
    value({ _tag: "Scratch" }, count),
    value({ _tag: "Scratch" }, count),
    value({ _tag: "Output" }, count),
  ];
  return {
    values,
    calls: [
      map(values, [0, 2], (x) => `2.0 * ${x}`),
      map(values, [2, 3], (x) => `2.0 * ${x}`),
      map(values, [3, 4], (x) => `${x} + 1.0`),
      map(values, [0, 1], (x, w) => `${w} + ${x}`),
    ],
    outputs: { y: 4, v: 1 },
    replaced: { v: "w" },
  };
}

/** Small whole numbers. */
export const numbersOf = (count: number, factor = 1) =>
  Float32Array.from({ length: count }, (_, i) => factor * (i % 97));

/** The program of a list; fails the test if there is none. */
export const programOf = async (
  runtime: Runtime,
  list: CommandList,
  options: Parameters<typeof listProgram>[2] = {},
): Promise<ListProgram> => valueOf(await listProgram(runtime, list, options));

/** What a run gives; fails the test if it fails. */
export const outputsOf = async (
  program: ListProgram,
  inputs: DeviceTensors,
): Promise<DeviceTensors> => valueOf(await program.run(inputs));
