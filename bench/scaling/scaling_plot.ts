/** Scaling of all machines and models as one picture of small panels. */
import { INK, QUIET } from "../../plot/theme.ts";
import type { Machine } from "./machines.ts";
import { bytesWith, type ScalingReport } from "./report.ts";
import { PANEL, type PanelLine, scalingPanel } from "./scaling_panel.ts";
import { GIGABITS, type Planned, RANKS, type Study } from "./study.ts";

/** Pixels above the rows of a model, and below them. */
const [HEAD, FOOT] = [76, 34] as const;

/** Pixels above the panels of a machine. */
const ROW_HEAD = 22;

const ROW = ROW_HEAD + PANEL.height;

const escaped = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Words at a place. */
const words = (
  text: string,
  [x, y]: readonly [number, number],
  style: { size?: number; fill?: string; weight?: number; anchor?: string } =
    {},
): string =>
  `<text x="${x}" y="${y}" font-family="system-ui, sans-serif" font-size="${
    style.size ?? 11
  }" fill="${style.fill ?? INK}" font-weight="${
    style.weight ?? 400
  }" text-anchor="${style.anchor ?? "start"}">${escaped(text)}</text>`;

const at = (x: number, y: number, svg: string): string =>
  `<g transform="translate(${x} ${y})">${svg}</g>`;

/** The values of rows for each network, in the order of the numbers of ranks. */
function linesOf<Row extends { gigabits: number; ranks: number }>(
  rows: readonly Row[],
  valueOf: (row: Row) => number,
): readonly PanelLine[] {
  return GIGABITS.map((gigabits) => ({
    gigabits,
    values: RANKS.map((ranks) => {
      const row = rows.find((row) =>
        row.gigabits === gigabits && row.ranks === ranks
      );
      return row === undefined ? NaN : valueOf(row);
    }),
  }));
}

/** What is drawn in a row of panels. */
interface RowOf {
  readonly report: ScalingReport;
  readonly study: Study;
  readonly machine: Machine;
  readonly isLast: boolean;
}

const efficiencyPanels = (
  { report, study, machine, isLast }: RowOf,
): readonly string[] =>
  study.drawn.map((frozen) =>
    scalingPanel({
      ...{ kind: "efficiency", domain: [0, 105], isLast },
      lines: linesOf(
        report.steps.filter((row) =>
          row.model === study.model && row.machine === machine.name &&
          row.frozen === frozen
        ),
        ({ efficiency }) => 100 * efficiency,
      ),
    })
  );

/** Images each second over the whole run. */
function imagesPanel({ report, study, machine, isLast }: RowOf): string {
  const rows = report.runs.filter((row) =>
    row.model === study.model && row.machine === machine.name
  );
  const lines = linesOf(rows, ({ imagesPerSecond }) => imagesPerSecond);
  const alone = lines[0]?.values[0] ?? NaN;
  const least = Math.min(...lines.flatMap(({ values }) => values));
  return scalingPanel({
    ...{ kind: "images", isLast, lines, alone },
    domain: [least / 1.3, 1.1 * alone * (RANKS.at(-1) ?? 1)],
  });
}

/** The panels of a machine with its name above them. */
const rowSvg = (row: RowOf): string =>
  [
    words(row.machine.title, [PANEL.left, 18], { weight: 600 }),
    ...[...efficiencyPanels(row), imagesPanel(row)]
      .map((panel, i) => at(i * PANEL.width, ROW_HEAD, panel)),
  ].join("\n");

const NAMES = { "vit-b": "ViT-B/16", "vit-l": "ViT-L/16" } as const;

const megabytes = (bytes: number): string =>
  Math.round(bytes / 1e6).toLocaleString("en");

/** Titles of a model and of its columns. */
function headSvg(planned: Planned): string {
  const { study, plan } = planned;
  const columns = study.drawn.map((frozen) => [
    frozen === 0
      ? "Efficiency, nothing frozen"
      : `Efficiency, ${frozen} of ${plan.layers.length} layers frozen`,
    `${megabytes(bytesWith(planned, frozen))} MB of gradients a step`,
  ]);
  const all = [...columns, ["Images a second, whole run", "dashed: perfect"]];
  return [
    words(
      `${NAMES[study.model]}, ${
        study.images.toLocaleString("en")
      } images a step shared by all nodes; at the lines: Gbit/s`,
      [PANEL.left, 24],
      { size: 15, weight: 600 },
    ),
    ...all.flatMap(([title = "", below = ""], i) => [
      words(title, [i * PANEL.width + PANEL.left, 50], { weight: 600 }),
      words(below, [i * PANEL.width + PANEL.left, 65], {
        fill: QUIET,
        size: 10,
      }),
    ]),
  ].join("\n");
}

const footSvg = (y: number, panels: number): string =>
  Array.from({ length: panels }, (_, i) =>
    words("nodes", [
      i * PANEL.width + (PANEL.left + PANEL.width - PANEL.right) / 2,
      y,
    ], { size: 10, anchor: "middle" })).join("\n");

/** All machines with one model. */
function modelSvg(
  report: ScalingReport,
  machines: readonly Machine[],
  planned: Planned,
): string {
  const { study } = planned;
  const rows = machines.map((machine, i) =>
    at(
      0,
      HEAD + i * ROW,
      rowSvg({ report, study, machine, isLast: i + 1 === machines.length }),
    )
  );
  const foot = HEAD + machines.length * ROW + 14;
  return [headSvg(planned), ...rows, footSvg(foot, 1 + study.drawn.length)]
    .join("\n");
}

/**
 * Draws efficiency in some phases and images each second over the whole run, a row for
 * each machine.
 *
 * @returns An SVG document.
 */
export function scalingPlot(
  report: ScalingReport,
  machines: readonly Machine[],
  models: readonly Planned[],
): string {
  const block = HEAD + machines.length * ROW + FOOT;
  const [width, height] = [4 * PANEL.width, models.length * block];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...models.map((planned, i) =>
      at(0, i * block, modelSvg(report, machines, planned))
    ),
    "</svg>",
  ].join("\n");
}
