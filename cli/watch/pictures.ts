/** The pictures of a page. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  DARK,
  LIGHT,
  lossPlot,
  type PlotSize,
  runRatesPlot,
} from "../../plot/mod.ts";
import { type FollowedRun, readRegular } from "../../train/mod.ts";

/** Names of the curves. */
export type CurveName = "loss" | "rates";

/** Style of a curve. */
export interface CurveStyle {
  readonly theme: "light" | "dark";
  readonly size: "wide" | "narrow";
}

/** Sizes of a curve; letters keep theirs, about 11 pixels. */
const SIZES: Readonly<Record<CurveStyle["size"], PlotSize>> = {
  wide: { width: 680, height: 430 },
  narrow: { width: 400, height: 360 },
};

/** The curves of a run, drawn when they are asked for. */
export interface Curves {
  /** The version of the curves; takes up news at most every few seconds. */
  version(run: FollowedRun): string;
  /** A curve as SVG text, of the last version; `null` before there is one. */
  draw(name: CurveName, style: CurveStyle): string | null;
}

/** Seconds for which curves stay as they are: drawing takes time from the training. */
const CURVES_SECONDS = 5;

function drawn(
  { plan, lines }: FollowedRun,
  name: CurveName,
  style: CurveStyle,
): string {
  const theme = style.theme === "dark" ? DARK : LIGHT;
  const size = SIZES[style.size];
  return name === "loss"
    ? lossPlot(lines, { phases: plan.phases, theme, size })
    : runRatesPlot(plan, lines, { theme, size });
}

/** Curves that are drawn once for all who look. */
export function curvesOf(now: () => number = Date.now): Curves {
  let [shown, at]: [FollowedRun | null, number] = [null, -Infinity];
  const pictures = new Map<string, string>();
  const versionOf = ({ status, life }: FollowedRun): string =>
    `${status.done}-${life}`;
  return {
    version(run) {
      const isOther = shown === null || versionOf(run) !== versionOf(shown);
      const isDue = now() - at >= 1000 * CURVES_SECONDS ||
        run.life !== shown?.life;
      if (isOther && isDue) {
        [shown, at] = [run, now()];
        pictures.clear();
      }
      return versionOf(shown ?? run);
    },
    draw(name, style) {
      if (shown === null) return null;
      const key = `${name} ${style.theme} ${style.size}`;
      const svg = pictures.get(key) ?? drawn(shown, name, style);
      pictures.set(key, svg);
      return svg;
    },
  };
}

/** A file with a picture. */
export interface PictureFile {
  readonly path: string;
  readonly version: string;
}

/**
 * The newest picture of reconstructions in a run's folder: `reconstruction….svg`.
 *
 * @returns `null` if there is none. A link is none: it may lead anywhere.
 */
export async function newestReconstruction(
  folder: string,
): Promise<PictureFile | null> {
  const names = (await readdir(folder).catch((): string[] => []))
    .filter((name) => /^reconstruction.*\.svg$/.test(name));
  const files = await Promise.all(names.map(async (name) => {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    return found?.isFile() ? [{ path, written: found.mtimeMs }] : [];
  }));
  const newest = files.flat().sort((a, b) => a.written - b.written).at(-1);
  return newest === undefined
    ? null
    : { path: newest.path, version: String(newest.written) };
}

const MOST_BYTES = 2 ** 26;

/** The text of a picture, `null` if it is gone or not a file of its own any more. */
export function pictureText({ path }: PictureFile): Promise<string | null> {
  return readRegular(path, { followsLinks: false, most: MOST_BYTES })
    .catch(() => null);
}
