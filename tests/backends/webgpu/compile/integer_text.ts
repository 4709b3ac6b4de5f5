/** Statements and expressions of whole numbers as kernels have them, evaluated as WGSL means them. */

/** Names and their numbers. */
export type Known = ReadonlyMap<string, number>;

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "*": (a, b) => a * b,
  "/": (a, b) => Math.floor(a / b),
  "%": (a, b) => a % b,
};

/**
 * The value of an expression of names, numbers, `+ * / %` and brackets; `/` rounds down.
 *
 * @throws If it is none, or names what is not known.
 */
export function evaluated(text: string, known: Known): number {
  const tokens = text.match(/[A-Za-z_]\w*|\d+|[-+*/%()]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const token = tokens[at++] ?? "";
    if (token === "(") {
      const value = terms();
      if (tokens[at++] !== ")") throw new Error(`no bracket in ${text}`);
      return value;
    }
    if (token === "-") return -atom();
    const value = /^\d/.test(token) ? Number(token) : known.get(token);
    if (value === undefined) throw new Error(`${token} in ${text}`);
    return value;
  };
  const chain = (operators: string, next: () => number): number => {
    let value = next();
    while (at < tokens.length && operators.includes(tokens[at]!)) {
      const operator = OPERATORS[tokens[at++]!]!;
      value = operator(value, next());
    }
    return value;
  };
  const factors = (): number => chain("*/%", atom);
  const terms = (): number => chain("+", factors);
  const value = terms();
  if (at < tokens.length) throw new Error(`${tokens[at]} in ${text}`);
  return value;
}

/** What is known after statements `let name = expression;`. */
export function after(statements: string, known: Known): Known {
  const all = new Map(known);
  for (const line of statements.split("\n").filter((line) => line !== "")) {
    const [, name, text] = /^let (\w+) = (.*);$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`${line} is no naming`);
    all.set(name, evaluated(text!, all));
  }
  return all;
}
