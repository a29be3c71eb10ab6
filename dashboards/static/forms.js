// What was typed is not lost with the page: it waits in this browser until it was sent. Only what happened and where; who
// somebody is stays out of it, as the next at this computer may be somebody else. An officer's draft lasts as long as its tab,
// and bears the officer's name: who signs in after does not find it.
const KEPT = ["text", "title", "place", "attachments"];
const KEY = "suqiu-draft-";

for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = KEY + form.dataset.draft;
  const place = where(form.dataset.draft);
  const fields = KEPT.map((name) => form.querySelector(`[name=${name}]`)).filter(Boolean);
  const number = form.elements.namedItem("form_id");
  const note = form.querySelector("[data-kept]") ?? document.getElementById("draft-note");
  // What the server gave back after a refusal is newer than what was kept.
  if (fields.every((field) => field.value.trim() === "") && !("typed" in form.dataset)) {
    const draft = read(place, key);
    if (draft && Object.values(draft).some((value) => String(value).trim())) {
      if ("draftAll" in form.dataset) fill(form, draft);
      else for (const field of fields) field.value = draft[field.name] ?? "";
      // What was uploaded waits under the number of the form that it was chosen in.
      if (draft.attachments && draft.form_id && number) number.value = draft.form_id;
      if (note) note.hidden = false;
      const shell = form.closest("details");
      if (shell && note && form.contains(note)) shell.open = true;
    }
  }
  const clear = form.querySelector("[data-kept] button") ?? document.getElementById("draft-clear");
  clear?.addEventListener("click", () => {
    if ("draftAll" in form.dataset) form.reset();
    else for (const field of fields) field.value = "";
    drop(place, key);
    note.hidden = true;
    form.dispatchEvent(new Event("drafted"));
    fields[0]?.focus();
    fields[0]?.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("input", () => keep(place, key, "draftAll" in form.dataset ? chosen(form) : typed(fields, number)));
}

function typed(fields, number) {
  const found = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  return found.attachments && number ? { ...found, form_id: number.value } : found;
}

// Of a step of a case everything that was chosen and written; what stands in hidden fields is the page's own.
function chosen(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "submit" || field.name === "template" || field.name === "personal") continue;
    if (field.type === "radio" || field.type === "checkbox") { if (field.checked) found[field.name] = [...(found[field.name] ?? []), field.value]; } else found[field.name] = field.value;
  }
  return found;
}

function fill(form, draft) {
  for (const field of form.elements) {
    const value = draft[field.name];
    if (value === undefined || field.type === "hidden") continue;
    if (field.type === "radio" || field.type === "checkbox") field.checked = value.includes(field.value);
    else field.value = value;
  }
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
