/**
 * Results that take the place of inputs: the optimizer's step. The same formula on many
 * tensors is one grouped kernel; each of its invocations reads what it replaces before it
 * writes.
 */
import type { NodeId } from "../../../core/mod.ts";
import type { Member, ValueId } from "../wgsl/command_list.ts";
import { groupedKernel } from "../kernels/grouped.ts";
import { sideBySide } from "../kernels/side_by_side.ts";
import type { Compilation } from "./compilation.ts";
import {
  type Scalars,
  type Update,
  UPDATE_BLOCK,
  UPDATE_WORKGROUP,
  type UpdateCode,
  updateCode,
} from "./update_code.ts";

/** Roots that a root is computed from where it is used, among some. */
function reached(
  { outline, valueOf }: Compilation,
  id: NodeId,
  among: ReadonlySet<NodeId>,
): ReadonlySet<NodeId> {
  const found = new Set<NodeId>();
  const visit = (root: NodeId): void => {
    if (root !== id && among.has(root)) found.add(root);
    if (root !== id && valueOf(root) !== undefined) return;
    outline.inputs(root).forEach(visit);
  };
  visit(id);
  return found;
}

/** Updates in sets that are computed together: those that use each other's results. */
function componentsOf(
  compilation: Compilation,
  updates: readonly Update[],
): readonly (readonly Update[])[] {
  const byRoot = new Map(
    updates.flatMap((update) =>
      "root" in update.source ? [[update.source.root, update] as const] : []
    ),
  );
  const among = new Set(byRoot.keys());
  const sets = new Map<Update, Set<Update>>(
    updates.map((update) => [update, new Set([update])]),
  );
  for (const [root, update] of byRoot) {
    for (const other of reached(compilation, root, among)) {
      const [a, b] = [sets.get(update)!, sets.get(byRoot.get(other)!)!];
      if (a === b) continue;
      for (const member of b) {
        a.add(member);
        sets.set(member, a);
      }
    }
  }
  return [...new Set(sets.values())].map((set) =>
    updates.filter((update) => set.has(update))
  );
}

/** Adds kernels for sets of updates: one for all whose code is equal. */
function updateKernels(
  compilation: Compilation,
  codes: readonly UpdateCode[],
): void {
  const groups = Map.groupBy(codes, ({ text }) => text);
  for (const [body, group] of groups) {
    const [{ declarations, written }] = group as [UpdateCode];
    const members = group.map(({ values, words }): Member => ({
      ...{ values, words },
      blocks: Math.ceil(words[0]! / UPDATE_BLOCK),
    }));
    compilation.call(groupedKernel({
      name: `update of ${group.length} × ${written.length} tensors`,
      workgroup: UPDATE_WORKGROUP,
      ...{ declarations, body, written, members },
    }));
  }
}

/** Codes of sets of updates, with their scalars copied side by side. */
function codesOf(
  compilation: Compilation,
  sets: readonly (readonly Update[])[],
  flag: ValueId | undefined,
): readonly UpdateCode[] {
  const scalars: Scalars = { ids: [], value: null };
  const write = () =>
    sets.map((set) => updateCode(compilation, set, scalars, flag)!);
  write();
  if (scalars.ids.length > 0) {
    scalars.value = sideBySide(compilation, scalars.ids);
  }
  return write();
}

/** Stands for the value that holds all scalars, before it is made. */
const SCALARS = -1;

/** Counts how many sets use a value. */
function usesOf(codes: readonly UpdateCode[]): (id: ValueId) => number {
  const uses = new Map<ValueId, number>();
  codes.forEach(({ values }) =>
    values.forEach((id) => uses.set(id, (uses.get(id) ?? 0) + 1))
  );
  return (id) => uses.get(id) ?? 0;
}

/** Sets that a kernel can compute with the buffers that it may bind, and the updates of others. */
function fittingSets(
  compilation: Compilation,
  updates: readonly Update[],
  flag: ValueId | undefined,
): {
  readonly sets: readonly (readonly Update[])[];
  readonly others: readonly Update[];
} {
  const codeOf = (set: readonly Update[], value: ValueId | null) =>
    updateCode(compilation, set, { ids: [], value }, flag);
  const all = componentsOf(compilation, updates);
  const uses = usesOf(
    all.map((set) => codeOf(set, null)).filter((code) => code !== null),
  );
  const fits = (set: readonly Update[]): boolean => {
    const buffers = codeOf(set, SCALARS)?.values.length ?? Infinity;
    const copies = set.filter(({ target }) => uses(target) > 1).length;
    return 1 + buffers + copies <= compilation.limits.buffers;
  };
  return {
    sets: all.filter(fits),
    others: all.filter((set) => !fits(set)).flat(),
  };
}

/** The root that an update computes; one that copies a value comes first. */
const rootOf = ({ source }: Update): NodeId =>
  "root" in source ? source.root : -1;

/**
 * Adds kernels for all updates. A tensor that another update still reads is written last,
 * from a copy.
 *
 * @param stored Computes a root by a kernel of its own, and gives its value.
 * @param flag Value `[1]`: nothing is written where it is 0.
 */
export function emitUpdates(
  compilation: Compilation,
  updates: readonly Update[],
  stored: (root: NodeId) => ValueId,
  flag?: ValueId,
): void {
  const { sets, others } = fittingSets(compilation, updates, flag);
  const inOrder = [...others].sort((a, b) => rootOf(a) - rootOf(b));
  const last = inOrder.flatMap(({ source, target }): Update[] => {
    const value = "root" in source ? stored(source.root) : source.value;
    return value === target ? [] : [{ source: { value }, target }];
  });
  compilation.flush();
  const uses = usesOf(
    sets.map((set) =>
      updateCode(compilation, set, { ids: [], value: null }, flag)!
    ),
  );
  const safe = sets.map((set) =>
    set.map((update): Update => {
      if (uses(update.target) <= 1) return update;
      const value = compilation.scratch(
        compilation.values[update.target]!.shape,
      );
      last.push({ source: { value }, target: update.target });
      return { ...update, target: value };
    })
  );
  updateKernels(compilation, codesOf(compilation, safe, flag));
  updateKernels(
    compilation,
    codesOf(compilation, last.map((update) => [update]), flag),
  );
}
