// A field that takes more things than a list can hold asks the service for those that fit what is typed.

const PAUSE = 200; // milliseconds without a key until it asks
const waiting = new WeakMap();

async function complete(field) {
  const text = field.value.trim();
  if (text.length < 2) return;
  const address = new URL(field.dataset.find, location.href);
  address.searchParams.set("text", text);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok || field.value.trim() !== text) return;
  const { things } = await answer.json();
  field.list.replaceChildren(
    ...things.map(({ value, name }) => {
      const option = document.createElement("option");
      option.value = value;
      if (value !== name) option.label = name;
      return option;
    }),
  );
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches("input[data-find][list]")) return;
  clearTimeout(waiting.get(target));
  waiting.set(target, setTimeout(() => complete(target), PAUSE));
});
