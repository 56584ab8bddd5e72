// The picture of who serves whom, drawn from the table that stands below it.

const MOST = 300; // A picture of more relationships would be a hairball; the table still lists them.

const rows = [...document.querySelectorAll("#relationships tbody tr")].map((row) => {
  const [provider, consumer] = row.querySelectorAll("a");
  return { provider, consumer, count: Number(row.lastElementChild.textContent) };
});
const place = document.getElementById("map");

if (rows.length > 0 && rows.length <= MOST) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const provides = new Set(rows.map((row) => row.provider.href));
  const consumes = new Set(rows.map((row) => row.consumer.href));
  const parties = new Map(
    rows.flatMap((row) => [row.provider, row.consumer]).map((link) => [link.href, link.textContent]),
  );
  const role = (id) => (!consumes.has(id) ? "provider" : !provides.has(id) ? "consumer" : "both");
  place.hidden = false;
  const picture = cytoscape({
    container: place,
    elements: [
      ...[...parties].map(([id, label]) => ({ data: { id, label, colour: colour(`--${role(id)}`) } })),
      ...rows.map((row) => ({
        data: { source: row.provider.href, target: row.consumer.href, width: 1 + Math.log2(row.count) },
      })),
    ],
    style: [
      { selector: "node", style: {
        label: "data(label)", "background-color": "data(colour)", width: 18, height: 18,
        color: colour("--ink"), "font-size": 12, "text-valign": "bottom", "text-margin-y": 4,
        "text-wrap": "wrap", "text-max-width": 110 } },
      { selector: "edge", style: {
        width: "data(width)", "line-color": colour("--faint"), "target-arrow-color": colour("--faint"),
        "target-arrow-shape": "triangle", "curve-style": "bezier" } },
    ],
    layout: { name: "dagre", rankDir: "LR", nodeSep: 40, rankSep: 120, fit: true, padding: 24 },
    userZoomingEnabled: false,
    maxZoom: 1.5,
  });
  picture.on("tap", "node", (event) => location.assign(event.target.id()));
}
