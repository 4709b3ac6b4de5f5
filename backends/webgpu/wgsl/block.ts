/** Statements of WGSL under construction. */

/** A list of statements that grows; names in it are unique in their kernel. */
export interface Block {
  /** Names a value: `let v3 = expression;`, or gives the name of an equal one in this block. */
  let(expression: string): string;
  /** Adds a statement, with its semicolon or braces. */
  add(statement: string): void;
  /** An empty block for the inside of a loop or branch; what is named here is known there. */
  inner(): Block;
  /** All statements. */
  text(): string;
}

/** Gives names that no other of the kernel has. */
export type Names = (prefix: string) => string;

/** Names `a0`, `a1`, … for each prefix. */
export function names(): Names {
  let count = 0;
  return (prefix) => `${prefix}${count++}`;
}

/** An empty block. */
export function block(
  name: Names,
  outer: ReadonlyMap<string, string> = new Map(),
): Block {
  const lines: string[] = [];
  const known = new Map(outer);
  return {
    let: (expression) => {
      if (/^\w+$/.test(expression)) return expression;
      const before = known.get(expression);
      if (before !== undefined) return before;
      const made = name("v");
      known.set(expression, made);
      lines.push(`let ${made} = ${expression};`);
      return made;
    },
    add: (statement) => void lines.push(statement),
    inner: () => block(name, known),
    text: () => lines.join("\n"),
  };
}
