"use strict";
const main = document.getElementById("alert");
const said = document.getElementById("said");
const bar = document.getElementById("bar");
const count = document.getElementById("count");
const zoom = document.getElementById("zoom");
const lens = zoom.querySelector("img");
const buttons = new Map([...document.querySelectorAll("[data-key]")].map((b) => [b.dataset.key, b]));
let shown = null; // the candid on the page
let since = Infinity; // when it came: a key that was pressed before is no label of it
let waiting = false;
let ended = false;
let scale = 1;

function say(words, alarm = false) {
  said.textContent = words;
  said.classList.toggle("alarm", alarm);
}

function show(view) {
  const other = view.candid !== shown;
  shown = view.candid;
  if (other || shown === null) {
    main.innerHTML = view.html;
    window.scrollTo(0, 0);
  }
  bar.max = Math.max(view.alerts, 1);
  bar.value = view.labelled;
  count.textContent = `${view.labelled} of ${view.alerts}, ${view.mine} yours`;
  say(view.said);
  // when it has been painted
  requestAnimationFrame(() => requestAnimationFrame((now) => { since = now; }));
}

async function ask(what, body) {
  if (waiting || ended) return;
  waiting = true;
  since = Infinity;
  document.body.classList.add("busy");
  try {
    const how = body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    };
    const answer = await fetch(what, { cache: "no-store", ...how });
    const view = await answer.json();
    if (answer.status === 409) {
      await reload(view.error);
    } else if (!answer.ok) {
      since = performance.now();
      say(view.error, true);
    } else if (what === "quit") {
      ended = true;
      shown = null;
      main.innerHTML = view.html;
      say("The command has ended; this page can be closed.");
    } else {
      show(view);
    }
  } catch (error) {
    since = performance.now();
    say("Nobody answers: is nightmill label --web still running? What was given is on the disk.", true);
  } finally {
    waiting = false;
    document.body.classList.remove("busy");
    for (const button of buttons.values()) button.classList.remove("given");
  }
}

async function reload(why) {
  const answer = await fetch("next", { cache: "no-store" });
  show(await answer.json());
  say(why, true);
}

function does(button) {
  if (button.dataset.label !== undefined) {
    if (shown === null || waiting) return;
    button.classList.add("given");
    ask("label", { candid: shown, label: button.dataset.label });
  } else if (button.dataset.does === "all") {
    const rest = main.querySelector(".everything");
    if (rest) rest.hidden = !rest.hidden;
  } else {
    ask(button.dataset.does, {});
  }
}

function larger(by) {
  scale = Math.min(16, Math.max(1, scale * by));
  lens.style.transform = `scale(${scale})`;
}

document.querySelector(".keys").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) {
    does(button);
    button.blur(); // the space bar would press it again
  }
});

main.addEventListener("click", (event) => {
  const image = event.target.closest("button.image");
  if (!image) return;
  lens.src = image.querySelector("img").src;
  zoom.querySelector("span").textContent = image.querySelector("img").alt;
  scale = 1;
  larger(1);
  zoom.showModal();
});

zoom.addEventListener("click", (event) => { if (event.target === zoom) zoom.close(); });
zoom.addEventListener("wheel", (event) => {
  event.preventDefault();
  larger(event.deltaY < 0 ? 1.25 : 0.8);
}, { passive: false });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (zoom.open) {
    if (event.key === "+" || event.key === "=") larger(1.25);
    if (event.key === "-") larger(0.8);
    return;
  }
  const button = buttons.get(event.key.toLowerCase());
  if (button === undefined || event.timeStamp < since) return;
  event.preventDefault();
  does(button);
});

ask("next");
