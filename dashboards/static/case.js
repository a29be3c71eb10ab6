// Somebody else works on the case that is open here: say so, and leave what is being typed alone.
import { listen } from "./live.js";

const me = document.querySelector("[data-case-page]");
const note = document.getElementById("moved");

listen(Number(me.dataset.position), {
  onChange(change) {
    if (change.case_id === me.dataset.casePage && change.version > Number(me.dataset.version)) note.hidden = false;
  },
  onReset() {},
  onState() {},
});
