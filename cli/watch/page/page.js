/**
 * Shows the states of a run as they come.
 *
 * A state is a `RunState` or a `NoRunState` of `page_state.ts`.
 */

/** The element with an id. */
const byId = (id) => document.getElementById(id);

/** A new element with a class and text. */
function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

const asWidth = (part) => `${(100 * part).toFixed(3)}%`;

function showText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function showLife(life, words) {
  byId("life").dataset.life = life;
  showText(byId("life"), words);
}

function showNotes(notes) {
  const list = byId("notes");
  const shown = [...list.children].map(({ textContent }) => textContent);
  if (shown.join("\n") === notes.join("\n")) return;
  list.replaceChildren(...notes.map((note) => element("li", "", note)));
}

function showProgress({ part, words }) {
  const bar = byId("progress");
  bar.firstElementChild.style.width = asWidth(part);
  bar.setAttribute("aria-valuenow", (100 * part).toFixed(1));
  bar.setAttribute("aria-valuetext", words);
  showText(byId("place"), words);
}

/** As many children as there are values; new ones are made, then all are filled. */
function showList(list, values, make, fill) {
  while (list.children.length > values.length) list.lastChild.remove();
  while (list.children.length < values.length) list.append(make());
  values.forEach((value, i) => fill(list.children[i], value));
}

function makeTile() {
  const tile = element("div", "");
  tile.append(
    element("dt", ""),
    element("dd", "value"),
    element("dd", "detail"),
  );
  return tile;
}

function fillTile(tile, { name, value, detail }) {
  const [term, number, words] = tile.children;
  showText(term, name);
  showText(number, value);
  showText(words, detail);
}

function makeLayer() {
  const row = element("li", "");
  const timeline = element("div", "timeline");
  timeline.setAttribute("role", "img");
  timeline.append(
    element("div", "ahead"),
    element("div", "trained"),
    element("div", "now"),
  );
  const rateBar = element("div", "rate-bar");
  rateBar.setAttribute("aria-hidden", "true");
  rateBar.append(element("div", ""));
  row.append(
    element("span", "name"),
    timeline,
    rateBar,
    element("span", "rate"),
    element("span", "words"),
  );
  return row;
}

const fillLayer = (now) => (row, layer) => {
  const [name, timeline, rateBar, rate, words] = row.children;
  row.style.setProperty("--light", layer.colour.light);
  row.style.setProperty("--dark", layer.colour.dark);
  row.dataset.frozen = String(layer.rate === "0");
  const [ahead, trained, mark] = timeline.children;
  ahead.style.width = asWidth(layer.freezes);
  trained.style.width = asWidth(layer.trained);
  mark.style.left = `calc(${asWidth(now)} - 1px)`;
  timeline.setAttribute(
    "aria-label",
    `${layer.name}: ${layer.words}, learning rate ${layer.rate}`,
  );
  rateBar.firstElementChild.style.width = asWidth(layer.height);
  showText(name, layer.name);
  showText(rate, layer.rate);
  showText(words, layer.words);
};

/** Curves come in the colours of the page and for its width. */
function showCurve(name, { version, alt }) {
  const image = byId(name);
  image.alt = alt;
  if (image.dataset.version === version) return;
  image.dataset.version = version;
  for (const place of image.parentElement.children) {
    const address = `${name}.svg?${place.dataset.curve}&v=${version}`;
    if (place === image) place.src = address;
    else place.srcset = address;
  }
}

function showReconstruction({ version, alt }) {
  const image = byId("reconstruction");
  image.hidden = version === null;
  byId("no-reconstruction").hidden = version !== null;
  if (version === null || image.dataset.version === version) return;
  image.dataset.version = version;
  image.alt = alt;
  image.src = `reconstruction.svg?v=${version}`;
}

function showRun(state) {
  const { folder, progress, tiles, layers, pictures } = state;
  document.title = `${Math.floor(100 * progress.part)} % · ${folder}`;
  showLife(state.life, state.lifeWords);
  showNotes(state.notes);
  showProgress(progress);
  showList(byId("tiles"), tiles, makeTile, fillTile);
  showList(byId("layers"), layers, makeLayer, fillLayer(progress.part));
  showCurve("loss", pictures.loss);
  showCurve("rates", pictures.rates);
  showReconstruction(pictures.reconstruction);
}

function show(state) {
  showText(byId("folder"), state.folder);
  byId("run").hidden = state.kind === "none";
  if (state.kind === "run") return showRun(state);
  showLife("none", "waiting for a run");
  showNotes([state.reason]);
}

const events = new EventSource("events");
events.onmessage = ({ data }) => show(JSON.parse(data));
events.onerror = () => showLife("lost", "watch.ts does not answer");
