// The queue: the list that keeps itself current, what is selected in it, and the keys for everything.
import { listen } from "./live.js";
import { actions } from "./queue-actions.js";
import { keys } from "./queue-keys.js";
import { rows } from "./queue-rows.js";
import { savedCounts } from "./queue-saved.js";

const live = document.getElementById("live");
document.querySelectorAll(".scripted").forEach((element) => { element.hidden = false; });

const list = rows(live);
const act = actions(live, list);
keys(live, list, act);
const saved = savedCounts();

const offline = document.getElementById("offline");
if (live.dataset.live) {
  live.hidden = false;
  listen(Number(live.dataset.position), {
    me: live.dataset.me,
    onChange: (change) => { list.changed(change); saved.changed(); },
    onReset: () => list.stale(),
    onPresence: ({ case_id, people }) => list.company(case_id, people),
    onState(connected, heard) {
      if (connected && !offline.hidden) list.say("已重新连上，列表继续自动更新");
      offline.hidden = connected;
      const at = heard ? `最后一次更新 ${heard.toLocaleTimeString("zh-CN", { hour12: false })}。` : "";
      offline.textContent = connected ? "" : `连接已断开，列表可能不是最新的。${at}正在自动重连，不用刷新。`;
    },
  });
}

const density = document.getElementById("density");
density?.addEventListener("click", () => {
  const compact = list.element.classList.toggle("compact");
  list.element.classList.toggle("comfortable", !compact);
  density.setAttribute("aria-pressed", String(compact));
  document.cookie = `density=${compact ? "compact" : "comfortable"}; path=/queue; max-age=31536000; samesite=lax`;
});
