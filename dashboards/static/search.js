// What was searched for lately, on the page of search. It is kept by find.js, in this browser alone.
import { forget, recent } from "./find.js";

const place = document.getElementById("recent");
const box = document.querySelector("main input[data-find]");

function show() {
  const found = recent(box.dataset.find);
  place.hidden = found.length === 0;
  place.querySelector("ul").replaceChildren(...found.map((text) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/search?${new URLSearchParams({ q: text })}`;
    link.textContent = text;
    item.append(link);
    return item;
  }));
}

if (place && box) {
  show();
  place.querySelector("button").addEventListener("click", () => {
    forget(box.dataset.find);
    show();
  });
}
