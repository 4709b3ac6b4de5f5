/** The page of pictures: one file that needs no other and runs nothing. */
import { createHash } from "node:crypto";
import { printable } from "../../core/mod.ts";
import type { NamedPicture } from "./named_picture.ts";
// Imported, not read: the page needs no leave to read its own files.
import style from "./page.css" with { type: "text" };

/** A table of the page. */
export interface PageTable {
  readonly heading: string;
  readonly words: string;
  /** Heads of the columns; true where numbers stand below. */
  readonly head: readonly (readonly [name: string, isNumber: boolean])[];
  readonly rows: readonly (readonly string[])[];
}

/** Content of the page. */
export interface PageContent {
  readonly title: string;
  /** Lines below the title. */
  readonly lead: readonly string[];
  /** The most important sentences. */
  readonly gains: readonly string[];
  /** Tables and pictures, in their order. */
  readonly parts: readonly (PageTable | NamedPicture)[];
  /** Facts at the end. */
  readonly facts: readonly string[];
}

/** Text that HTML does not take for its own. */
const html = (text: string): string =>
  printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The page shows its own pictures and style, and nothing else: it runs and loads nothing. */
const POLICY = [
  "default-src 'none'",
  "img-src data:",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  ...["base-uri", "form-action"].map((what) => `${what} 'none'`),
].join("; ");

const pictureAddress = (svg: string): string =>
  `data:image/svg+xml;base64,${new TextEncoder().encode(svg).toBase64()}`;

const cell = (tag: "th" | "td", text: string, isNumber: boolean): string =>
  `<${tag}${isNumber ? ' class="number"' : ""}>${html(text)}</${tag}>`;

function tablePart({ head, rows }: PageTable): string {
  const heads = head.map(([name, isNumber]) => cell("th", name, isNumber));
  const lines = rows.map((row) =>
    `<tr>${
      row.map((text, k) => cell("td", text, head[k]?.[1] ?? false)).join("")
    }</tr>`
  );
  return `<table><thead><tr>${heads.join("")}</tr></thead><tbody>${
    lines.join("\n")
  }</tbody></table>`;
}

function section(part: PageTable | NamedPicture): string {
  const { heading, words } = part;
  const content = "svg" in part
    ? `<img src="${pictureAddress(part.svg)}" alt="${html(part.alt)}">`
    : tablePart(part);
  return `<section><h2>${html(heading)}</h2><p class="quiet">${
    html(words)
  }</p>${content}</section>`;
}

/**
 * Writes the page.
 *
 * @returns HTML in one file: style and pictures are within it, and its policy lets nothing
 * run and nothing be loaded.
 */
export function gainPage(
  { title, lead, gains, parts, facts }: PageContent,
): string {
  const items = gains.map((line) => `<li>${html(line)}</li>`).join("\n");
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="content-security-policy" content="${html(POLICY)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${html(title)}</title>`,
    '<link rel="icon" href="data:,">',
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    `<header><h1>${html(title)}</h1>`,
    ...lead.map((line) => `<p class="quiet">${html(line)}</p>`),
    gains.length === 0 ? "" : `<ul class="gains">${items}</ul>`,
    "</header>",
    "<main>",
    ...parts.map(section),
    "</main>",
    `<footer>${
      facts.map((line) => `<div>${html(line)}</div>`).join("")
    }</footer>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}
