// What is done to one case or to several: each is one command with the version that was seen, and has its own result.
const AT_ONCE = 5;

export function actions(live, list) {
  const form = document.getElementById("bulk");
  const count = document.getElementById("bulk-count");
  const none = document.getElementById("bulk-none");
  const progress = document.getElementById("bulk-progress");
  const results = document.getElementById("bulk-results");
  const dialog = document.getElementById("pickunit");
  const limit = Number(live.dataset.limit);
  const offered = new Map([...form.querySelectorAll("button[name=action]")].map((b) => [b.value, b.textContent.trim()]));
  let busy = false;

  form.classList.add("scripted");
  list.onSelect((n) => {
    form.classList.toggle("some", n > 0);
    if (n) form.classList.remove("told");
    count.textContent = n > limit ? `已选 ${n} 件，一次最多 ${limit} 件` : `已选 ${n} 件`;
    if (n) results.hidden = true;
  });
  none.addEventListener("click", () => { putAway(); list.current?.focus(); });
  form.addEventListener("submit", (event) => {
    const action = event.submitter?.value;
    if (action.startsWith("export")) return; // the browser fetches the file
    event.preventDefault();
    const unit = form.elements[`unit-${action}`]?.value;
    run(action, unit);
  });

  function clear() {
    list.selected().forEach((r) => list.toggle(r, false));
  }

  function putAway() {
    clear();
    form.classList.remove("told");
  }

  // The selected ones, or the one under the cursor.
  function targets() {
    const chosen = list.selected();
    return chosen.length ? chosen : [list.current].filter((r) => r && !r.classList.contains("gone"));
  }

  async function run(action, unit) {
    if (busy) return;
    if (!offered.has(action)) { list.say("您的岗位不能做这项操作"); return; }
    const chosen = targets();
    if (!chosen.length) { list.say("没有可办理的件"); return; }
    if (chosen.length > limit) { tell([{ ok: false, message: `一次最多 ${limit} 件，请分几次办理` }], action); return; }
    if (form.elements[`unit-${action}`] && !unit) {
      unit = await choose(action, chosen);
      if (!unit) return;
    }
    busy = true;
    const found = [];
    progress.hidden = chosen.length < 2;
    progress.max = chosen.length;
    try {
      for (let at = 0; at < chosen.length; at += AT_ONCE) {
        progress.value = at;
        found.push(...await send(action, unit, chosen.slice(at, at + AT_ONCE)));
      }
    } finally {
      busy = false;
      progress.hidden = true;
    }
    clear();
    tell(found, action);
    found.filter((r) => r.ok).forEach((r) => list.changed({ case_id: r.case_id, type: action }));
    list.current?.focus();
  }

  async function send(action, unit, some) {
    const body = new URLSearchParams({ csrf: live.dataset.csrf, action });
    // A number of this try: sent twice, it is done once.
    body.set("batch", `${form.elements.batch.value}-${action}-${Date.now().toString(36)}`);
    if (unit) body.set(`unit-${action}`, unit);
    some.forEach((r) => body.append("case", `${r.dataset.case}:${r.dataset.version}`));
    const failed = (message) => some.map((r) => ({ case_id: r.dataset.case, case: r.dataset.number, ok: false, message }));
    try {
      const answer = await fetch("/queue/bulk", { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) return (await answer.json()).results;
      return failed(answer.status === 401 ? "登录已超时，请重新登录" : "没有办成，请刷新后再试");
    } catch {
      return failed("网络不通，没有确认是否办成；恢复后请看这一件的状态");
    }
  }

  function tell(found, action) {
    const title = offered.get(action) || "办理";
    const refused = found.filter((r) => !r.ok);
    const words = `${title}：${found.length - refused.length} 件完成${refused.length ? `，${refused.length} 件没有完成` : ""}`;
    list.say(words + (refused.length === 1 ? `：${refused[0].message}` : ""));
    const head = document.createElement("p");
    head.textContent = words;
    const lines = document.createElement("ul");
    for (const r of found.length > 1 ? found : refused) {
      const line = document.createElement("li");
      line.className = r.ok ? "ok" : "refused";
      line.textContent = `${r.case || ""} ${r.ok ? "✓" : "✗"} ${r.message}`;
      lines.append(line);
    }
    results.replaceChildren(head, lines);
    results.hidden = false;
    form.classList.add("told");
    count.textContent = "";
  }

  // What the machine proposes for all of them stands there already.
  function choose(action, chosen) {
    const proposed = new Set(chosen.map((r) => r.dataset.proposed));
    const from = form.elements[`unit-${action}`];
    const select = dialog.querySelector("select");
    dialog.querySelector("h2").textContent = `${offered.get(action)} ${chosen.length} 件`;
    select.replaceChildren(...[...from.options].map((o) => new Option(o.value ? o.text : "请选择主办单位", o.value)));
    if (proposed.size === 1) select.value = [...proposed][0];
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    return new Promise((done) => {
      dialog.onclose = () => done(dialog.returnValue === "ok" ? select.value : "");
      dialog.returnValue = "";
      dialog.showModal();
      select.focus();
    });
  }

  dialog.querySelector("select").addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); dialog.querySelector("#pickunit-ok").click(); }
  });

  const open = (r, step) => {
    if (r) location.href = live.dataset.prefix + encodeURIComponent(r.dataset.number) + (step ? `?do=${step}` : "");
  };

  return {
    offered, open,
    clear: putAway,
    sign: () => run("sign_for"),
    dispatch: () => run("dispatch"),
    reply: () => open(list.current, "submit_reply"),
    // To another office: a dispatcher reassigns, an office asks for its return.
    pass: () => (offered.has("reassign") ? run("reassign") : open(list.current, "request_return")),
    exportThem() {
      if (!list.selected().length && list.current) list.toggle(list.current, true);
      form.querySelector("button[value=export]").click();
    },
  };
}
