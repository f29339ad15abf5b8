// Ctrl+K (or Cmd+K) opens a list of all places; typing narrows it, Enter goes to the first.
"use strict";
{
  const palette = document.getElementById("palette");
  const box = palette && palette.querySelector("input");
  const shown = () => [...palette.querySelectorAll("li:not([hidden]) a")];

  document.addEventListener("keydown", (event) => {
    if (!palette) return;
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!palette.open) palette.showModal();
      box.select();
    } else if (palette.open && event.target === box && event.key === "Enter" && shown().length) {
      event.preventDefault();
      location.assign(shown()[0].href);
    }
  });
  if (palette) {
    box.addEventListener("input", () => {
      const words = box.value.toLowerCase().split(/\s+/);
      for (const item of palette.querySelectorAll("li")) {
        const name = item.textContent.toLowerCase();
        item.hidden = !words.every((word) => name.includes(word));
      }
    });
  }
}
