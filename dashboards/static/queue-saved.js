// The numbers of one's own views: asked when the page stands, and after changes at most twice a minute, as what is not kept
// must be counted.
const AT_MOST_EVERY = 30_000;

export function savedCounts() {
  const views = [...document.querySelectorAll(".tabs a[data-saved]")];
  let timer = null;
  let asked = 0;

  async function ask() {
    timer = null;
    asked = Date.now();
    try {
      const answer = await fetch("/queue/saved", { headers: { "X-Suqiu-Background": "1" } });
      if (!answer.ok) return;
      const { counts } = await answer.json();
      for (const view of views) {
        const count = view.querySelector(".count");
        count.hidden = !(view.dataset.saved in counts);
        count.textContent = counts[view.dataset.saved] ?? "";
      }
    } catch {
      // The next change asks again; until then the old number stands.
    }
  }

  function changed() {
    if (views.length && timer === null && !document.hidden) timer = setTimeout(ask, Math.max(0, asked + AT_MOST_EVERY - Date.now()));
  }

  if (views.length) ask();
  return { changed };
}
