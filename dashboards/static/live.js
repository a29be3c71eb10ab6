// Live events: one stream per browser, shared by its tabs in a worker, and none while nobody looks.
//
// A hidden tab lets go; when it is seen again it resumes where it was. A browser without shared workers has a stream for
// the tab that is seen.
import { Source } from "./live-source.js";

export function listen(start, { me, onChange, onReset, onState, onPresence = () => {} }) {
  let position = start;

  function take(message) {
    if (message.presence) return onPresence(message.presence);
    if (message.state !== undefined) return onState(message.state, message.heard ? new Date(message.heard) : null);
    if (message.reset) { position = message.position; return onReset(); }
    if (message.position <= position) return undefined;
    position = message.position;
    return onChange(message.change);
  }

  const line = "SharedWorker" in window ? shared(me, take) : own(take);
  const sync = () => (document.hidden ? line.rest() : line.listen(position));
  document.addEventListener("visibilitychange", sync);
  window.addEventListener("pagehide", () => line.rest());
  window.addEventListener("pageshow", (event) => { if (event.persisted) sync(); });
  sync();
}

// Named by who is signed in: the next at this computer gets a worker of their own.
function shared(me, take) {
  const address = new URL("./live-worker.js", import.meta.url);
  const { port } = new SharedWorker(address, { type: "module", name: `suqiu-live ${me}` });
  port.onmessage = ({ data }) => take(data);
  return { listen: (position) => port.postMessage({ listen: position }), rest: () => port.postMessage({}) };
}

function own(take) {
  const source = new Source(take);
  return { listen: (position) => source.open(position), rest: () => source.close() };
}
