// While a clerk types, the machine's guess stands beside the form. It waits for a pause, asks once at a time, and an answer
// to what was typed before is thrown away.
const form = document.querySelector("form[data-suggest]");
const box = document.getElementById("suggestion");

if (form && box) {
  const ASKED = ["csrf", "text", "title", "place", "name", "phone", "accused"];
  let timer = 0, latest = 0, last = "";

  const ask = async () => {
    const fields = new URLSearchParams();
    for (const name of ASKED) fields.set(name, form.elements.namedItem(name)?.value ?? "");
    const body = fields.toString();
    if (body === last) return;
    last = body;
    const mine = ++latest;
    box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.suggest, {
        method: "POST", body: fields, headers: { "x-suqiu-background": "1" }, redirect: "error",
      });
      if (mine !== latest) return;
      if (answer.ok) box.innerHTML = await answer.text();
      else if (answer.status === 401) box.textContent = "登录已超时。写好的内容还在，登录后再提交。";
    } catch {
      if (mine === latest) { last = ""; box.textContent = "暂时连不上，不影响登记。"; }
    } finally {
      if (mine === latest) box.removeAttribute("aria-busy");
    }
  };

  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 600); });
  if (form.elements.namedItem("text")?.value) ask();
}
