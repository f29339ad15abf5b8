// Shows the preview as soon as a number or the version is moved. Without this the button does.
"use strict";
{
  const working = document.getElementById("working");
  let asked = 0;

  async function refresh(form) {
    const number = ++asked;
    const url = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
    working.textContent = "Calculating …";
    let response;
    try {
      response = await fetch(url);
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

  const form = document.getElementById("proposal");
  if (form) {
    for (const number of form.querySelectorAll("input[type=number]")) {
      const slider = document.createElement("input");
      slider.type = "range";
      slider.step = "0.01";
      slider.min = number.name === "auto_merge_confidence" ? "0.5" : "0";
      slider.max = number.name === "auto_merge_confidence" ? "1" : number.dataset.most;
      slider.value = number.value;
      slider.setAttribute("aria-label", number.labels[0].textContent);
      slider.addEventListener("input", () => (number.value = slider.value));
      slider.addEventListener("change", () => refresh(form));
      number.addEventListener("change", () => {
        slider.value = number.value;
        refresh(form);
      });
      number.after(slider);
    }
  }
  const version = document.getElementById("version");
  if (version) version.addEventListener("change", () => version.form.requestSubmit());
}
