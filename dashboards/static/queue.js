// The queue keeps itself current without ever jumping: a changed row is replaced where it stands, a row that left is
// taken out only when the reader is not on it, and new ones wait behind a bar until somebody asks for them.
import { listen } from "./live.js";

const live = document.getElementById("live");
const list = document.getElementById("rows");
const bar = document.getElementById("news");
const offline = document.getElementById("offline");
const view = live.dataset.view;
const fresh = new Set();
const changed = new Set();
let timer = null;

live.hidden = false;
bar.addEventListener("click", () => location.reload());

listen(Number(live.dataset.position), {
  onChange(change) {
    changed.add(change.case_id);
    if (!timer) timer = setTimeout(look, 300);
  },
  onReset() {
    bar.textContent = "列表有较多变化，点此刷新";
    bar.hidden = false;
  },
  onState(connected, heard) {
    offline.hidden = connected;
    const at = heard ? `,最后更新 ${heard.toLocaleTimeString("zh-CN", { hour12: false })}` : "";
    offline.textContent = connected ? "" : `实时更新已断开，正在重连${at}`;
  },
});

// Ask for the rows that changed, under this person's own rights; what does not come back is not in this view any more.
async function look() {
  const wanted = [...changed].slice(0, 50);
  wanted.forEach((id) => changed.delete(id));
  timer = changed.size ? setTimeout(look, 300) : null;
  try {
    const query = new URLSearchParams({ view, case: wanted.join(",") });
    const answer = await fetch(`/queue/rows?${query}`, { headers: { "X-Suqiu-Background": "1" } });
    if (!answer.ok) return;
    const part = document.createElement("template");
    part.innerHTML = await answer.text();
    const came = new Map([...part.content.querySelectorAll(".row")].map((row) => [row.dataset.case, row]));
    wanted.forEach((id) => place(id, came.get(id)));
    tell();
  } catch {
    wanted.forEach((id) => changed.add(id));
  }
}

function place(id, row) {
  const old = document.getElementById(`case-${id}`);
  if (row && old) {
    if (Number(row.dataset.version) <= Number(old.dataset.version)) return;
    const focused = old.contains(document.activeElement);
    row.classList.add("changed");
    old.replaceWith(row);
    if (focused) row.querySelector("a")?.focus();
  } else if (row) {
    fresh.add(id);
  } else {
    fresh.delete(id);
    if (old) leave(old);
  }
}

// A row that has left the view fades and stays in its place: nothing moves under the reader's hand.
function leave(old) {
  old.classList.add("gone");
  old.setAttribute("aria-label", "已不在这个视图");
}

function tell() {
  bar.hidden = fresh.size === 0;
  bar.textContent = `${fresh.size} 条新件，点此显示`;
}
