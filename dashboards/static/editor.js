// The editors of the case page: a template goes in where the cursor is, gaps are walked through, the citizen's page is shown
// in place. Without this script the same buttons load the page again with the answer in it.
const GAP = /【填[^【】\n]{0,80}】|【[\s…·._＿—-]*】/g;
const LINES_MOST = 24;

for (const box of document.querySelectorAll("[data-editor]")) edit(box, box.closest("form"), box.querySelector("textarea"));
showLeft();

function edit(box, form, area) {
  const choice = box.querySelector("select[name=template]");
  const undo = box.querySelector("[data-undo]");
  const left = box.querySelector("[data-gaps]");
  const problem = box.querySelector("[data-problem]");
  let before = form.elements.namedItem("before")?.value ?? null;

  form.addEventListener("submit", (event) => {
    const go = event.submitter?.name === "go" ? event.submitter.value : "";
    if (go === "undo") {
      event.preventDefault();
      if (before !== null) takeOut();
    } else if (go) {
      event.preventDefault();
      ask(go, event.submitter);
    } else if (gaps().length) {
      event.preventDefault();
      say(`还有 ${gaps().length} 处没有填，填完再提交；不需要的整句删去。`);
      next(0);
    }
  });
  choice?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && choice.value) {
      event.preventDefault();
      ask("template", choice);
    }
  });
  choice?.addEventListener("change", () => {
    const basis = box.querySelector("[data-basis]");
    basis.textContent = choice.selectedOptions[0]?.title ?? "";
    basis.hidden = !basis.textContent;
  });
  area.addEventListener("input", () => { say(""); count(); });
  left.querySelector("button").addEventListener("click", () => next(area.selectionEnd));
  count();

  async function ask(go, button) {
    const body = new URLSearchParams(new FormData(form));
    body.set("go", go);
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
      if (told.problem) say(told.problem);
      else if (told.text !== undefined) putIn(told.text);
      else if (told.html !== undefined) show(told.html);
      else say(answer.status === 401 ? "登录已超时。写的内容还在，请在另一个标签页登录后再点一次。" : "没有办成，请再试一次；写的内容还在。");
    } catch {
      say("连不上服务器，请稍后再试；写的内容还在。");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  function putIn(text) {
    before = area.value;
    const at = area.selectionStart;
    const head = area.value.slice(0, at);
    const rest = area.value.slice(area.selectionEnd);
    type((head && !head.endsWith("\n") ? "\n" : "") + text + (rest && !rest.startsWith("\n") ? "\n" : ""));
    area.rows = Math.min(LINES_MOST, Math.max(area.rows, area.value.split("\n").length + 4));
    undo.hidden = false;
    if (!next(at)) area.focus();
  }

  function takeOut() {
    area.select();
    type(before);
    before = null;
    undo.hidden = true;
    count();
  }

  // As if it were typed, so that the browser's own undo (Ctrl-Z) takes it back as well.
  function type(text) {
    area.focus();
    const done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!done) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function gaps() { return [...area.value.matchAll(GAP)]; }

  function count() {
    const found = gaps();
    left.hidden = !found.length;
    left.querySelector("span").textContent = found.length ? `还有 ${found.length} 处没有填` : "";
  }

  function next(from) {
    const found = gaps();
    const gap = found.find((g) => g.index >= from) ?? found[0];
    if (!gap) return false;
    area.focus();
    area.setSelectionRange(gap.index, gap.index + gap[0].length);
    return true;
  }

  function say(words) {
    problem.textContent = words;
    problem.hidden = !words;
  }

  function show(html) {
    const place = form.querySelector("[data-preview]");
    place.innerHTML = html;
    place.querySelector("[data-seen]").focus();
  }
}

// What was written for a step that somebody else took meanwhile has no editor any more; it is shown until it is thrown away.
function showLeft() {
  const place = document.getElementById("left");
  const page = document.querySelector("[data-case-page]");
  const begin = `suqiu-draft-case-${page.dataset.number}-`;
  const end = `-${page.dataset.me}`;
  const there = new Set([...document.querySelectorAll("form[data-draft]")].map((form) => `suqiu-draft-${form.dataset.draft}`));
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (!key.startsWith(begin) || !key.endsWith(end) || there.has(key)) continue;
      const text = JSON.parse(sessionStorage.getItem(key))?.text?.trim();
      if (!text) continue;
      const area = document.createElement("textarea");
      area.rows = 5;
      area.readOnly = true;
      area.value = text;
      area.setAttribute("aria-label", "没有提交的内容");
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "quiet";
      drop.textContent = "不要了";
      drop.addEventListener("click", () => { sessionStorage.removeItem(key); area.remove(); drop.remove(); place.hidden = !place.querySelector("textarea"); });
      place.append(area, drop);
      place.hidden = false;
    }
  } catch { /* nothing is kept here */ }
}
