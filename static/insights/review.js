// The review screen by key. Everything here also works as plain forms; this makes it fast: the next
// item is fetched ahead and shown at once, the decision is sent behind it. What could not be saved
// comes back with every tick.
"use strict";
{
  const desk = document.getElementById("desk");
  const slot = document.getElementById("item");
  const side = document.getElementById("side");
  const alertBox = document.getElementById("alert");
  const statusBox = document.getElementById("status");
  const sheet = document.getElementById("sheet");
  const passage = document.getElementById("passage");
  const actionOf = JSON.parse(desk.dataset.keys);
  const keyOf = (wanted) => Object.keys(actionOf).find((key) => actionOf[key] === wanted).toUpperCase();

  const AHEAD = 3;
  let ahead = []; // in order: {item: Element | null | undefined, ready: Promise, failed}
  let sending = Promise.resolve(); // one request at a time, in the order of the decisions
  let unsaved = 0;
  const sent = new Set(); // clusters decided here: the queue may name one before it is saved

  const current = () => slot.querySelector(".item");

  // How much is still on its way; the tests of the screen wait for 0.
  function count() {
    desk.dataset.pending = unsaved + ahead.filter((one) => one.item === undefined && !one.failed).length;
  }

  class Refused extends Error {
    constructor(message, item) {
      super(message);
      this.item = item;
    }
  }

  function cookie(name) {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(name + "="));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  function parsed(html, selector) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return document.adoptNode(holder.content).querySelector(selector);
  }

  async function post(url, body) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        body,
        headers: { "X-Requested-With": "fetch", "X-CSRFToken": cookie("csrftoken") },
      });
    } catch {
      throw new Refused("The server could not be reached.");
    }
    if (response.redirected && response.url.includes("/login/")) {
      throw new Refused("You have been logged out. Log in again in another tab.");
    }
    if (response.status === 204) return "";
    const html = await response.text();
    if (response.status === 409) {
      const item = parsed(html, ".item");
      const said = item ? item.querySelector("[role=alert]") : parsed(html, ".side");
      throw new Refused(item ? said.textContent.trim() : said.dataset.said, item);
    }
    if (!response.ok) {
      throw new Refused(
        response.status === 403
          ? "You may not do this, or your session has changed: load the page again."
          : `The server answered with an error (${response.status}).`,
      );
    }
    return html;
  }

  // `undo`: the button that undoes just this, in the list of the last decisions.
  function say(text, undo = null) {
    statusBox.textContent = text;
    statusBox.className = "notice good";
    statusBox.hidden = !text;
    if (!undo) return;
    const button = undo.cloneNode(true);
    button.setAttribute("form", "undo");
    button.className = "link";
    statusBox.append(" ", button);
  }

  // Each stays until it is dealt with: it may hold a decision that is not saved.
  function warn(text, ...buttons) {
    const notice = document.createElement("p");
    notice.className = "notice bad";
    notice.append(text);
    for (const [label, act] of [...buttons, ["Dismiss", () => {}]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        notice.remove();
        act();
      });
      notice.append(" ", button);
    }
    alertBox.append(notice);
  }

  function show(item, { push = true, anew = false } = {}) {
    if (anew) ahead = [];
    sent.delete(item.dataset.cluster);
    slot.replaceChildren(item);
    item.classList.remove("is-busy");
    regrouping = null;
    if (push) history.pushState({}, "", item.dataset.url);
    item.querySelector("h2").focus({ preventScroll: true });
    window.scrollTo(0, 0);
    lookAhead();
  }

  // Fetch one more, after the last one fetched; never one that is on the screen or fetched already.
  function lookAhead() {
    const item = current();
    const last = ahead.at(-1);
    if (!item || !item.querySelector("[data-action=next]") || ahead.length >= AHEAD) return;
    if (last && !last.item) return; // on its way, failed, or the end of the queue
    const form = item.querySelector("#go");
    const before = last ? last.item : item;
    const mine = { item: undefined };
    const body = new FormData(form);
    body.delete("leave");
    body.set("after", before.dataset.cluster);
    // Beside the decisions on their way, not after them: a fast reviewer waits for the slower of both.
    mine.ready = post(form.action, body)
      .then(
        (html) => {
          const found = html ? parsed(html, ".item") : null;
          const known = [current(), ...ahead.map((one) => one.item)].map((one) => one?.dataset.cluster);
          const isNew = !found || ![...known, ...sent].includes(found.dataset.cluster);
          if (isNew && (found || !last)) mine.item = found;
          else mine.failed = true;
        },
        () => {
          mine.failed = true;
        },
      )
      .finally(() => {
        if (ahead.includes(mine) && mine.item) lookAhead();
        count();
      });
    ahead.push(mine);
    count();
  }

  function advance() {
    const item = current();
    const next = ahead.shift();
    const use = (found) => {
      if (found) return show(found);
      ahead = [];
      if (found === null) sending.then(() => unsaved || location.assign(desk.dataset.front));
      else sending.then(() => go(item.querySelector("#go"), "after", item.dataset.cluster));
    };
    if (next && next.item !== undefined) return use(next.item);
    item.classList.add("is-busy");
    return (next ? next.ready : Promise.resolve()).then(() => use(next ? next.item : undefined));
  }

  function showSide(found) {
    side.replaceChildren(found);
    const step = document.querySelector("[data-step=Review] span");
    if (step) step.textContent = `${side.querySelector(".left").textContent} left`;
  }

  function send(item, url, body) {
    unsaved += 1;
    count();
    sending = sending.then(async () => {
      try {
        const html = await post(url, body);
        showSide(parsed(html, ".side"));
        say(
          side.querySelector(".side").dataset.said,
          side.querySelector("form[data-just] button"),
        );
        unsaved -= 1;
      } catch (refused) {
        unsaved -= 1;
        const back = refused.item || item;
        const buttons = [["Back to it", () => show(back, { anew: true })]];
        if (!refused.item) buttons.unshift(["Try again", () => send(item, url, body)]);
        const title = item.querySelector(".statement").textContent.slice(0, 80);
        warn(`${refused.item ? "" : "Not saved. "}${refused.message} (“${title}”)`, ...buttons);
      }
      count();
    });
  }

  function decide(form, button) {
    const item = current();
    if (item.classList.contains("is-busy")) return;
    if (button.value === "approve" && item.querySelectorAll("[name=member]:checked").length < 2) {
      const all = item.querySelector("[data-action=approve_all]");
      return say(`Nothing safe to approve. Tick a statement by its digit${all ? `, or press Shift+${keyOf("approve")} to approve all anyway` : ""}.`);
    }
    const body = new FormData(form);
    body.set("verb", button.value);
    say("");
    sent.add(item.dataset.cluster);
    send(item, form.action, body);
    advance();
  }

  async function go(form, name, value) {
    const body = new FormData(form);
    if (name) body.set(name, value);
    const item = current();
    say("");
    item.classList.add("is-busy");
    await sending;
    try {
      const html = await post(form.action, body);
      if (!html) return location.assign(desk.dataset.front);
      const found = parsed(html, ".item");
      const beside = parsed(html, ".side");
      if (beside) showSide(beside);
      if (found) show(found, { anew: true });
      if (form.hasAttribute("data-undo")) {
        say(found ? `Undone: “${found.querySelector(".statement").textContent.trim().slice(0, 80)}”` : "Undone.");
      }
    } catch (refused) {
      warn(refused.message);
    }
    item.classList.remove("is-busy");
    return null;
  }

  const acts = {
    canonical(item) {
      const radios = [...item.querySelectorAll("input[name=canonical]:enabled")];
      const ticked = radios.filter((radio) => radio.closest(".card").querySelector("[name=member]").checked);
      const at = ticked.findIndex((radio) => radio.checked);
      if (ticked.length) {
        ticked[(at + 1) % ticked.length].checked = true;
        const number = ticked[(at + 1) % ticked.length].closest(".card").querySelector("kbd");
        say(`Statement ${number.textContent} is the canonical one`);
      }
    },
    edit(item) {
      const field = item.querySelector("#canonical_text");
      if (!field || field.matches(":disabled")) return;
      if (!field.value) {
        const chosen = item.querySelector("input[name=canonical]:checked");
        const statement = chosen && chosen.closest(".card").querySelector(".statement").cloneNode(true);
        if (statement) {
          statement.querySelectorAll("del").forEach((gone) => gone.remove());
          field.value = statement.textContent.replace(/\s+/g, " ").trim();
        }
      }
      field.focus();
    },
    sheet: () => sheet.showModal(),
  };

  // 1 to 9, 0 for the tenth, and with Shift from the eleventh on.
  function digitOf(event) {
    if (/^[0-9]$/.test(event.key)) return Number(event.key) || 10;
    const at = event.shiftKey && /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
    return at ? 10 + (Number(at[1]) || 10) : 0;
  }

  // After g, digits and letters alternate: g 2 b 3 b. The number is that of the statement chosen.
  let regrouping = null;

  function regroup(item, key, digit) {
    if (digit) {
      regrouping = item.querySelectorAll(".card")[digit - 1]?.querySelector("select:enabled") ? digit : 0;
      say(regrouping ? `Statement ${digit}: press the letter of its group` : `There is no statement ${digit}`);
      return true;
    }
    const select = regrouping && item.querySelectorAll(".card")[regrouping - 1].querySelector("select");
    const option = select && [...select.options].find((one) => one.text === key.toLowerCase());
    if (!option) return false;
    option.selected = true;
    colour(item);
    say(`Statement ${regrouping} is in group ${option.text}`);
    regrouping = 0;
    return true;
  }

  // The picture follows the groups that are chosen on the cards.
  function colour(item) {
    const chosen = [...item.querySelectorAll(".card")].map((card) => card.querySelector("select")?.value);
    for (const dot of item.querySelectorAll("[data-dot]")) {
      dot.setAttribute("class", `group-${chosen[dot.dataset.dot - 1]}`);
    }
    for (const link of item.querySelectorAll("[data-from]")) {
      const [one, other] = [chosen[link.dataset.from - 1], chosen[link.dataset.to - 1]];
      const conflict = link.classList.contains("conflict") ? " conflict" : "";
      link.setAttribute("class", `group-${one === other ? one : 0}${conflict}`);
    }
  }

  document.addEventListener("change", (event) => {
    const item = current();
    if (item && event.target.matches(".choices select")) colour(item);
  });

  function toggle(item, digit) {
    const box = item.querySelector(`input[data-digit="${digit}"]:enabled`);
    if (!box) return;
    box.checked = !box.checked;
    say(`Statement ${digit} ${box.checked ? "included" : "excluded"}`);
  }

  document.addEventListener("keydown", (event) => {
    const item = current();
    const field = event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
    if (field) {
      if (event.key === "Escape") field.blur();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && item && item.contains(field)) {
        const button = item.querySelector("[data-action=approve]");
        if (button) decide(button.form, button);
      }
      return;
    }
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!item || document.querySelector("dialog[open]")) return;
    const digit = digitOf(event);
    if (regrouping !== null && regroup(item, event.key, digit)) return event.preventDefault();
    regrouping = null;
    if (digit) return toggle(item, digit);
    if (event.key === "g" && !actionOf.g && item.querySelector(".choices select:enabled")) {
      regrouping = 0;
      return say("Press the digit of a statement and the letter of its group");
    }
    const action = actionOf[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    if (acts[action]) return acts[action](item);
    const all = event.shiftKey && action === "approve" && item.querySelector("[data-action=approve_all]");
    const button = all || item.querySelector(`[data-action=${action}]`);
    if (button) button.click();
    else if (action === "split" && item.querySelector("[data-action=approve]")) say("Two statements need no split: approve or reject them.");
    else if (["approve", "reject", "split"].includes(action)) say("You cannot decide this one. Continue with the next one.");
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.matches(".decide")) {
      event.preventDefault();
      decide(form, button);
    } else if (form.id === "go" || form.hasAttribute("data-undo")) {
      event.preventDefault();
      if (form.id === "go" && button.name === "after" && ahead[0]?.item) {
        const leave = new FormData(form);
        say("");
        advance();
        leave.set("only_leave", "yes");
        sending = sending.then(() => post(form.action, leave).catch(() => {}));
      } else {
        go(form, button && button.name, button && button.value);
      }
    }
  });

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.dataset.action === "sheet") {
      event.preventDefault();
      sheet.showModal();
    } else if ("passage" in link.dataset) {
      event.preventDefault();
      try {
        const response = await fetch(link.href, { headers: { "X-Requested-With": "fetch" } });
        if (!response.ok || response.redirected) throw new Error(String(response.status));
        passage.querySelector(".inner").innerHTML = await response.text();
        passage.showModal();
      } catch {
        location.assign(link.href);
      }
    }
  });

  // On a touch screen a swipe to the right approves and one to the left rejects; the notice has the undo.
  let touched = null;
  slot.addEventListener(
    "touchstart",
    (event) => {
      const { clientX: x, clientY: y } = event.touches[0];
      const isFree = event.touches.length === 1 && x > 24 && x < window.innerWidth - 24;
      touched = isFree && !event.target.closest("textarea, select, .bar") ? { x, y } : null;
    },
    { passive: true },
  );
  slot.addEventListener("touchend", (event) => {
    if (!touched) return;
    const across = event.changedTouches[0].clientX - touched.x;
    const along = event.changedTouches[0].clientY - touched.y;
    touched = null;
    if (Math.abs(across) < 90 || Math.abs(across) < 2.5 * Math.abs(along)) return;
    const button = current()?.querySelector(`[data-action=${across > 0 ? "approve" : "reject"}]`);
    if (button) button.click();
  });

  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
  window.addEventListener("popstate", () => location.reload());
  lookAhead();
}
