// Draws the map of insights: dots coloured by open cluster; a click opens the insight.
"use strict";
{
  const canvas = document.getElementById("map");
  const says = document.getElementById("map-says");
  const NEAR = 12; // pixels from a dot that still mean it
  let points = [];
  let view = { x: 0, y: 0, zoom: 1 };
  let held = null; // where the pointer went down, to move the map

  const scale = () => (Math.min(canvas.clientWidth, canvas.clientHeight) / 1040) * view.zoom;
  const across = (x) => (x + 20) * scale() + view.x + Math.max(0, canvas.clientWidth - canvas.clientHeight) / 2;
  const down = (y) => (y + 20) * scale() + view.y;

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colours = [1, 2, 3, 4, 5, 6].map((group) => style.getPropertyValue(`--g${group}`));
    const plain = style.getPropertyValue("--body-quiet-color");
    pen.scale(ratio, ratio);
    for (const inCluster of [false, true]) {
      for (const [x, y, group] of points) {
        if (Boolean(group) !== inCluster) continue;
        pen.globalAlpha = group ? 0.9 : 0.3;
        pen.fillStyle = group ? colours[group % 6] : plain;
        pen.beginPath();
        pen.arc(across(x), down(y), (group ? 3 : 1.6) * Math.sqrt(view.zoom), 0, 7);
        pen.fill();
      }
    }
  }

  function nearest(event) {
    let [found, least] = [null, NEAR ** 2];
    for (const point of points) {
      const far = (across(point[0]) - event.offsetX) ** 2 + (down(point[1]) - event.offsetY) ** 2;
      if (far < least) [found, least] = [point, far];
    }
    return found;
  }

  function zoom(event) {
    event.preventDefault();
    const by = Math.min(40 / view.zoom, Math.max(1 / view.zoom, Math.exp(-event.deltaY / 400)));
    const middle = Math.max(0, canvas.clientWidth - canvas.clientHeight) / 2;
    view.x = event.offsetX - middle - (event.offsetX - middle - view.x) * by;
    view.y = event.offsetY - (event.offsetY - view.y) * by;
    view.zoom *= by;
    draw();
  }

  async function start() {
    try {
      const response = await fetch(canvas.dataset.points);
      points = (await response.json()).points;
    } catch {
      says.textContent = "The map could not be loaded. Load this page again.";
      return;
    }
    draw();
    canvas.dataset.ready = "yes";
    new ResizeObserver(draw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }

  if (canvas) {
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      held = { x: event.clientX - view.x, y: event.clientY - view.y, from: event };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (held) {
        view = { ...view, x: event.clientX - held.x, y: event.clientY - held.y };
        return draw();
      }
      const point = nearest(event);
      canvas.style.cursor = point ? "pointer" : "grab";
      if (point) says.textContent = point[3];
    });
    canvas.addEventListener("pointerup", (event) => {
      const moved = Math.hypot(event.clientX - held.from.clientX, event.clientY - held.from.clientY);
      held = null;
      const point = moved < 4 && nearest(event);
      if (point) location.assign(`${canvas.dataset.insight}${point[4]}/change/`);
    });
    canvas.addEventListener("pointercancel", () => {
      held = null;
    });
    canvas.addEventListener("wheel", zoom, { passive: false });
    start();
  }
}
