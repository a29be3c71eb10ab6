// The rows. The list never jumps: a changed row is replaced where it stands, one that left the view is greyed with the
// reason and goes at the next load, and new ones wait behind a bar until somebody asks for them.
const QUIET = new Set(["case.noted", "petitioner.contacted", "case.linked", "case.unlinked", "petition.supplemented"]);
const SOON = 300;
const AT_MOST_EVERY = 2000;

export function rows(live) {
  const element = document.getElementById("rows");
  const bar = document.getElementById("news");
  const said = document.getElementById("said");
  const more = Boolean(document.getElementById("next"));
  const place = `queue-row ${location.search}`;
  const fresh = new Set();
  const changes = new Map();
  const watchers = [];
  let timer = null;
  let looked = 0;
  let current = null;

  const all = () => [...element.querySelectorAll(":scope > .row")];
  const row = (id) => document.getElementById(`case-${id}`);
  const tick = (of) => of.querySelector("input[name=case]");
  const selected = () => all().filter((r) => tick(r).checked);

  element.setAttribute("role", "grid");
  element.setAttribute("aria-multiselectable", "true");
  all().forEach(dress);
  all().forEach((r) => { tick(r).checked = false; }); // what the browser remembers of another load was of other rows
  const last = sessionStorage.getItem(place);
  if (all().length) point(row(last) || all()[0], Boolean(last && row(last)));

  bar.addEventListener("click", () => location.reload());
  element.addEventListener("focusin", (event) => { const at = event.target.closest(".row"); if (at && at !== current) point(at, false); });
  element.addEventListener("change", (event) => { const at = event.target.closest(".row"); if (at) mark(at); });

  // A row of a grid that has one place in the order of Tab (roving tabindex).
  function dress(r) {
    r.setAttribute("role", "row");
    r.setAttribute("aria-selected", "false");
    r.tabIndex = -1;
    [...r.children].forEach((cell) => cell.setAttribute("role", "gridcell"));
  }

  function point(r, focus = true) {
    if (!r) return;
    if (current) { current.tabIndex = -1; current.classList.remove("current"); }
    current = r;
    r.tabIndex = 0;
    r.classList.add("current");
    sessionStorage.setItem(place, r.dataset.case);
    if (focus) { r.focus(); r.scrollIntoView({ block: "nearest" }); }
  }

  function step(by) {
    const found = all();
    const at = found.indexOf(current);
    point(found[Math.min(Math.max(at + by, 0), found.length - 1)]);
  }

  function mark(r) {
    r.setAttribute("aria-selected", String(tick(r).checked));
    watchers.forEach((watch) => watch(selected().length));
  }

  function toggle(r, on) {
    if (!r || r.classList.contains("gone")) return;
    tick(r).checked = on ?? !tick(r).checked;
    mark(r);
  }

  // --- What happened elsewhere ---

  function changed(change) {
    const known = changes.get(change.case_id) || [];
    changes.set(change.case_id, [...known, change.type]);
    if (!timer) timer = setTimeout(look, Math.max(SOON, looked + AT_MOST_EVERY - Date.now()));
  }

  // Ask for the rows that changed, under this person's own rights.
  async function look() {
    const wanted = new Map([...changes].slice(0, 50));
    wanted.forEach((_, id) => changes.delete(id));
    looked = Date.now();
    try {
      const query = new URLSearchParams(live.dataset.query);
      query.set("case", [...wanted.keys()].join(","));
      const answer = await fetch(`/queue/rows?${query}`, { headers: { "X-Suqiu-Background": "1" } });
      if (answer.ok) {
        const part = document.createElement("template");
        part.innerHTML = await answer.text();
        const came = new Map([...part.content.querySelectorAll("[data-case]")].map((r) => [r.dataset.case, r]));
        wanted.forEach((types, id) => put(id, came.get(id), types));
        counts(answer.headers.get("X-Suqiu-Counts") || "");
        bar.hidden = fresh.size === 0;
        bar.textContent = `${fresh.size} 条新件，点此显示`;
      }
    } catch {
      wanted.forEach((types, id) => changes.set(id, types));
    }
    timer = changes.size ? setTimeout(look, AT_MOST_EVERY) : null;
  }

  function put(id, came, types) {
    const old = row(id);
    if (came && came.classList.contains("row")) {
      if (old) replace(old, came);
      else if (!more || types.some((t) => !QUIET.has(t))) fresh.add(id);
      return;
    }
    fresh.delete(id);
    if (old) leave(old, came ? came.textContent : "已转到别处，您看不到了");
  }

  function replace(old, came) {
    if (Number(came.dataset.version) <= Number(old.dataset.version) && !old.classList.contains("gone")) return;
    const inside = old.contains(document.activeElement);
    const link = inside && document.activeElement.classList.contains("title");
    dress(came);
    tick(came).checked = tick(old).checked;
    came.classList.add("changed");
    old.replaceWith(came);
    if (old === current) { current = null; point(came, false); }
    if (inside) (link ? came.querySelector(".title") : came).focus();
    mark(came);
  }

  function leave(old, why) {
    if (!old.classList.contains("gone")) {
      old.classList.add("gone");
      toggleOff(old);
      const note = document.createElement("p");
      note.className = "why";
      note.setAttribute("role", "gridcell");
      old.append(note);
    }
    old.querySelector(".why").textContent = why;
  }

  function toggleOff(r) {
    tick(r).checked = false;
    tick(r).disabled = true;
    mark(r);
  }

  function counts(text) {
    for (const pair of text.split(";")) {
      const [view, n] = pair.split("=");
      const count = document.querySelector(`.tabs a[data-view="${CSS.escape(view)}"] .count`);
      if (count) count.textContent = n;
    }
  }

  function company(id, people) {
    const others = people.filter((p) => p.name !== live.dataset.me);
    const at = row(id)?.querySelector(".company");
    if (!at) return;
    at.hidden = !others.length;
    at.replaceChildren(...others.map((p) => {
      const tag = document.createElement("span");
      tag.className = p.writing ? "tag writing" : "tag";
      tag.textContent = `${p.display} ${p.writing ? "正在答复" : "在看"}`;
      return tag;
    }));
  }

  return {
    element, all, row, point, step, toggle, selected, changed, company, look,
    get current() { return current; },
    say(text) { said.textContent = ""; setTimeout(() => { said.textContent = text; }, 30); },
    stale() { bar.textContent = "列表有较多变化，点此刷新"; bar.hidden = false; },
    onSelect(watch) { watchers.push(watch); },
  };
}
