/// <reference lib="dom" />
/** Pictures of the visitor: chosen, or dropped onto the page. */
import {
  decodeFiles,
  describeDataError,
  type RawImage,
} from "@vitfreeze/vitfreeze/web";
import { byId } from "./elements.ts";
import { pictureCanvas } from "./result_view.ts";

/** Thumbnails that are shown. */
const SHOWN = 16;

/** Pixels of the shorter side at which pictures are kept: a model of 32 sees crops of them. */
const KEPT_SIDE = 96;

/** Most files that are taken. */
const MOST = 2000;

/** Listener to chosen pictures; `null` are those of the page. */
export type Chosen = (pictures: readonly RawImage[] | null) => void;

const say = (words: string): void => {
  byId("pictures-words").textContent = words;
};

async function take(
  files: readonly File[],
  chosen: Chosen,
): Promise<void> {
  const some = files.slice(0, MOST);
  const decoded = await decodeFiles(some, {
    shortestSide: KEPT_SIDE,
    onProgress: (done) => say(`${done} of ${some.length} pictures are read`),
  });
  if (decoded._tag === "Left") return say(describeDataError(decoded.left));
  const { images, unreadable } = decoded.right;
  const [first] = unreadable;
  say([
    `Both learn from your ${images.length} pictures.`,
    ...first === undefined ? [] : [
      `${unreadable.length} could not be read: ${describeDataError(first)}.`,
    ],
    ...files.length > MOST ? [`Only the first ${MOST} are taken.`] : [],
  ].join(" "));
  byId("thumbnails").replaceChildren(
    ...images.slice(0, SHOWN).map((image) => pictureCanvas(image)),
  );
  byId("embedded").hidden = false;
  chosen(images);
}

/** The page's own pictures again. */
function forget(chosen: Chosen): void {
  say("Both learn from 28×28 pictures of clothes (Fashion-MNIST).");
  byId("thumbnails").replaceChildren();
  byId("embedded").hidden = true;
  chosen(null);
}

const carriesFiles = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes("Files") ?? false;

/** Listens to drops, to the file button and to its opposite. */
export function listenForPictures(chosen: Chosen): void {
  const input = byId<HTMLInputElement>("files");
  input.addEventListener("change", () => {
    void take([...input.files ?? []], chosen);
    input.value = "";
  });
  byId("embedded").addEventListener("click", () => forget(chosen));
  const show = (isShown: boolean) => {
    byId("drop").hidden = !isShown;
  };
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(true);
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) show(false);
  });
  addEventListener("drop", (event) => {
    show(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    void take([...event.dataTransfer?.files ?? []], chosen);
  });
  forget(chosen);
}
