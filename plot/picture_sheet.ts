/** Sheet of pictures in rows and columns. */
import { type PictureImage, pngDataUri } from "./png.ts";
import { INK } from "./theme.ts";

/** Sizes in pixels at the natural scale. */
const PANEL = 168;
const GAP = 10;
const MARGIN = 28;
const HEADER = 56;

/** Left or upper edge of a panel behind others. */
const edge = (before: number): number => before * (PANEL + GAP);

async function panel(
  image: PictureImage,
  column: number,
  row: number,
): Promise<string> {
  const scaling = image.width < PANEL ? ' image-rendering="pixelated"' : "";
  return `<image x="${MARGIN + edge(column)}" y="${
    HEADER + edge(row)
  }" width="${PANEL}" height="${PANEL}"${scaling} href="${await pngDataUri(
    image,
  )}"/>`;
}

/**
 * Draws pictures side by side, row by row, all in the same size.
 *
 * @param title Words above them, without characters that XML would take for its own.
 * @param images The pictures; `[]` gives an empty sheet.
 * @param columns Pictures in a row, `≥ 1`.
 * @returns An SVG document on a white ground, with the pictures inside.
 */
export async function pictureSheet(
  title: string,
  images: readonly PictureImage[],
  columns: number,
): Promise<string> {
  const panels = await Promise.all(
    images.map((image, i) =>
      panel(image, i % columns, Math.floor(i / columns))
    ),
  );
  const width = 2 * MARGIN + edge(columns) - GAP;
  const height = HEADER + edge(Math.ceil(images.length / columns)) + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${MARGIN}" y="36" font-size="16" fill="${INK}" font-family="system-ui, 'DejaVu Sans', sans-serif">${title}</text>`,
    ...panels,
    "</svg>",
  ].join("\n");
}
