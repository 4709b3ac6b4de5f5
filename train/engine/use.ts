/** Use of a training: by one loop at a time, until it is given back. */
import { left, type Result } from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";

/** Says who may use what a training holds, and gives it back when nobody does. */
export class Use {
  readonly #giveBack: () => void;
  /** True while a loop is over the training, also where it rests between two steps. */
  #isLooped = false;
  /** True once the training was given back: nobody may begin to use it. */
  #isOver = false;
  /** Works under way: steps, copies of the state. */
  #works = 0;

  /**
   * A use that has not begun.
   *
   * @param giveBack Gives back what the training holds; called once.
   */
  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  /** True once the training was given back. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Begins a loop; gives the reason if there may be none. */
  enter(): TrainError | null {
    if (this.#isOver) return { _tag: "Disposed" };
    if (this.#isLooped) return { _tag: "AlreadyIterated" };
    this.#isLooped = true;
    return null;
  }

  /** Ends the loop that was begun. */
  leave(): void {
    this.#isLooped = false;
  }

  /** Does some work with what the training holds, which is not given back meanwhile. */
  async work<A>(
    work: () => Promise<Result<TrainError, A>>,
  ): Promise<Result<TrainError, A>> {
    if (this.#isOver) return left({ _tag: "Disposed" });
    this.#works++;
    try {
      return await work();
    } finally {
      this.#works--;
      if (this.#isOver && this.#works === 0) this.#giveBack();
    }
  }

  /** Ends all use: now, or as soon as the works under way have ended. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#works === 0) this.#giveBack();
  }
}
