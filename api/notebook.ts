/**
 * Runs in a notebook: opened in a line, shown as pictures, trained cell by cell.
 *
 * Unlike the rest of the library, functions here throw errors, whose text says what is wrong.
 *
 * @module
 */
export {
  DISPLAY,
  type Displayed,
  type MediaBundle,
  type Picture,
  picture,
} from "../notebook/display.ts";
export type { Judgement } from "../notebook/judge.ts";
export {
  type Live,
  live,
  type LiveOptions,
  type SendDisplay,
} from "../notebook/live.ts";
export { openRun, type RunSettings } from "../notebook/open_run.ts";
export {
  type JudgeOptions,
  NotebookRun,
  type RunParts,
  type Stretch,
} from "../notebook/run.ts";
export { type Saving, savingOf } from "../notebook/saving.ts";
export {
  type Beginning,
  recipe,
  type Settings,
  type ShortSettings,
} from "../notebook/settings.ts";
export { show, type Showable } from "../notebook/show.ts";
export type { StepsEnd } from "../notebook/steps.ts";
export { type Cell, type Row, type Table, table } from "../notebook/table.ts";
