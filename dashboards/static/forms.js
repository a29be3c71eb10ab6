// What was typed is not lost with the page: it waits in this browser until it was sent. Only what happened and where; who
// somebody is stays out of it, as the next at this computer may be somebody else. An officer's draft lasts as long as its tab.
const KEPT = ["text", "title", "place", "attachments"];
const KEY = "suqiu-draft-";

for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = KEY + form.dataset.draft;
  const place = where(form.dataset.draft);
  const fields = KEPT.map((name) => form.querySelector(`[name=${name}]`)).filter(Boolean);
  const number = form.elements.namedItem("form_id");
  const note = document.getElementById("draft-note");
  if (fields.every((field) => field.value.trim() === "")) {
    const draft = read(place, key);
    if (draft && fields.some((field) => draft[field.name])) {
      for (const field of fields) field.value = draft[field.name] ?? "";
      // What was uploaded waits under the number of the form that it was chosen in.
      if (draft.attachments && draft.form_id && number) number.value = draft.form_id;
      if (note) note.hidden = false;
    }
  }
  document.getElementById("draft-clear")?.addEventListener("click", () => {
    for (const field of fields) field.value = "";
    drop(place, key);
    note.hidden = true;
    form.dispatchEvent(new Event("drafted"));
    fields[0]?.focus();
  });
  form.addEventListener("input", () => keep(place, key, {
    ...Object.fromEntries(fields.map((field) => [field.name, field.value])), form_id: number?.value,
  }));
}

const sent = document.querySelector("[data-sent]");
if (sent) drop(where(sent.dataset.sent), KEY + sent.dataset.sent);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A browser may refuse to keep anything (private windows): then nothing is kept, and nothing fails.
function where(name) { return () => (name === "report" ? localStorage : sessionStorage); }
function read(place, key) { try { return JSON.parse(place().getItem(key) ?? "null"); } catch { return null; } }
function keep(place, key, value) { try { place().setItem(key, JSON.stringify(value)); } catch { /* full or refused */ } }
function drop(place, key) { try { place().removeItem(key); } catch { /* refused */ } }
