// Pictures of networks: drawn from the data in the page, laid out in tiers, saved as PNG or SVG.
// Texts are drawn on a canvas or put in as text, never as markup.

import { saved, svg } from "./picture-files.js";

const media = matchMedia("(prefers-color-scheme: dark)");

for (const frame of document.querySelectorAll(".drawn")) {
  const data = JSON.parse(frame.querySelector(".picture-data").textContent);
  if (data.nodes.length > 0) {
    frame.hidden = false;
    draw(frame, data);
  }
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function draw(frame, data) {
  const place = frame.querySelector(".picture");
  const picture = cytoscape({
    container: place,
    elements: [
      ...data.nodes.map((node) => ({ data: node, classes: `${node.isGroup ? "group" : ""} ${node.isStart ? "start" : ""}` })),
      ...data.arrows.map((arrow) => ({ data: arrow, classes: arrow.loop ? "loop" : "" })),
    ],
    style: style(),
    layout: { name: "preset" },
    userZoomingEnabled: false,
    boxSelectionEnabled: false,
    autoungrabify: false,
    minZoom: 0.1,
    maxZoom: 3,
  });
  arrange(picture, place);
  media.addEventListener("change", () => picture.style(style()));
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth !== width) {
      width = place.clientWidth;
      picture.resize();
      arrange(picture, place);
    }
  }).observe(place);
  choose(frame, picture);
  buttons(frame, picture, place.dataset.name);
  // For tests, which cannot see what a canvas shows.
  place.picture = picture;
}

// Wheels scroll the page unless somebody zooms on purpose.
function buttons(frame, picture, name) {
  const zoom = (by) =>
    picture.zoom({
      level: picture.zoom() * by,
      renderedPosition: { x: picture.width() / 2, y: picture.height() / 2 },
    });
  const does = {
    in: () => zoom(1.3),
    out: () => zoom(1 / 1.3),
    fit: () => fit(picture),
    png: () => saved(`${name}.png`, picture.png({ output: "blob", full: true, scale: 2, bg: colours()("surface") })),
    svg: () => saved(`${name}.svg`, svg(picture, colours())),
  };
  for (const button of frame.querySelectorAll("button[data-do]")) {
    button.addEventListener("click", does[button.dataset.do]);
  }
}

function choose(frame, picture) {
  const chosen = frame.querySelector(".chosen");
  const rest = () => {
    chosen.replaceChildren("Choose a node to see more.");
    picture.elements().removeClass("dim");
  };
  rest();
  picture.on("tap", (event) => {
    if (event.target === picture || event.target.isEdge()) {
      rest();
    }
  });
  picture.on("tap", "node", (event) => {
    const node = event.target;
    picture.elements().addClass("dim");
    node.closedNeighborhood().removeClass("dim");
    const words = document.createElement("span");
    words.textContent = node.data("said");
    const links = node.data("links").map(({ text, url }) => {
      const link = document.createElement("a");
      link.textContent = text;
      link.href = url;
      return link;
    });
    chosen.replaceChildren(words, ...links);
  });
  picture.on("dbltap", "node", (event) => location.assign(event.target.data("links")[0].url));
}

function style() {
  const colour = colours();
  const font = getComputedStyle(document.body).fontFamily;
  return [
    { selector: "node", style: {
      label: "data(label)", "background-color": (node) => colour(node.data("role")),
      width: "data(size)", height: "data(size)", "border-width": 0,
      color: colour("ink"), "font-size": 12, "font-family": font, "text-valign": "bottom", "text-margin-y": 5,
      "text-wrap": "wrap", "text-max-width": 112, "text-background-color": colour("surface"),
      "text-background-opacity": 0.8, "text-background-padding": 1 } },
    { selector: "node.group", style: { shape: "round-rectangle", "background-opacity": 0.35,
      "border-width": 1.5, "border-style": "dashed", "border-color": (node) => colour(node.data("role")) } },
    { selector: "node[violations > 0]", style: { "border-width": 3, "border-style": "solid", "border-color": colour("violation") } },
    { selector: "node.start", style: { "border-width": 4, "border-style": "double", "border-color": colour("violation") } },
    { selector: "edge", style: {
      width: "data(width)", "line-color": colour("edge"), "target-arrow-color": colour("edge"),
      "target-arrow-shape": "triangle", "arrow-scale": 0.9, "curve-style": "bezier", "control-point-step-size": 36,
      "line-opacity": 0.75, label: "data(label)", "font-size": 10, "font-family": font, color: colour("faint"),
      "text-wrap": "wrap", "text-max-width": 110,
      "text-background-color": colour("surface"), "text-background-opacity": 0.9, "text-background-padding": 2 } },
    { selector: "edge.crowd", style: { "line-opacity": 0.4 } },
    { selector: "edge.loop", style: { "line-style": "dashed", "line-dash-pattern": [7, 4], "line-opacity": 0.75,
      "line-color": colour("both"), "target-arrow-color": colour("both") } },
    // What leads back goes round what stands between.
    { selector: "edge.back", style: { "curve-style": "unbundled-bezier", "control-point-weights": 0.5,
      "control-point-distances": (edge) => Math.min(30 + length(edge) / 5, 160) } },
    { selector: "edge.quiet", style: { label: "" } },
    { selector: ".dim", style: { opacity: 0.18 } },
  ];
}

