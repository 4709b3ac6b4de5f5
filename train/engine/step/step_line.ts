/** Steps on their way, in their order, and the state behind them. */
import { left, type Result, right } from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import type { ItemIterator } from "../epoch_items.ts";
import type { SentStep, StepWay } from "./sent_step.ts";
import { disposeState, type TrainState } from "../state.ts";
import type { StepReport } from "../training.ts";

type Report = Result<TrainError, StepReport>;

/** Sends steps and gives their reports in order; holds the one thing that changes. */
export class StepLine<Item> {
  readonly #way: StepWay<Item>;
  /** Reports that are known and not yet taken. */
  readonly #known: Report[] = [];
  readonly #sent: SentStep[] = [];
  #state: TrainState;

  /**
   * A line without steps.
   *
   * @param way The way in which steps are sent.
   * @param start The state before the first; it becomes the line's.
   */
  constructor(way: StepWay<Item>, start: TrainState) {
    this.#way = way;
    this.#state = start;
  }

  /** The state after all that was sent. */
  get state(): TrainState {
    return this.#state;
  }

  /** Steps whose reports were not taken yet. */
  get length(): number {
    return this.#known.length + this.#sent.length;
  }

  /** True if a step failed and its report was not taken yet: until then none is to be sent. */
  get hasFailed(): boolean {
    return this.#known.some(({ _tag }) => _tag === "Left");
  }

  /** Sends the next step; gives the reason if it cannot be. */
  async send(
    epoch: number,
    items: ItemIterator<Item>,
  ): Promise<TrainError | null> {
    const sent = await this.#way.send(this.#state, epoch, items);
    if (sent._tag === "Left") return sent.left;
    this.#state = sent.right.state;
    this.#sent.push(sent.right.sent);
    return null;
  }

  /** Waits for the oldest step whose report is not known; after one that failed none is left. */
  async #settle(): Promise<Result<TrainError, void>> {
    const oldest = this.#sent[0];
    if (oldest === undefined) return right(undefined);
    const settled = await oldest.settle(this.#state);
    if (settled._tag === "Left") return settled;
    const { state, report } = settled.right;
    this.#state = state;
    this.#known.push(report);
    this.#sent.shift();
    if (report._tag === "Left") {
      this.#sent.splice(0).forEach((sent) => sent.dispose());
    }
    return right(undefined);
  }

  /** Waits for all steps on their way; their reports are kept. */
  async drain(): Promise<Result<TrainError, void>> {
    while (this.#sent.length > 0) {
      const settled = await this.#settle();
      if (settled._tag === "Left") return settled;
    }
    return right(undefined);
  }

  /** Takes the report of the oldest step, of at least one. */
  async take(): Promise<Report> {
    if (this.#known.length === 0) {
      const settled = await this.#settle();
      if (settled._tag === "Left") return settled;
    }
    return this.#known.shift() ?? left({ _tag: "Stopped" });
  }

  /** Gives back all tensors and programs. */
  dispose(): void {
    this.#sent.splice(0).forEach((sent) => sent.dispose());
    disposeState(this.#state);
    this.#way.dispose();
  }
}
