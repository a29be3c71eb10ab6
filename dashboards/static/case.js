// The case page says who else is here, and who writes the answer: so that two do not write the same. It locks nothing; the
// one who is first by the version is first.
import { listen } from "./live.js";

const BEAT = 25000;
const RENEW = 20000;

const me = document.querySelector("[data-case-page]");
const moved = document.getElementById("moved");
const company = document.getElementById("company");
const words = company.querySelector("p");
const take = company.querySelector("button");
const editor = document.getElementById("act-submit_reply");
// Not the address: after a refused step that is the step's.
const here = `/cases/${encodeURIComponent(me.dataset.number)}/presence`;
let wrote = 0;

listen(Number(me.dataset.position), {
  me: me.dataset.me,
  onChange(change) {
    if (change.case_id === me.dataset.casePage && change.version > Number(me.dataset.version)) moved.hidden = false;
  },
  onReset() {},
  onState() {},
  onPresence({ case_id, people }) {
    if (case_id === me.dataset.casePage) show(people.filter((p) => p.name !== me.dataset.me));
  },
});

function body(state) {
  return new URLSearchParams({ csrf: me.dataset.csrf, state });
}

async function beat(state) {
  // Only typing shows that somebody is at the keyboard.
  const headers = state === "look" ? { "X-Suqiu-Background": "1" } : {};
  try {
    const answer = await fetch(here, { method: "POST", body: body(state), headers });
    if (answer.ok) show((await answer.json()).others);
  } catch { /* the next one will do */ }
}

function show(others) {
  const writing = others.find((p) => p.writing);
  const looking = others.filter((p) => !p.writing).map((p) => p.display);
  company.hidden = !others.length;
  company.classList.toggle("alerting", Boolean(writing));
  take.hidden = !(writing && editor);
  words.textContent = writing
    ? `${writing.display}正在答复这一件。您也可以写，但以先提交的为准。${looking.length ? `${looking.join("、")}在看。` : ""}`
    : `${looking.join("、")}也在看这一件。`;
}

function write() {
  if (Date.now() - wrote < RENEW) return;
  wrote = Date.now();
  beat("write");
}

take.addEventListener("click", () => { wrote = Date.now(); beat("take"); editor.open = true; editor.querySelector("textarea")?.focus(); });
editor?.addEventListener("toggle", () => { if (editor.open) write(); });
editor?.addEventListener("input", write);
beat(editor?.open ? "write" : "look");
setInterval(() => { if (!document.hidden) beat("look"); }, BEAT);
window.addEventListener("pagehide", () => navigator.sendBeacon(here, body("leave")));

// Opened from the queue for one step: the cursor stands where one writes.
const asked = new URLSearchParams(location.search).get("do");
if (asked) document.getElementById(`act-${asked}`)?.querySelector("textarea, select, input:not([type=hidden]), button")?.focus();
