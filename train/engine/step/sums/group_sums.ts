/** Sums over the parts of a step, in an order that does not depend on who computes them. */
import type { DeviceTensors } from "../../../../backends/backend.ts";
import { type Result, right } from "../../../../core/mod.ts";
import type { TrainError } from "../../../train_error.ts";
import type { SumOrder } from "../../share.ts";
import { disposeAll } from "../../tensors.ts";

/**
 * Sums that `GroupSums` holds, at most, while the parts of a micro-batch are computed: an open
 * group and a subtree of each level, or a sum of each group.
 */
export const heldSums = (
  { accumIter, groups, groupedBy }: SumOrder,
): number => {
  if (accumIter === 1) return 0;
  return groupedBy === "batches" ? 1 + Math.log2(groups) : groups;
};

/** Adds tensors of equal names; takes both, and leaves none if it fails. */
export type AddTensors = (
  sum: DeviceTensors,
  part: DeviceTensors,
) => Promise<Result<TrainError, DeviceTensors>>;

/** Place of a part in its step. */
export interface PartPlace {
  /** Number of its micro-batch among those of this rank, from 0. */
  readonly batch: number;
  /** Its number in the micro-batch, from 0. */
  readonly part: number;
}

/** The sum of a subtree. */
interface Subtree {
  readonly level: number;
  readonly sum: DeviceTensors;
}

/** Parts of a step as they are added up: groups in their order, then a balanced tree of them. */
export class GroupSums {
  readonly #order: SumOrder;
  readonly #add: AddTensors;
  /** Groups of which parts are missing. */
  readonly #open = new Map<number, DeviceTensors>();
  /** Whole groups, added up as far as they are neighbours; the levels fall. */
  readonly #trees: Subtree[] = [];

  /** No sums. */
  constructor(order: SumOrder, add: AddTensors) {
    this.#order = order;
    this.#add = add;
  }

  #groupOf({ batch, part }: PartPlace): number {
    const { groupedBy, groups, accumIter, parts } = this.#order;
    return groupedBy === "batches"
      ? Math.floor(batch * groups / accumIter)
      : Math.floor(part * groups / parts);
  }

  /** True for the last part of its group. */
  #endsGroup({ batch, part }: PartPlace): boolean {
    const { groupedBy, groups, accumIter, parts } = this.#order;
    const isEnd = (n: number, count: number): boolean =>
      (n + 1) % (count / groups) === 0;
    return groupedBy === "batches"
      ? part + 1 === parts && isEnd(batch, accumIter)
      : batch + 1 === accumIter && isEnd(part, parts);
  }

  /**
   * Adds one part; takes it. The parts of a step come in their order.
   *
   * @returns Nothing, or why it cannot be added.
   */
  async add(
    place: PartPlace,
    part: DeviceTensors,
  ): Promise<Result<TrainError, void>> {
    const group = this.#groupOf(place);
    const before = this.#open.get(group);
    this.#open.delete(group);
    const sum = before === undefined
      ? right(part)
      : await this.#add(before, part);
    if (sum._tag === "Left") return sum;
    if (this.#endsGroup(place)) return await this.#addTree(sum.right);
    this.#open.set(group, sum.right);
    return right(undefined);
  }

  async #addTree(group: DeviceTensors): Promise<Result<TrainError, void>> {
    let tree: Subtree = { level: 0, sum: group };
    while (this.#trees.at(-1)?.level === tree.level) {
      const { sum: before } = this.#trees.pop()!;
      const joined = await this.#add(before, tree.sum);
      if (joined._tag === "Left") return joined;
      tree = { level: tree.level + 1, sum: joined.right };
    }
    this.#trees.push(tree);
    return right(undefined);
  }

  /** The sum of all parts, once all have come; it becomes the caller's. */
  total(): DeviceTensors {
    return this.#trees.pop()?.sum ?? new Map();
  }

  /** Gives back what is left. */
  dispose(): void {
    const sums = [...this.#open.values(), ...this.#trees.map(({ sum }) => sum)];
    sums.forEach((sum) => disposeAll(sum.values()));
    this.#open.clear();
    this.#trees.length = 0;
  }
}
