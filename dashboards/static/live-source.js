// One stream of live events: opened at a position, resumed by itself, and asked for again where the server refused.
export class Source {
  constructor(tell) {
    this.tell = tell;
    this.position = 0;
    this.heard = null;
    this.source = null;
    this.waiting = null;
    this.pause = 3000;
    this.connected = true;
    self.addEventListener("online", () => { if (this.source && !this.connected) this.open(this.position); });
  }

  open(position) {
    this.close();
    this.position = position;
    const source = new EventSource(`/api/v1/live?after=${position}`);
    this.source = source;
    source.onopen = () => { this.pause = 3000; this.state(true); };
    source.onmessage = (event) => this.news(event, { change: JSON.parse(event.data) });
    source.addEventListener("reset", (event) => this.news(event, { reset: true }));
    source.addEventListener("presence", (event) => this.tell({ presence: JSON.parse(event.data) }));
    source.onerror = () => {
      this.state(false);
      // A refusal (signed out, too many) is final for the browser; ask again in a while, and then less often.
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => { if (this.source === source) this.open(this.position); }, this.pause);
        this.pause = Math.min(this.pause * 2, 30000);
      }
    };
  }

  news(event, said) {
    const position = Number(event.lastEventId);
    this.heard = Date.now();
    if (said.reset || position > this.position) this.position = position;
    this.tell({ position, ...said });
  }

  state(connected) {
    this.connected = connected;
    this.tell({ state: connected, heard: this.heard });
  }

  close() {
    clearTimeout(this.waiting);
    if (this.source) this.source.close();
    this.source = null;
  }
}
