/**
 * Parameters, declared where they are used.
 *
 * A layer declares its parameters while it writes its nodes; the list of a model's
 * parameters is the recording of such a trace. So there is one definition of a model,
 * and no name without a tensor.
 */
import type { GraphBuilder } from "../graph/builder.ts";
import { gradientName, gradients } from "../graph/differentiate.ts";
import type { NodeId, Shape } from "../graph/node.ts";
import { traceShapes } from "../graph/trace.ts";
import type { Initializer } from "./init.ts";

/** One tensor of a model. */
export interface Declared<Owner> {
  /** Name in checkpoints, for example `blocks.0.attn.qkv.weight`. */
  readonly name: string;
  /** Shape in PyTorch's layout. */
  readonly shape: Shape;
  /** Part of the model that it belongs to. */
  readonly owner: Owner;
  /** First value. */
  readonly init: Initializer;
}

/** Tensors of a model by what changes them, in the order in which the forward pass declares them. */
export interface Declarations<Owner> {
  /** Tensors that the optimizer moves. */
  readonly parameters: readonly Declared<Owner>[];
  /** Running means and variances. */
  readonly statistics: readonly Declared<Owner>[];
}

/** Declares a tensor and gives its input node. */
export type Declare = (name: string, shape: Shape, init: Initializer) => NodeId;

/** Scope of layers: a builder, and the declaration of what one part of a model owns. */
export interface Scope {
  /** Builder of the nodes. */
  readonly g: GraphBuilder;
  /** Declares a parameter. */
  readonly parameter: Declare;
  /** Declares a running statistic. */
  readonly statistic: Declare;
}

/** The trace of a model: a builder, and what its parts have declared so far. */
export interface ModelScope<Owner> {
  /** Builder of the nodes. */
  readonly g: GraphBuilder;
  /** Scope of the layers of a part of the model. */
  readonly of: (owner: Owner) => Scope;
  /** Declared tensors. */
  readonly declared: () => Declarations<Owner>;
  /**
   * Writes the gradients of a scalar by some of the parameters.
   *
   * @param loss Node of shape `[]`.
   * @param isTrainable Test for a trainable parameter.
   * @param constants Nodes that no gradient passes, though parameters reach them.
   * @returns Gradients by `gradientName`, in the order of the parameters.
   */
  readonly gradients: (
    loss: NodeId,
    isTrainable: (parameter: Declared<Owner>) => boolean,
    constants?: readonly NodeId[],
  ) => Readonly<Record<string, NodeId>>;
}

/** A tensor of the trace. */
interface Entry<Owner> extends Declared<Owner> {
  readonly kind: keyof Declarations<Owner>;
  readonly node: NodeId;
}

const described = (
  { kind, owner, init }: Omit<Entry<unknown>, "node">,
): string =>
  `one of the ${kind} of ${JSON.stringify(owner)} that starts as ${
    JSON.stringify(init)
  }`;

function declare<Owner>(
  g: GraphBuilder,
  entries: Map<string, Entry<Owner>>,
  inputName: string,
  entry: Omit<Entry<Owner>, "node">,
): NodeId {
  const { name, shape } = entry;
  const earlier = entries.get(name);
  if (earlier !== undefined && described(earlier) !== described(entry)) {
    const wanted = `${described(earlier)}, as declared before`;
    return g.fault(`parameter ${name}`, described(entry), wanted);
  }
  const node = g.input(inputName, shape);
  if (earlier === undefined) entries.set(name, { ...entry, node });
  return node;
}

/**
 * Begins the trace of a model. Its tensors become inputs of the graph when they are
 * declared. A second declaration must agree with the first, else the trace fails.
 *
 * @param inputName Name of the input of a tensor; its own by default.
 */
export function modelScope<Owner>(
  g: GraphBuilder,
  inputName: (name: string) => string = (name) => name,
): ModelScope<Owner> {
  const entries = new Map<string, Entry<Owner>>();
  const declaring =
    (owner: Owner, kind: keyof Declarations<Owner>): Declare =>
    (name, shape, init) =>
      declare(g, entries, inputName(name), { name, shape, owner, init, kind });
  const all = (kind: keyof Declarations<Owner>): readonly Entry<Owner>[] =>
    [...entries.values()].filter((entry) => entry.kind === kind);
  const plain = ({ name, shape, owner, init }: Entry<Owner>) => ({
    name,
    shape,
    owner,
    init,
  });
  return {
    g,
    of: (owner) => ({
      g,
      parameter: declaring(owner, "parameters"),
      statistic: declaring(owner, "statistics"),
    }),
    declared: () => ({
      parameters: all("parameters").map(plain),
      statistics: all("statistics").map(plain),
    }),
    gradients: (loss, isTrainable, constants) => {
      const trained = all("parameters").filter(isTrainable);
      const wanted = trained.map(({ node }) => node);
      const nodes = gradients(g, loss, wanted, constants);
      return Object.fromEntries(
        trained.map(({ name }, i) => [gradientName(name), nodes[i] ?? -1]),
      );
    },
  };
}

/** The tensors that a forward pass declares. */
export function recorded<Owner>(
  forward: (scope: ModelScope<Owner>) => unknown,
): Declarations<Owner> {
  const scopes: ModelScope<Owner>[] = [];
  traceShapes((g) => {
    const scope = modelScope<Owner>(g);
    scopes.push(scope);
    forward(scope);
    return {};
  });
  return scopes[0]?.declared() ?? { parameters: [], statistics: [] };
}
