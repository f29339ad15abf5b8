// Stores each tick of the bulk table at once, so that it counts even after the Back button.
"use strict";
{
  const form = document.getElementById("batch");
  let stored = Promise.resolve(); // one request at a time: the last tick wins

  function store() {
    const body = new FormData(form);
    body.set("page", "1");
    const headers = { "X-Requested-With": "fetch" };
    stored = stored.then(() => fetch(form.action, { method: "POST", body, headers, keepalive: true }).catch(() => {}));
  }

  if (form?.elements.namedItem("probability")) {
    form.addEventListener("change", (event) => {
      if (event.target.name === "cluster") store();
    });
  }
}
