/** Numbers of several invocations of a workgroup, joined to one. */
import type { Block } from "../wgsl/block.ts";
import type { KernelWriter } from "../wgsl/kernel_writer.ts";
import { sum } from "../wgsl/position.ts";

/** Operation that joins terms. */
export type Join = "sum" | "max";

/** WGSL of joined terms. */
export const joined = (by: Join, terms: readonly string[]): string =>
  by === "sum"
    ? terms.join(" + ")
    : terms.reduce((all, term) => `max(${all}, ${term})`);

/** Invocations that join numbers: some or all of a workgroup, next to each other. */
export interface Team {
  /** Invocations of the workgroup. */
  readonly workgroup: number;
  /** Invocations of a team, a power of two. */
  readonly size: number;
  /** Name of the invocation's number in its team. */
  readonly member: string;
  /** Name of the `local` of the team's first invocation. */
  readonly first: string;
}

/**
 * Joins a value of every member of a team in two levels of equal width, with two
 * barriers; the place in workgroup memory may be used again after another join.
 *
 * @returns Name of the result, known to all members.
 */
export function teamJoined(
  writer: KernelWriter,
  block: Block,
  team: Team,
  by: Join,
  type: string,
  value: string,
): string {
  const { workgroup, size, member, first } = team;
  const shared = writer.name("shared");
  writer.declare(`var<workgroup> ${shared} : array<${type}, ${workgroup}>;`);
  const few = 2 ** Math.floor(Math.log2(size) / 2);
  const strided = Array.from(
    { length: size / few },
    (_, k) => `${shared}[${sum(["local", `${k * few}`])}]`,
  );
  const heads = Array.from(
    { length: few },
    (_, k) => `${shared}[${sum([first, `${k}`])}]`,
  );
  block.add(`${shared}[local] = ${value};
workgroupBarrier();
if (${member} < ${few}) { ${shared}[local] = ${joined(by, strided)}; }
workgroupBarrier();`);
  const result = writer.name("joined");
  block.add(`let ${result} = ${joined(by, heads)};`);
  return result;
}

/**
 * Statements that add up an array in workgroup memory by halves, in a fixed order; the sum
 * is that of member 0.
 *
 * @param member Name of the invocation's number in its team.
 * @param size Invocations of the team, a power of two.
 * @param step Distance of two members' numbers in the array.
 */
export function addedByHalves(
  shared: string,
  member: string,
  size: number,
  step = 1,
): string {
  const statements: string[] = [];
  for (let half = size / 2; half >= 1; half /= 2) {
    statements.push(`workgroupBarrier();
if (${member} < ${half}) { ${shared}[local] += ${shared}[local + ${
      half * step
    }]; }`);
  }
  return statements.join("\n");
}
