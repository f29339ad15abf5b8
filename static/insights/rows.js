// A list worked through by key: j and k move, and a key presses the button of the row that names it.
"use strict";
{
  const rows = [...document.querySelectorAll("[data-row]")];
  let at = 0;

  function focus(to) {
    if (!rows[to]) return;
    at = to;
    rows[at].focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
    const focused = rows.findIndex((row) => row.contains(document.activeElement));
    if (focused >= 0) at = focused;
    const named = [...(rows[at]?.querySelectorAll("[data-key]") ?? [])];
    const button = named.find((one) => one.dataset.key === event.key);
    if (event.key === "j") focus(at + 1);
    else if (event.key === "k") focus(at - 1);
    else if (button) button.click();
    else return;
    event.preventDefault();
  });
  focus(0);
}
