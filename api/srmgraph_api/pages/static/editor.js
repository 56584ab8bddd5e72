// The editor of Yasgui, asked of this service alone.

const place = document.getElementById("editor");
const setup = JSON.parse(place.dataset.setup);
const { Yasqe } = Yasgui.Yasgui ?? Yasgui;

// What the editor knows by itself comes from other hosts; here, terms are those of the ontology.
const known = {
  class: () => setup.terms.class,
  property: () => setup.terms.property,
  prefixes: () => Object.entries(setup.prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`),
};
for (const [name, get] of Object.entries(known)) {
  Yasqe.forkAutocompleter(name, { name: `own-${name}`, bulk: true, get, persistenceId: null });
}
Yasqe.defaults.autocompleters = ["variables", ...Object.keys(known).map((name) => `own-${name}`)];
// Tab leads on, as everywhere: who has no mouse must get out of the editor again.
Yasqe.defaults.extraKeys = { ...Yasqe.defaults.extraKeys, Tab: false, "Shift-Tab": false };

const editor = new (Yasgui.Yasgui ?? Yasgui)(place, {
  requestConfig: { endpoint: new URL(setup.endpoint, location.href).href, method: "POST" },
  persistenceId: "srmgraph",
  // Who comes by keys begins at the top of the page.
  autofocus: false,
  populateFromUrl: false,
  copyEndpointOnNewTab: true,
  endpointCatalogueOptions: { getData: () => [] },
  yasqe: { createShareableLink: null, value: setup.beginning },
  yasr: { prefixes: setup.prefixes },
});

// What was typed before is still there; a kept question gets a tab of its own, once.
if (setup.query) {
  const same = Object.values(editor._tabs).find((tab) => tab.getPersistedJson().yasqe.value === setup.query);
  if (same) editor.selectTabId(same.getId());
  else editor.addTab(true).setQuery(setup.query);
}

// A thing in an answer has its page here, whatever host its IRI names.
place.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("a.iri");
    if (!link || link.dataset.iri) return;
    link.dataset.iri = link.href;
    link.href = setup.resource + encodeURIComponent(link.dataset.iri);
    link.target = "_self";
  },
  true,
);

// Yasgui gives its field no name, keeps keys from a long text, and puts a button into a list of tabs,
// which may hold tabs only: links of which one is the current one say the same to those who cannot see.
function amend() {
  for (const field of place.querySelectorAll("textarea:not([aria-label])")) field.setAttribute("aria-label", "Query");
  for (const area of place.querySelectorAll(".CodeMirror-scroll")) area.tabIndex = 0;
  const list = place.querySelector(".tabsList");
  list.removeAttribute("role");
  for (const tab of list.querySelectorAll("a")) {
    if (tab.getAttribute("aria-selected") === "true") tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
    tab.removeAttribute("aria-selected");
    tab.removeAttribute("aria-controls");
    tab.removeAttribute("role");
  }
}
amend();
for (const happening of ["tabAdd", "tabSelect"]) editor.on(happening, () => setTimeout(amend));
