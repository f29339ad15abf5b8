// Two lines to drag in the histogram. What they mean is in the page already; the lists of what would
// change are fetched when a line is let go. Without this file the numbers and the button do the same.
"use strict";
{
  const working = document.getElementById("working");
  const form = document.getElementById("proposal");
  const figures = document.getElementById("figures");
  const steps = JSON.parse(document.getElementById("steps")?.textContent ?? "null");
  const LINES = {
    auto_merge_confidence: { label: "merge", least: 0.5, most: 1 },
    cluster_out_confidence: { label: "keep apart", least: 0, most: Number(figures?.dataset.most ?? 1) },
  };
  let asked = 0;

  async function refresh() {
    const number = ++asked;
    const url = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
    working.textContent = "Calculating …";
    let response;
    try {
      response = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
    } catch {
      working.textContent = "The server could not be reached.";
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (number !== asked) return; // a later move is on its way
    const preview = page.getElementById("preview");
    if (!preview) {
      location.assign(url); // logged out, or an error with a page of its own
      return;
    }
    document.getElementById("preview").replaceWith(document.adoptNode(preview));
    history.replaceState(null, "", url);
    working.textContent = "";
  }

  function say() {
    if (!steps) return;
    const merge = Math.round(form.elements.auto_merge_confidence.value * 100);
    const apart = Math.round(form.elements.cluster_out_confidence.value * 100);
    const said = steps.merging[merge - 50] ?? [];
    const below = (steps.apart[apart] ?? 0).toLocaleString("en");
    figures.textContent = `${said.join(" ")} ${below} are below ${apart / 100} and never grouped.`;
  }

  function line(svg, input, { label, least, most }) {
    const NS = "http://www.w3.org/2000/svg";
    const group = document.createElementNS(NS, "g");
    group.setAttribute("class", `handle ${input.name}`);
    group.setAttribute("role", "slider");
    group.setAttribute("tabindex", "0");
    group.setAttribute("aria-label", input.labels[0].textContent);
    group.setAttribute("aria-valuemin", least);
    group.setAttribute("aria-valuemax", most);
    group.innerHTML =
      '<rect class="grip" x="-14" y="-14" width="28" height="194"/><line y1="0" y2="180"/>' +
      `<text y="-3" text-anchor="${label === "merge" ? "start" : "end"}"></text>`;
    svg.append(group);

    function place() {
      const value = Number(input.value);
      group.setAttribute("transform", `translate(${value * 600} 0)`);
      group.setAttribute("aria-valuenow", value);
      group.lastChild.textContent = `${label} ${value.toFixed(2)}`;
      say();
    }
    function move(value) {
      const moved = Math.min(most, Math.max(least, Math.round(value * 100) / 100)).toString();
      if (moved === input.value) return;
      input.value = moved;
      place();
    }
    group.addEventListener("pointerdown", (event) => {
      group.setPointerCapture(event.pointerId);
      event.preventDefault();
      group.focus();
    });
    group.addEventListener("pointermove", (event) => {
      if (!group.hasPointerCapture(event.pointerId)) return;
      const at = new DOMPoint(event.clientX, event.clientY);
      move(at.matrixTransform(svg.getScreenCTM().inverse()).x / 600);
    });
    group.addEventListener("pointerup", refresh);
    group.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01 }[event.key];
      if (!by) return;
      event.preventDefault();
      move(Number(input.value) + by);
      refresh();
    });
    input.addEventListener("change", place);
    place();
  }

  if (form) {
    const svg = document.querySelector(".histogram > svg");
    for (const [name, bounds] of Object.entries(LINES)) {
      if (svg) line(svg, form.elements[name], bounds);
    }
    form.addEventListener("change", refresh);
  }
  const version = document.getElementById("version");
  if (version) version.addEventListener("change", () => version.form.requestSubmit());
}
