// A picture as a file: what cytoscape has drawn as SVG, and a way to save it.

// Puts a file where the browser keeps what is downloaded.
export function saved(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Everything in the picture as SVG, whatever part of it is seen.
export function svg(picture, colour) {
  const box = picture.elements().boundingBox();
  const root = made("svg", {
    viewBox: `${box.x1 - 20} ${box.y1 - 20} ${box.w + 40} ${box.h + 40}`,
    width: Math.round(box.w + 40), height: Math.round(box.h + 40),
    "font-family": "system-ui, sans-serif",
  });
  root.append(made("rect", {
    x: box.x1 - 20, y: box.y1 - 20, width: box.w + 40, height: box.h + 40, fill: colour("surface"),
  }));
  picture.edges().forEach((edge) => root.append(...arrow(edge, colour)));
  picture.nodes().forEach((node) => root.append(...circle(node, colour)));
  const text = new XMLSerializer().serializeToString(root);
  return new Blob([text], { type: "image/svg+xml" });
}

function arrow(edge, colour) {
  const from = edge.sourceEndpoint();
  const to = edge.targetEndpoint();
  const bends = edge.controlPoints() ?? [];
  const last = bends.at(-1) ?? from;
  const isLoop = edge.hasClass("loop");
  const ink = colour(isLoop ? "both" : "edge");
  const width = edge.data("width");
  const curve = bends.length === 0
    ? `L${to.x} ${to.y}`
    : bends.map((bend, index) => {
      const next = bends[index + 1];
      const end = next ? { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 } : to;
      return `Q${bend.x} ${bend.y} ${end.x} ${end.y}`;
    }).join("");
  const angle = Math.atan2(to.y - last.y, to.x - last.x);
  const size = 6 + 1.5 * width;
  const corner = (turn) => `${to.x - size * Math.cos(angle + turn)},${to.y - size * Math.sin(angle + turn)}`;
  const parts = [
    made("path", {
      d: `M${from.x} ${from.y}${curve}`, fill: "none", stroke: ink, "stroke-width": width,
      ...(isLoop ? { "stroke-dasharray": "7 4" } : {}),
    }),
    made("polygon", { points: `${to.x},${to.y} ${corner(0.4)} ${corner(-0.4)}`, fill: ink }),
  ];
  if (edge.data("label")) {
    const middle = edge.midpoint();
    parts.push(words(edge.data("label"), middle.x, middle.y, 10, colour("faint")));
  }
  return parts;
}

function circle(node, colour) {
  const { x, y } = node.position();
  const size = node.data("size");
  const ink = colour(node.data("role"));
  const isMarked = node.data("violations") > 0 || node.hasClass("start");
  const look = {
    fill: ink, "fill-opacity": node.hasClass("group") ? 0.35 : 1,
    stroke: isMarked ? colour("violation") : ink, "stroke-width": isMarked ? 3 : 0,
  };
  const shape = node.hasClass("group")
    ? made("rect", { x: x - size / 2, y: y - size / 2, width: size, height: size, rx: 4, ...look })
    : made("circle", { cx: x, cy: y, r: size / 2, ...look });
  const lines = wrapped(node.data("label"));
  return [shape, ...lines.map((line, index) => words(line, x, y + size / 2 + 15 + 14 * index, 12, colour("ink")))];
}

function words(text, x, y, size, fill) {
  const element = made("text", { x, y, "font-size": size, "text-anchor": "middle", fill });
  element.textContent = text;
  return element;
}

function wrapped(text) {
  const lines = [""];
  for (const word of text.split(/[ \n]/)) {
    if (lines.at(-1) && `${lines.at(-1)} ${word}`.length > 18) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
    }
  }
  return lines;
}

function made(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  return element;
}
