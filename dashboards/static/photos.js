// Photographs are sent as soon as they are chosen, each by itself and made smaller first: a slow telephone shows how far it
// is, one that fails says so and can be tried again, and the form then holds only their numbers. Without this script the
// form sends them with itself.
const LONGEST = 2000;
const SMALL_ENOUGH = 600 * 1024;
const PICTURES = ["image/jpeg", "image/png", "image/webp"];

for (const box of document.querySelectorAll("[data-photos]")) {
  const form = box.closest("form");
  const input = box.querySelector("input[type=file]");
  const kept = box.querySelector("input[type=hidden]");
  const list = box.querySelector("ul");
  const note = box.querySelector("[data-photos-note]");
  const most = Number(box.dataset.most);
  const base = box.dataset.photos;
  const waiting = [];
  let sending = 0, submitter = null;

  // The browser would say beside its button that no file is chosen: they have left it, and stand below.
  box.classList.add("scripted");
  const ids = () => kept.value.split(",").filter(Boolean);
  const draft = () => form.elements.namedItem("form_id").value;

  function keep(all) {
    kept.value = all.join(",");
    form.dispatchEvent(new Event("input"));
  }

  function show(photo, item = document.createElement("li")) {
    const thumb = document.createElement("span");
    thumb.className = "thumb";
    if (photo.picture) {
      const image = document.createElement("img");
      image.src = `${base}/${encodeURIComponent(draft())}/${photo.id}`;
      image.alt = photo.name || photo.kind;
      thumb.append(image);
    } else {
      const kind = document.createElement("span");
      const name = document.createElement("small");
      kind.textContent = photo.kind;
      name.textContent = photo.name;
      thumb.append(kind, name);
    }
    item.replaceChildren(thumb, remover(item, photo.name || photo.kind, () => keep(ids().filter((id) => id !== photo.id))));
    return item;
  }

  function remover(item, name, done = () => {}) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "移除";
    button.setAttribute("aria-label", `移除 ${name}`);
    button.addEventListener("click", () => {
      item.remove();
      done();
      note.textContent = `已移除 ${name}。`;
      input.focus();
    });
    return button;
  }

  function add(file) {
    const item = document.createElement("li");
    const thumb = document.createElement("span");
    const bar = document.createElement("progress");
    const name = document.createElement("small");
    thumb.className = "thumb";
    name.textContent = file.name;
    bar.max = 1;
    bar.setAttribute("aria-label", `${file.name} 上传进度`);
    thumb.append(name, bar);
    item.replaceChildren(thumb);
    list.append(item);
    waiting.push({ file, item, bar });
    next();
  }

  // One after the other: two at once over a slow line are both slow, and the order stays that in which they were chosen.
  async function next() {
    if (sending || !waiting.length) return;
    sending = 1;
    const { file, item, bar } = waiting.shift();
    const { status, answer } = await send(await smaller(file), file.name, bar);
    sending = 0;
    if (!item.isConnected) { /* taken out meanwhile */ }
    else if (status === 201 && ids().includes(answer.id)) { item.remove(); note.textContent = `${file.name} 已经选过了。`; }
    else if (status === 201) { keep([...ids(), answer.id]); show(answer, item); }
    else failed(item, file, status ? answer?.message ?? "没有收下，请稍后再试。" : `“${file.name}”没有传上去，请检查网络。`, status);
    if (waiting.length) next();
    else if (submitter !== null) {
      const by = submitter;
      submitter = null;
      note.textContent = "";
      if (!list.querySelector(".wrong")) form.requestSubmit(by);
      else note.textContent = "有照片没有传上去。请移除或重试，再提交。";
    }
  }

  function failed(item, file, message, status) {
    const words = document.createElement("p");
    words.className = "wrong";
    words.setAttribute("role", "alert");
    words.textContent = message;
    item.replaceChildren(words, remover(item, file.name));
    if (status === 0 || status === 429 || status >= 500) {
      const again = document.createElement("button");
      again.type = "button";
      again.className = "quiet";
      again.textContent = "重试";
      again.addEventListener("click", () => { item.remove(); add(file); });
      item.append(again);
    }
  }

  function send(body, name, bar) {
    return new Promise((done) => {
      const data = new FormData();
      data.set("csrf", form.elements.namedItem("csrf").value);
      data.set("form_id", draft());
      data.set("photos", body, name);
      const request = new XMLHttpRequest();
      request.open("POST", base);
      request.responseType = "json";
      request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = e.loaded / e.total; });
      request.addEventListener("loadend", () => done({ status: request.status, answer: request.response }));
      request.send(data);
    });
  }

  input.addEventListener("change", () => {
    const room = most - ids().length - waiting.length - sending;
    const files = [...input.files];
    input.value = "";
    note.textContent = files.length > room ? `最多 ${most} 个，多出的 ${files.length - Math.max(room, 0)} 个没有选上。` : "";
    for (const file of files.slice(0, Math.max(room, 0))) add(file);
  });

  form.addEventListener("submit", (e) => {
    if (!sending && !waiting.length) return;
    e.preventDefault();
    submitter = e.submitter ?? undefined;
    note.textContent = "照片还在上传，传完就提交。";
  });

  // What was chosen before: by a draft of this browser, or by this form before it came back with something to mend.
  async function restore() {
    if (!ids().length) { list.replaceChildren(); return; }
    try {
      const answer = await fetch(`${base}/${encodeURIComponent(draft())}?ids=${ids().join(",")}`, { headers: { "x-suqiu-background": "1" } });
      if (!answer.ok) return;
      const there = await answer.json();
      const gone = ids().length - there.length;
      keep(there.map((photo) => photo.id));
      list.replaceChildren(...there.map((photo) => show(photo)));
      if (gone) note.textContent = `上次选的有 ${gone} 个已过期，请重新选择。`;
    } catch { /* no line: the numbers stay, and are looked at when the form is sent */ }
  }
  form.addEventListener("drafted", restore);
  restore();
}

// A photograph of twelve million pixels says no more here than one of three. What cannot be made smaller goes as it is.
async function smaller(file) {
  if (!PICTURES.includes(file.type) || file.size <= SMALL_ENOUGH) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return made && made.size < file.size ? made : file;
  } catch {
    return file;
  }
}
