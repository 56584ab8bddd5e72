// “Another” adds an empty line here; without this, the service does it.

for (const button of document.querySelectorAll("button.another")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const lines = [...button.parentElement.querySelectorAll("input, select, textarea")];
    const last = lines.at(-1);
    const line = last.cloneNode(true);
    line.value = "";
    line.id = `${lines[0].id}-${lines.length}`;
    line.removeAttribute("aria-invalid");
    const title = button.parentElement.querySelector("label").firstChild.textContent.trim();
    line.setAttribute("aria-label", `${title}, line ${lines.length + 1}`);
    last.after(line);
    line.focus();
  });
}
