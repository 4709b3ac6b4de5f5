/**
 * Kernels of which several values lie in one place. What is written may be bound once
 * only, so their variables become one.
 */
import type { Access } from "../wgsl/command_list.ts";

const DECLARATION =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read_write|read)\s*>\s*(\w+)\s*:([^;]*);/g;

/** A code and the bindings that are left. */
export interface JoinedCode {
  /** The code, its bindings numbered from 0 without gaps. */
  readonly code: string;
  /** For each of its bindings the first that it was made of. */
  readonly bindings: readonly number[];
}

interface Variable {
  readonly binding: number;
  readonly access: Access;
  readonly name: string;
  readonly type: string;
}

const variablesOf = (code: string): readonly Variable[] =>
  [...code.matchAll(DECLARATION)].map(
    ([, binding, access, name, type]): Variable => ({
      binding: Number(binding),
      access: access as Access,
      name: name!,
      type: type!,
    }),
  );

/** Numbers of an element, for example 4 of `array<vec4<f32>>`. */
const lanesOf = ({ type }: Variable): number =>
  Number(/vec(\d)/.exec(type)?.[1] ?? 1);

/** Position behind the bracket that closes the one before `start`. */
function closedAt(code: string, start: number): number {
  let depth = 1;
  let at = start;
  for (; depth > 0 && at < code.length; at++) {
    if (code[at] === "[") depth++;
    if (code[at] === "]") depth--;
  }
  return at;
}

/** The code with `name[i]` read from a variable of groups of so many numbers. */
function byGroups(
  code: string,
  name: string,
  wide: string,
  lanes: number,
): string {
  const use = new RegExp(`\\b${name}\\s*\\[`).exec(code);
  if (use === null) return code;
  const start = use.index + use[0].length;
  const end = closedAt(code, start);
  const index = byGroups(code.slice(start, end - 1), name, wide, lanes);
  const rest = byGroups(code.slice(end), name, wide, lanes);
  const element = `${wide}[(${index}) / ${lanes}][(${index}) % ${lanes}]`;
  return `${code.slice(0, use.index)}${element}${rest}`;
}

/**
 * Joins bindings. Where their elements differ in size, the largest is kept, and the
 * others may only be read.
 *
 * @param firstOf For each binding the first one with the same place, itself where there is none before.
 */
export function joinBindings(
  code: string,
  firstOf: readonly number[],
): JoinedCode {
  if (firstOf.every((first, binding) => first === binding)) {
    return { code, bindings: firstOf };
  }
  const variables = variablesOf(code);
  const left = [...new Set(firstOf)];
  /** Variables that become one, by their first binding. */
  const joined = new Map(left.map((first) => {
    const all = variables.filter(({ binding }) => firstOf[binding] === first);
    const kept = all.reduce((a, b) => lanesOf(b) > lanesOf(a) ? b : a);
    return [first, { all, kept }] as const;
  }));
  const declarations = left.map((first, binding) => {
    const { all, kept: { name, type } } = joined.get(first)!;
    const isWritten = all.some(({ access }) => access === "read_write");
    const access: Access = isWritten ? "read_write" : "read";
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name} :${type};`;
  });
  const keptFor = ({ binding }: Variable): Variable =>
    joined.get(firstOf[binding]!)!.kept;
  const names = new Map(
    variables.map((variable) => [variable.name, keptFor(variable).name]),
  );
  const narrow = variables.filter((variable) =>
    lanesOf(variable) < lanesOf(keptFor(variable))
  );
  // Invocations beside each other would write to one element: the device refuses it as it is.
  if (narrow.some(({ access }) => access === "read_write")) {
    return { code, bindings: firstOf.map((_, binding) => binding) };
  }
  const body = narrow
    .reduce(
      (text, variable) =>
        byGroups(
          text,
          variable.name,
          keptFor(variable).name,
          lanesOf(keptFor(variable)),
        ),
      code.replace(DECLARATION, ""),
    )
    .replace(/\b[A-Za-z_]\w*\b/g, (word) => names.get(word) ?? word);
  return { code: `${declarations.join("\n")}\n${body}`, bindings: left };
}