// ── Where things stand ──

function length(edge) {
  const [from, to] = [edge.source().position(), edge.target().position()];
  return Math.hypot(to.x - from.x, to.y - from.y);
}

function arrange(picture, place) {
  const isNarrow = place.clientWidth < 560;
  if (picture.nodes(".group").length > 0) {
    columns(picture, place, isNarrow);
  } else {
    components(picture, place, isNarrow);
  }
  const along = isNarrow ? "y" : "x";
  picture.edges().toggleClass("quiet", isNarrow).toggleClass("crowd", picture.edges().length > 60);
  picture.edges().removeClass("back").filter((edge) => {
    return edge.source().position(along) > edge.target().position(along) && length(edge) > 200;
  }).addClass("back");
  fit(picture);
}

function fit(picture) {
  picture.fit(undefined, 28);
  if (picture.zoom() > 1.25) {
    picture.zoom(1.25);
    picture.center();
  }
}

// Each connected part by itself, in tiers; the parts then stand in rows like words of a text.
function components(picture, place, isNarrow) {
  const parts = picture.elements().components();
  const hasWords = picture.edges().some((edge) => edge.data("label").length > 15);
  const boxes = parts.map((part) => {
    part.layout({
      name: "dagre", rankDir: isNarrow ? "TB" : "LR", nodeSep: isNarrow ? 12 : 22, edgeSep: 16,
      nodeDimensionsIncludeLabels: true,
      rankSep: (isNarrow ? 40 : 64) + (hasWords ? 80 : 0), fit: false, animate: false,
    }).run();
    return { part, box: part.boundingBox() };
  });
  boxes.sort((one, other) => other.box.h - one.box.h);
  const gap = 56;
  const widest = Math.max(...boxes.map(({ box }) => box.w));
  const tries = Array.from({ length: 24 }, (_, index) => rows(boxes, widest * (1 + index / 6), gap));
  const size = ({ width, height }) => Math.min(place.clientWidth / width, place.clientHeight / height);
  const best = tries.reduce((one, other) => (size(other) > size(one) ? other : one));
  boxes.forEach(({ part, box }, index) => {
    part.nodes().shift({ x: best.corners[index].x - box.x1, y: best.corners[index].y - box.y1 });
  });
}

// Where boxes stand in rows that are at most so wide, and how large all of it is.
function rows(boxes, most, gap) {
  const corners = [];
  let x = 0, y = 0, row = 0, width = 0;
  for (const { box } of boxes) {
    if (x > 0 && x + box.w > most) {
      x = 0;
      y += row + gap;
      row = 0;
    }
    corners.push({ x, y });
    width = Math.max(width, x + box.w);
    row = Math.max(row, box.h);
    x += box.w + gap;
  }
  return { corners, width, height: y + row };
}

// Suppliers, providers and consumers in columns, each near to what it is joined with.
function columns(picture, place, isNarrow) {
  const places = [...new Set(picture.nodes().map((node) => node.data("tier")))].sort((one, other) => one - other);
  const tiers = places.map((tier) => picture.nodes(`[tier = ${tier}]`).toArray());
  const at = new Map();
  const spread = (tier) => tier.forEach((node, index) => at.set(node.id(), (index + 0.5) / tier.length));
  tiers.forEach(spread);
  for (let round = 0; round < 6; round += 1) {
    for (const tier of tiers) {
      const wish = new Map(tier.map((node) => {
        const beside = node.neighborhood("node").toArray().filter((other) => other.data("tier") !== node.data("tier"));
        const sum = beside.reduce((total, other) => total + at.get(other.id()), 0);
        return [node.id(), beside.length > 0 ? sum / beside.length : at.get(node.id())];
      }));
      tier.sort((one, other) => wish.get(one.id()) - wish.get(other.id()));
      spread(tier);
    }
  }
  // A tier of many takes several columns, so that names can be read.
  const step = isNarrow ? 116 : 84;
  const room = isNarrow ? place.clientWidth : place.clientHeight;
  const rows = Math.max(3, Math.floor(room / step));
  let across = 0;
  for (const tier of tiers) {
    const columns = Math.ceil(tier.length / rows);
    const apart = isNarrow ? 84 : 150;
    tier.forEach((node, index) => {
      const column = index % columns;
      const inColumn = Math.ceil((tier.length - column) / columns);
      const along = ((Math.floor(index / columns) + 0.5) / inColumn) * rows * step;
      const away = across + column * apart;
      node.position(isNarrow ? { x: along, y: away } : { x: away, y: along });
    });
    across += (columns - 1) * apart + (isNarrow ? 150 : 280);
  }
}
