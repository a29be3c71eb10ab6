// The search box of every page: "/" goes to it, and it completes fields and their values (WAI-ARIA combobox with a listbox).
// What was searched for stays in this browser alone, apart for each account; "清空" forgets it.
const LATER = 120;
const KEPT = 12;
const boxes = [...document.querySelectorAll("input[data-find]")];

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const box = boxes.findLast((one) => one.checkVisibility());
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

export function recent(account) {
  try {
    const found = JSON.parse(localStorage.getItem(`suqiu-found:${account}`) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function forget(account) {
  localStorage.removeItem(`suqiu-found:${account}`);
}

function remember(account, query) {
  const asked = query.trim();
  if (!asked) return;
  try {
    const rest = recent(account).filter((one) => one !== asked);
    localStorage.setItem(`suqiu-found:${account}`, JSON.stringify([asked, ...rest].slice(0, KEPT)));
  } catch {
    // A browser that keeps nothing searches as well.
  }
}

boxes.forEach((box, n) => {
  const list = document.createElement("ul");
  list.className = "offers";
  list.id = `offers-${n}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "可以这样写");
  box.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) box.setAttribute(name, value);
  let offers = [];
  let at = -1;
  let asked = 0;
  let timer = null;

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, LATER);
  });
  box.addEventListener("focus", () => { if (!box.value) offer(recent(box.dataset.find).slice(0, 8).map((text) => ({ start: 0, text, label: text, hint: "最近查过" }))); });
  box.addEventListener("blur", close);
  box.form.addEventListener("submit", () => remember(box.dataset.find, box.value));
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) { ask(); return event.preventDefault(); }
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((at + step + offers.length + (at < 0 && step < 0 ? 1 : 0)) % offers.length);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      take(at);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Tab" && at >= 0 && !list.hidden) {
      event.preventDefault();
      take(at);
    }
  });

  async function ask() {
    const mine = ++asked;
    const typed = box.value.slice(0, box.selectionStart ?? box.value.length);
    try {
      const answer = await fetch(`/search/complete?${new URLSearchParams({ typed })}`, { headers: { "X-Suqiu-Background": "1" } });
      if (!answer.ok || mine !== asked || document.activeElement !== box) return;
      offer((await answer.json()).offers);
    } catch {
      close();
    }
  }

  function offer(found) {
    offers = found;
    at = -1;
    list.replaceChildren(...found.map((one, i) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${i}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      if (!one.text) item.setAttribute("aria-disabled", "true");
      const label = document.createElement("span");
      const hint = document.createElement("small");
      label.textContent = one.label;
      hint.textContent = one.hint;
      item.append(label, hint);
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(i); });
      return item;
    }));
    list.hidden = found.length === 0;
    box.setAttribute("aria-expanded", String(!list.hidden));
    box.removeAttribute("aria-activedescendant");
  }

  function choose(next) {
    at = next;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    box.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function take(i) {
    const one = offers[i];
    if (!one?.text) return;
    const end = box.selectionStart ?? box.value.length;
    const whole = one.hint === "最近查过";
    box.value = whole ? one.text : box.value.slice(0, one.start) + one.text + box.value.slice(end).trimStart();
    const cursor = whole ? one.text.length : one.start + one.text.length;
    box.setSelectionRange(cursor, cursor);
    if (whole) return box.form.requestSubmit();
    // After "部门:" the offices follow; after an office nothing is asked until somebody types.
    if (one.text.endsWith(":")) ask();
    else close();
  }

  function close() {
    asked++;
    list.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
});
