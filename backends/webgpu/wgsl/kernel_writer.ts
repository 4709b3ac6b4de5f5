/** The text of one kernel: bindings are declared as they are used. */
import type {
  Access,
  Binding,
  Kernel,
  Value,
  ValueId,
  Workgroups,
} from "./command_list.ts";
import { type Block, block, names } from "./block.ts";

/** Largest number of workgroups along an axis. */
export const MOST_WORKGROUPS = 65_535;

/** Workgroups that keep a large card busy. */
export const MANY_WORKGROUPS = 512;

/** Workgroups of a flat dispatch; `workgroupIndex` in the code is `x + 65535·y`. */
export function flatWorkgroups(count: number): Workgroups {
  const rows = Math.ceil(count / MOST_WORKGROUPS);
  return [
    rows <= 1 ? Math.max(1, count) : MOST_WORKGROUPS,
    Math.max(1, rows),
    1,
  ];
}

/** Elements of a binding: single numbers, or groups of four. */
export type Lanes = 1 | 4;

/** Parts of a kernel. */
export interface KernelParts {
  /** Op and shapes. */
  readonly name: string;
  /** Invocations of a workgroup along x, y, z. */
  readonly workgroupSize: Workgroups;
  /** Size of the dispatch. */
  readonly workgroups: Workgroups;
  /** Functions, structs and workgroup variables. */
  readonly declarations?: string;
  /**
   * Statements of `main`. Known in it, all `i32`: `local` (invocation in its workgroup),
   * `workgroupIndex` (`x + 65535·y`), `localX`, `localY`, `groupX`, `groupY`, `groupZ`.
   * Count of workgroups may be rounded up by `flatWorkgroups`: compare `workgroupIndex`.
   */
  readonly body: string;
}

/** Writes one kernel. */
export interface KernelWriter {
  /** An empty block of statements. */
  block(): Block;
  /** A name that no other of the kernel has. */
  name(prefix: string): string;
  /**
   * Name of the variable `array<…>` that holds a value, declared on first use. One value
   * may be bound by ones and by fours; one that is read and written has one binding.
   * Storage `bf16` is `array<u32>` by ones (pairs), and `array<vec2<u32>>` by fours.
   */
  buffer(value: ValueId, access: Access, lanes: Lanes): string;
  /** Adds a function or constant of WGSL once, before `main`. */
  declare(text: string): void;
  /** The kernel. */
  finish(parts: KernelParts): Kernel;
}

/** A binding and its name in the code. */
interface Variable extends Binding {
  readonly lanes: Lanes;
  readonly variable: string;
  readonly element: string;
}

const ELEMENTS: Readonly<Record<Value["storage"], readonly [string, string]>> =
  {
    f32: ["f32", "vec4<f32>"],
    i32: ["i32", "vec4<i32>"],
    bf16: ["u32", "vec2<u32>"],
  };

/** Text of `main` with its built-in values as `i32`. */
const mainOf = ({ workgroupSize, body }: KernelParts): string =>
  `@compute @workgroup_size(${workgroupSize.join(", ")})
fn main(@builtin(local_invocation_id) localId : vec3<u32>,
  @builtin(local_invocation_index) localIndex : u32,
  @builtin(workgroup_id) groupId : vec3<u32>) {
let local = i32(localIndex);
let localX = i32(localId.x);
let localY = i32(localId.y);
let groupX = i32(groupId.x);
let groupY = i32(groupId.y);
let groupZ = i32(groupId.z);
let workgroupIndex = groupX + groupY * ${MOST_WORKGROUPS};
${body}
}`;

/** A writer of one kernel on values of a command list. */
export function kernelWriter(values: readonly Value[]): KernelWriter {
  const name = names();
  const bindings: { -readonly [K in keyof Variable]: Variable[K] }[] = [];
  const declared = new Set<string>();
  return {
    block: () => block(name),
    name,
    buffer: (value, access, lanes) => {
      const known = bindings.find((binding) =>
        binding.value === value && binding.lanes === lanes
      );
      if (known !== undefined) {
        if (access === "read_write") known.access = access;
        return known.variable;
      }
      const variable = `t${bindings.length}`;
      const storage = values[value]?.storage ?? "f32";
      const element = ELEMENTS[storage][lanes === 1 ? 0 : 1];
      bindings.push({ value, access, lanes, variable, element });
      return variable;
    },
    declare: (text) => void declared.add(text),
    finish: (parts) => ({
      _tag: "Kernel",
      name: parts.name,
      code: [
        ...bindings.map(({ access, variable, element }, i) =>
          `@group(0) @binding(${i}) var<storage, ${access}> ${variable} : array<${element}>;`
        ),
        ...declared,
        parts.declarations ?? "",
        mainOf(parts),
      ].join("\n"),
      bindings: bindings.map(({ value, access }) => ({ value, access })),
      workgroups: parts.workgroups,
    }),
  };
}
