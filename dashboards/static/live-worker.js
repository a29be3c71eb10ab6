// All tabs of one officer share this worker, and it has the one stream. What was told lately is kept, so that a tab that
// was read a moment before it joined misses nothing.
import { Source } from "./live-source.js";

const KEPT = 1000;
const ports = new Set();
let kept = [];
let since = 0;

const source = new Source((message) => {
  if (message.change) {
    kept.push(message);
    if (kept.length > KEPT) since = kept.shift().position;
  }
  if (message.reset) { kept = []; since = message.position; }
  for (const port of ports) port.postMessage(message);
});

function listens(port, position) {
  ports.add(port);
  if (!source.source) {
    kept = [];
    since = position;
    source.open(position);
    return;
  }
  if (position < since) port.postMessage({ position: source.position, reset: true });
  else kept.filter((m) => m.position > position).forEach((m) => port.postMessage(m));
  port.postMessage({ state: source.connected, heard: source.heard });
}

function rests(port) {
  ports.delete(port);
  if (!ports.size) source.close();
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => (data.listen === undefined ? rests(port) : listens(port, data.listen));
};
