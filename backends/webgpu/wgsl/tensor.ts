/** Tensors in memory as operands and targets, in 32 bits or as pairs of bfloat16. */
import type { Value, ValueId } from "./command_list.ts";
import type { Block } from "./block.ts";
import type { KernelWriter } from "./kernel_writer.ts";
import type { Operand, Source, Target } from "./operand.ts";
import { flatOf, quotient, remainder } from "./position.ts";

/** Conversions; rounding is to the nearest, ties to even, and keeps what is not finite. */
const BF16 = `fn fromPair(pair : u32) -> vec2<f32> {
  return vec2<f32>(bitcast<f32>(pair << 16u), bitcast<f32>(pair & 0xffff0000u));
}
fn toHalves(x : vec4<f32>) -> vec4<u32> {
  let bits = bitcast<vec4<u32>>(x);
  let rounded = (bits + 0x7fffu + ((bits >> vec4<u32>(16u)) & vec4<u32>(1u))) >> vec4<u32>(16u);
  let special = (bits & vec4<u32>(0x7f800000u)) == vec4<u32>(0x7f800000u);
  let kept = (bits >> vec4<u32>(16u)) | select(vec4<u32>(0u), vec4<u32>(0x40u), (bits & vec4<u32>(0x7fffffu)) != vec4<u32>(0u));
  return select(rounded, kept, special);
}`;

const isVector = ({ shape, dtype }: Value): boolean =>
  dtype === "float32" && (shape.at(-1) ?? 1) % 4 === 0;

/** `at` and `at4` of a value of 32-bit numbers. */
function plainSource(
  writer: KernelWriter,
  id: ValueId,
  { shape }: Value,
): Source {
  return {
    at: (_, position) =>
      `${writer.buffer(id, "read", 1)}[${flatOf(shape, position)}]`,
    at4: (_, position) =>
      `${writer.buffer(id, "read", 4)}[${
        quotient(flatOf(shape, position), 4)
      }]`,
  };
}

function bf16Source(
  writer: KernelWriter,
  id: ValueId,
  { shape }: Value,
): Source {
  writer.declare(BF16);
  return {
    at: (block: Block, position) => {
      const flat = block.let(flatOf(shape, position));
      const pair = `fromPair(${writer.buffer(id, "read", 1)}[${
        quotient(flat, 2)
      }])`;
      return `${pair}[${remainder(flat, 2)}]`;
    },
    at4: (block, position) => {
      const flat = flatOf(shape, position);
      const pairs = block.let(
        `${writer.buffer(id, "read", 4)}[${quotient(flat, 4)}]`,
      );
      return `vec4<f32>(fromPair(${pairs}.x), fromPair(${pairs}.y))`;
    },
  };
}

/** A value as an operand, by default with its own extents. */
export function tensorOperand(
  values: readonly Value[],
  id: ValueId,
  shape = values[id]!.shape,
): Operand {
  const value = { ...values[id]!, shape };
  return {
    shape: value.shape,
    vector: isVector(value),
    open: (writer) =>
      value.storage === "bf16"
        ? bf16Source(writer, id, value)
        : plainSource(writer, id, value),
  };
}

/** A value as a target, by default with its own extents. One in bfloat16 can only be written by fours. */
export function tensorTarget(
  values: readonly Value[],
  id: ValueId,
  shape = values[id]!.shape,
): Target {
  const value = { ...values[id]!, shape };
  const { storage } = value;
  const isHalf = storage === "bf16";
  return {
    shape,
    vector: isVector(value),
    onlyVector: isHalf,
    label: "",
    stored: id,
    open: (writer) => ({
      put: (block, position, number) => {
        if (isHalf) throw new Error("bfloat16 is written by fours");
        const buffer = writer.buffer(id, "read_write", 1);
        block.add(`${buffer}[${flatOf(shape, position)}] = ${number};`);
      },
      put4: (block, position, numbers) => {
        const buffer = writer.buffer(id, "read_write", 4);
        const place = quotient(flatOf(shape, position), 4);
        if (isHalf) {
          writer.declare(BF16);
          const halves = block.let(`toHalves(${numbers})`);
          block.add(
            `${buffer}[${place}] = ${halves}.xz | (${halves}.yw << vec2<u32>(16u));`,
          );
        } else block.add(`${buffer}[${place}] = ${numbers};`);
      },
    }),
  };
}
