/// <reference lib="dom" />
/** The page: what is chosen, the race, and what is said of it. */
import {
  describeFaults,
  type FreezePlan,
  type FreezeScale,
  phaseFlops,
  predictedSaving,
  type RawImage,
  type ReconstructionRow,
  type StepReport,
} from "@vitfreeze/vitfreeze/web";
import { byId } from "./elements.ts";
import { showLane } from "./lane_view.ts";
import { showLosses } from "./loss_view.ts";
import type { News } from "./messages.ts";
import { listenForPictures } from "./own_pictures.ts";
import { type Choice, type Lane, lanePlan, LANES } from "./race.ts";
import { showResult } from "./result_view.ts";
import { startTurns, stepTime, type Turns } from "./turns.ts";

const asked = new URLSearchParams(location.search);

/** Steps of a race: `?steps=` asks for others. */
const STEPS = Math.max(8, Math.floor(Number(asked.get("steps") ?? 160)) || 160);

/** A device by name: `?device=wasm` asks for one. */
const DEVICE = asked.get("device") ?? "auto";

/** What is on the page. */
const state = {
  pictures: null as readonly RawImage[] | null,
  plans: null as Readonly<Record<Lane, FreezePlan>> | null,
  reports: { plain: [], frozen: [] } as Record<Lane, StepReport[]>,
  rows: {} as Partial<Record<Lane, readonly ReconstructionRow[]>>,
  race: null as Turns | null,
  isDrawn: true,
};

const t0 = byId<HTMLInputElement>("t0");
const scale = byId<HTMLSelectElement>("scale");
const start = byId<HTMLButtonElement>("start");
const verdict = byId("verdict");

const percent = (part: number): string => `${Math.round(100 * part)} %`;

const choiceNow = (): Choice => ({
  t0: Number(t0.value),
  scale: scale.value as FreezeScale,
  steps: STEPS,
  pictures: state.pictures,
});

function say(words: string, isBad = false): void {
  verdict.textContent = words;
  verdict.classList.toggle("bad", isBad);
}

const secondsOf = (reports: readonly StepReport[]): number =>
  reports.reduce((sum, report) => sum + stepTime(report), 0) / 1000;

/** What the plan says of the first steps: the part of the work that is not done. */
function plannedSaving(plan: FreezePlan, done: number): number {
  const flopsOf = phaseFlops(plan);
  const whole = done * flopsOf(plan.phases[0]);
  const spent = plan.phases.reduce(
    (sum, phase) =>
      sum + Math.max(0, Math.min(done, phase.to) - phase.from) * flopsOf(phase),
    0,
  );
  return 1 - spent / whole;
}

/** Seconds of both over as many steps, beside what the plan said. */
function compare(): void {
  const { plans, reports: { plain, frozen } } = state;
  const done = Math.min(plain.length, frozen.length);
  if (plans === null || done === 0) return;
  const [a, b] = [plain, frozen].map((all) => secondsOf(all.slice(0, done)));
  const isOver = done === plans.frozen.totalSteps;
  const measured = percent(1 - (b ?? 0) / (a ?? 1));
  const predicted = percent(plannedSaving(plans.frozen, done));
  say(
    `${isOver ? "" : `After ${done} steps: `}${b?.toFixed(1)} s instead of ${
      a?.toFixed(1)
    } s. Saved: ${measured} measured, ${predicted} by the plan.`,
  );
}

function draw(): void {
  state.isDrawn = true;
  const { plans, reports } = state;
  if (plans === null) return;
  for (const lane of LANES) showLane(lane, plans[lane], reports[lane]);
  const courseOf = (lane: Lane) => ({
    plan: plans[lane],
    reports: reports[lane],
  });
  showLosses({ plain: courseOf("plain"), frozen: courseOf("frozen") });
  if (verdict.classList.contains("bad")) return;
  compare();
}

/** Draws before the next frame, once. */
function drawSoon(): void {
  if (state.isDrawn) requestAnimationFrame(draw);
  state.isDrawn = false;
}

/** Words about a plan. */
function planWords(plan: FreezePlan): string {
  const [first] = plan.layers;
  const freezes = first === undefined || first.freezeStep >= plan.totalSteps
    ? "No layer freezes before the end"
    : `The first layer freezes after ${
      percent(first.freezeStep / plan.totalSteps)
    } of the race`;
  return `${freezes}; the plan saves ${
    percent(predictedSaving(plan))
  } of the work.`;
}

/** Plans both lanes anew. */
function replan(): void {
  state.race?.stop();
  state.race = null;
  start.textContent = "Start the race";
  const choice = choiceNow();
  byId("t0-value").textContent = percent(choice.t0);
  const [plain, frozen] = LANES.map((lane) => lanePlan(lane, choice));
  if (plain?._tag !== "Right" || frozen?._tag !== "Right") {
    const faults = frozen?._tag === "Left" ? describeFaults(frozen.left) : "";
    say(`There is no such plan: ${faults}`, true);
    start.disabled = true;
    return;
  }
  start.disabled = false;
  state.plans = { plain: plain.right.plan, frozen: frozen.right.plan };
  state.reports = { plain: [], frozen: [] };
  state.rows = {};
  byId("plan-words").textContent = planWords(frozen.right.plan);
  say("");
  showResult({});
  draw();
}

function hear(lane: Lane, news: News): void {
  // For whoever wants to draw or check it otherwise.
  dispatchEvent(new CustomEvent("lane", { detail: { lane, news } }));
  switch (news._tag) {
    case "Ready":
      byId("device").textContent = `Computed by ${news.device}.`;
      say("");
      break;
    case "Stepped":
      state.reports[lane].push(news.report);
      break;
    case "Done":
      state.rows = { ...state.rows, [lane]: news.rows };
      if (LANES.every((each) => state.rows[each] !== undefined)) finish();
      break;
    case "Failed":
      state.race = null;
      start.textContent = "Start the race";
      say(`The race has ended: ${news.reason}`, true);
  }
  drawSoon();
}

function finish(): void {
  state.race = null;
  start.textContent = "Once more";
  showResult(state.rows);
  document.body.dataset.race = "over";
}

start.addEventListener("click", () => {
  const isRunning = state.race !== null;
  replan();
  delete document.body.dataset.race;
  if (isRunning) return;
  start.textContent = "Stop";
  say("Getting ready …");
  state.race = startTurns(choiceNow(), DEVICE, hear);
});
for (const input of [t0, scale]) input.addEventListener("input", replan);
addEventListener("resize", drawSoon);
listenForPictures((pictures) => {
  state.pictures = pictures;
  replan();
});
