"use strict";
const found = document.getElementById("found");
const nights = JSON.parse(document.getElementById("objects").textContent);
const most = 50;
document.getElementById("search").addEventListener("input", (event) => {
  const asked = event.target.value.trim().toLowerCase();
  found.replaceChildren();
  if (!asked) return;
  let number = 0;
  for (const [page, objects] of nights) {
    for (const [name, candid] of objects) {
      if (!name.toLowerCase().includes(asked) && candid !== asked) continue;
      number += 1;
      if (number > most) continue;
      const link = document.createElement("a");
      link.href = page + "#o" + candid;
      link.textContent = name + ", " + page.replace(/\.html$/, "");
      const item = document.createElement("li");
      item.append(link);
      found.append(item);
    }
  }
  const item = document.createElement("li");
  if (!number) item.textContent = "No card of any night has this name.";
  if (number > most) item.textContent = (number - most) + " more: write more of the name.";
  if (item.textContent) found.append(item);
});
