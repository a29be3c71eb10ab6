// Keys for everything, the palette (Ctrl-K), and the sheet (?). Nothing here that a mouse cannot do as well.
export function keys(live, list, act) {
  const palette = document.getElementById("palette");
  const input = document.getElementById("palette-q");
  const options = document.getElementById("palette-list");
  const sheet = document.getElementById("sheet");
  let going = null;
  let shown = [];
  let at = 0;

  const one = {
    j: () => list.step(1), k: () => list.step(-1), ArrowDown: () => list.step(1), ArrowUp: () => list.step(-1),
    x: () => list.toggle(list.current), X: selectAll,
    s: act.sign, r: act.reply, t: act.pass, d: act.dispatch,
    n: () => { const bar = document.getElementById("news"); if (!bar.hidden) bar.click(); },
    f: () => { const bar = document.querySelector(".filterbar"); if (bar) { bar.open = true; bar.querySelector("select").focus(); } },
    "/": () => document.getElementById("q").focus(),
    "?": () => sheet.showModal(),
    Escape: () => act.clear(),
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const on = event.target;
    const inRow = on.closest?.("#rows .row");
    if (on.matches?.("input:not([type=checkbox]), textarea, select")) {
      if (event.key === "Escape" && list.current) list.current.focus();
      return;
    }
    if (going) {
      clearTimeout(going);
      going = null;
      const tab = [...document.querySelectorAll(".tabs a[data-key]")].find((a) => a.dataset.key === event.key);
      if (tab) { event.preventDefault(); tab.click(); }
      return;
    }
    if (event.key === "g") { going = setTimeout(() => { going = null; }, 1500); return; }
    // On a link or a button Enter is its own; arrows move only within the list.
    if (event.key === "Enter" && inRow && on === inRow) { event.preventDefault(); act.open(inRow); return; }
    if (event.key.startsWith("Arrow") && !inRow) return;
    const does = one[event.key];
    if (does) { event.preventDefault(); does(); }
  });

  function selectAll() {
    const found = list.all().filter((r) => !r.classList.contains("gone"));
    const on = list.selected().length < found.length;
    found.forEach((r) => list.toggle(r, on));
  }

  // --- The palette ---

  document.getElementById("open-palette")?.addEventListener("click", openPalette);
  document.getElementById("open-sheet")?.addEventListener("click", () => sheet.showModal());
  for (const dialog of [palette, sheet]) dialog.addEventListener("close", () => list.current?.focus());

  function openPalette() {
    input.value = "";
    fill();
    palette.showModal();
    input.focus();
  }

  function everything() {
    const number = list.current?.dataset.number;
    const commands = [
      ["sign_for", "签收", "s", act.sign], ["dispatch", "派单", "d", act.dispatch], ["reassign", "改派", "t", act.pass],
    ].filter(([name]) => act.offered.has(name));
    const views = [...document.querySelectorAll(".tabs a")].map((a) => ({
      words: `视图：${a.firstChild.textContent.trim()}`, key: a.dataset.key ? `g ${a.dataset.key}` : "", run: () => a.click(),
    }));
    const own = number ? [
      { words: `打开 ${number}`, key: "Enter", run: () => act.open(list.current) },
      { words: `答复 ${number}`, key: "r", run: act.reply },
      ...commands.map(([, words, key, run]) => ({ words: `${words}${list.selected().length ? "选中的件" : ` ${number}`}`, key, run })),
      { words: "导出选中的件", key: "", run: act.exportThem },
    ] : [];
    return [...own, ...views, { words: "快捷键", key: "?", run: () => sheet.showModal() }];
  }

  function fill() {
    const typed = input.value.trim();
    shown = everything().filter((item) => item.words.includes(typed));
    if (typed) {
      const to = (q) => () => { location.href = `/queue?${new URLSearchParams({ q })}`; };
      if (/\d{4,}/.test(typed)) shown.unshift({ words: `打开办件 ${typed}`, key: "", run: to(typed) });
      else shown.push({ words: `查找“${typed}”`, key: "/", run: to(typed) });
    }
    at = 0;
    options.replaceChildren(...shown.map((item, i) => {
      const option = document.createElement("li");
      option.id = `palette-${i}`;
      option.setAttribute("role", "option");
      option.append(item.words);
      if (item.key) { const key = document.createElement("kbd"); key.textContent = item.key; option.append(key); }
      option.addEventListener("click", () => choose(i));
      return option;
    }));
    aim(0);
  }

  function aim(to) {
    if (!shown.length) return;
    at = (to + shown.length) % shown.length;
    [...options.children].forEach((o, i) => o.setAttribute("aria-selected", String(i === at)));
    options.children[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `palette-${at}`);
  }

  function choose(i) {
    const item = shown[i];
    palette.close();
    if (item) setTimeout(item.run); // after the dialog has given the focus back
  }

  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); aim(at + (event.key === "ArrowDown" ? 1 : -1)); }
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); choose(at); }
  });
}
