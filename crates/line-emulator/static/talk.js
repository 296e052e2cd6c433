// The lines of a talk. What stands there already is left alone, so that a screen reader hears what is
// new, the keyboard stays where it is, and pictures are not fetched again.
import { byId, el } from "./dom.js";
import { bubble, dayOf } from "./bubble.js";

const root = byId("lines");
const drawn = new Map();
let shown;

const isAtEnd = () => root.scrollHeight - root.scrollTop - root.clientHeight < 80;
let stays = true;

export function toEnd() {
  root.scrollTop = root.scrollHeight;
}

/** What would be drawn, as keys and the text that tells whether it has changed. */
function wanted(talk) {
  const last = talk.lines.at(-1);
  const all = [];
  let day;
  let before;
  for (const line of talk.lines) {
    if (dayOf(line.at) !== day) {
      day = dayOf(line.at);
      all.push({ key: `day ${day} ${line.n}`, text: day, day });
    }
    const quick = line === last && Boolean(line.message.quickReply);
    const first = !before || before.mine !== line.mine || before.message.sender?.name !== line.message.sender?.name;
    all.push({ key: line.n, text: JSON.stringify([line.message, quick, first]), line, quick, first });
    before = line;
  }
  return all;
}

function node(part, talk, handlers) {
  if (part.day) return el("p", { class: "day" }, el("span", {}, part.day));
  const { line, quick, first } = part;
  return bubble(line, { name: talk.name, quick, first, ...handlers });
}

export function draw(talk, handlers) {
  const fresh = shown !== talk.channel;
  if (fresh) {
    root.replaceChildren();
    drawn.clear();
    shown = talk.channel;
  }
  const atEnd = fresh || isAtEnd();
  const parts = wanted(talk);
  const keys = new Set(parts.map((part) => part.key));
  for (const [key, old] of drawn) {
    if (keys.has(key)) continue;
    old.node.remove();
    drawn.delete(key);
  }
  let before = null;
  for (const part of parts) {
    const old = drawn.get(part.key);
    if (old?.text !== part.text) {
      const made = node(part, talk, handlers);
      if (old) old.node.replaceWith(made);
      else if (before) before.after(made);
      else root.prepend(made);
      drawn.set(part.key, { text: part.text, node: made });
    }
    before = drawn.get(part.key).node;
  }
  if (atEnd) {
    stays = true;
    toEnd();
  }
}

/** Another talk, or none, is shown next. */
export function forget() {
  shown = undefined;
}

// Pictures come late, and a menu or a tray takes room: whoever was at the end stays there.
root.addEventListener("scroll", () => { stays = isAtEnd(); });
root.addEventListener("load", () => stays && toEnd(), true);
new ResizeObserver(() => stays && toEnd()).observe(root);
