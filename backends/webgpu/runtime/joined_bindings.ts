/**
 * Kernels of which several values lie in one buffer. A buffer that is written may be
 * bound once only, so their variables become one.
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

/**
 * Joins bindings.
 *
 * @param firstOf For each binding the first one with the same buffer, itself where there is none before.
 */
export function joinBindings(
  code: string,
  firstOf: readonly number[],
): JoinedCode {
  if (firstOf.every((first, binding) => first === binding)) {
    return { code, bindings: firstOf };
  }
  const variables = [...code.matchAll(DECLARATION)].map(
    ([, binding, access, name, type]): Variable => ({
      binding: Number(binding),
      access: access as Access,
      name: name!,
      type: type!,
    }),
  );
  const at = (binding: number): Variable =>
    variables.find((variable) => variable.binding === binding)!;
  const left = [...new Set(firstOf)];
  const declarations = left.map((first, binding) => {
    const { name, type } = at(first);
    const isWritten = variables.some((other) =>
      firstOf[other.binding] === first && other.access === "read_write"
    );
    const access: Access = isWritten ? "read_write" : "read";
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name} :${type};`;
  });
  const names = new Map(
    variables.map(({ binding, name }) => [name, at(firstOf[binding]!).name]),
  );
  const body = code.replace(DECLARATION, "")
    .replace(/\b[A-Za-z_]\w*\b/g, (word) => names.get(word) ?? word);
  return { code: `${declarations.join("\n")}\n${body}`, bindings: left };
}
