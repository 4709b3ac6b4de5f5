/** Grouped kernels: members whose values lie in the same buffers share a dispatch. */
import type { GroupedKernel, Workgroups } from "../wgsl/command_list.ts";
import { flatWorkgroups } from "../wgsl/kernel_writer.ts";

/** Block number of a record that has nothing to do. */
const NOTHING = 0xffff_ffff;

/** Place of a value: its buffer, and its first byte in it. */
export interface Spot<Buffer> {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** One dispatch of a grouped kernel. */
export interface Partition<Buffer> {
  /** Buffers of the values, in order. */
  readonly buffers: readonly Buffer[];
  /** Records of all workgroups. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** Size of the dispatch. */
  readonly workgroups: Workgroups;
}

type Members = GroupedKernel["members"];

function tableOf<Buffer>(
  members: Members,
  spotOf: (value: number) => Spot<Buffer>,
  workgroups: Workgroups,
): Uint32Array<ArrayBuffer> {
  const [{ values, words }] = members as [Members[number]];
  const stride = 1 + values.length + words.length;
  const table = new Uint32Array(workgroups[0] * workgroups[1] * stride);
  let at = 0;
  for (const member of members) {
    const rest = [
      ...member.values.map((value) => spotOf(value).offset / 4),
      ...member.words,
    ];
    for (let block = 0; block < member.blocks; block++, at += stride) {
      table[at] = block;
      table.set(rest, at + 1);
    }
  }
  for (; at < table.length; at += stride) table[at] = NOTHING;
  return table;
}

/** Divides the members by the buffers of their values, in the order of their first ones. */
export function partitionsOf<Buffer>(
  { members }: Pick<GroupedKernel, "members">,
  spotOf: (value: number) => Spot<Buffer>,
): readonly Partition<Buffer>[] {
  const numbers = new Map<Buffer, number>();
  const numberOf = (buffer: Buffer): number => {
    if (!numbers.has(buffer)) numbers.set(buffer, numbers.size);
    return numbers.get(buffer)!;
  };
  const partitions = new Map<string, Members[number][]>();
  for (const member of members) {
    if (member.blocks === 0) continue;
    const key = member.values.map((value) => numberOf(spotOf(value).buffer))
      .join();
    const known = partitions.get(key);
    if (known === undefined) partitions.set(key, [member]);
    else known.push(member);
  }
  return [...partitions.values()].map((members) => {
    const blocks = members.reduce((sum, { blocks }) => sum + blocks, 0);
    const workgroups = flatWorkgroups(blocks);
    return {
      buffers: members[0]!.values.map((value) => spotOf(value).buffer),
      table: tableOf(members, spotOf, workgroups),
      workgroups,
    };
  });
}
