// The feed of automatic merges by key: the buttons do the work, the keys press them.
"use strict";
{
  const rows = [...document.querySelectorAll(".merge")];
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
    const button = { y: "right", x: "undo" }[event.key];
    if (event.key === "j") focus(at + 1);
    else if (event.key === "k") focus(at - 1);
    else if (button && rows[at]) rows[at].querySelector(`[name=${button}]`)?.click();
    else return;
    event.preventDefault();
  });
  focus(0);
}
