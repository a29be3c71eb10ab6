// Live events: one stream per browser, shared between its tabs, and none while nobody looks.
//
// The tab that holds the lock has the stream and tells the others. Where there are no locks (plain http), each tab has
// its own. A hidden tab lets go; when it is seen again it resumes where it was.
export function listen(start, { onChange, onReset, onState }) {
  let position = start;
  let source = null;
  let release = null;
  let heard = null;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("suqiu-live") : null;
  // Only where the tabs can talk does one stream serve them all.
  const shared = Boolean(channel && navigator.locks);

  function take(message) {
    heard = new Date();
    if (message.position > position || message.reset) position = message.position;
    if (message.reset) onReset();
    else if (message.change) onChange(message.change);
  }

  function tell(message) {
    take(message);
    if (shared) channel.postMessage(message);
  }

  function open() {
    close();
    source = new EventSource(`/api/v1/live?after=${position}`);
    source.onopen = () => onState(true, heard);
    source.onmessage = (event) => tell({ position: Number(event.lastEventId), change: JSON.parse(event.data) });
    source.addEventListener("reset", (event) => tell({ position: Number(event.lastEventId), reset: true }));
    source.onerror = () => {
      onState(false, heard);
      // A refusal (signed out, too many) is final for the browser; look again in a while.
      if (source && source.readyState === EventSource.CLOSED) retry();
    };
  }

  let waiting = null;
  function retry() {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!document.hidden && source) open(); }, 15000);
  }

  function close() {
    clearTimeout(waiting);
    if (source) source.close();
    source = null;
  }

  function lead() {
    if (!shared) return open();
    const giveUp = new AbortController();
    release = () => giveUp.abort();
    navigator.locks
      .request("suqiu-live", { signal: giveUp.signal }, () => new Promise((done) => {
        release = () => { close(); done(); };
        open();
      }))
      .catch(() => {});
  }

  function leave() {
    if (release) release();
    release = null;
    close();
  }

  if (shared) channel.onmessage = (event) => take(event.data);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : lead()));
  window.addEventListener("pagehide", leave);
  if (!document.hidden) lead();
}
