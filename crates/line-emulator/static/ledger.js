// What LINE was told, newest first.
import { byId, el } from "./dom.js";

const SHOWN = 200;
const all = [];
let last = 0;

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text ?? "";
  }
}

// Forms and addresses are searched as the person typed them.
function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

const whole = (request) =>
  [request.path, decoded(request.query), JSON.stringify(request.headers), readable(request.body), decoded(request.body ?? "")].join("\n");

function entry(request) {
  const body = request.body ?? `(${request.body_base64.length} 文字のbase64)`;
  return el("li", {}, el("details", {},
    el("summary", {}, el("b", {}, request.method), ` ${request.path} `, el("span", { class: "code" }, String(request.status || "切断"))),
    request.query ? el("p", {}, request.query) : null,
    body ? el("pre", {}, readable(body)) : null,
    request.response ? el("pre", { class: "answer" }, readable(request.response).slice(0, 2000)) : null));
}

// No more is said than was looked at.
const absent = () => (all.length === last
  ? "この言葉は、LINEに渡っていません"
  : `最近の${all.length}件の通信に、この言葉はありません`);

function draw() {
  const words = byId("find").value.trim();
  const hits = words ? all.filter((request) => whole(request).includes(words)) : all;
  byId("found").textContent = words
    ? (hits.length ? `${hits.length}件の通信に含まれています` : absent())
    : `新しい順に${Math.min(all.length, SHOWN)}件`;
  byId("found").classList.toggle("none", Boolean(words) && !hits.length);
  byId("requests").replaceChildren(...hits.slice(0, SHOWN).map(entry));
}

async function more() {
  const from = last ? `since=${last}` : "last=1000";
  const answer = await fetch(`/_emulator/requests?${from}`);
  const fresh = await answer.json();
  if (fresh.length) {
    last = fresh.at(-1).seq;
    all.unshift(...fresh.reverse());
    all.length = Math.min(all.length, 5000);
    draw();
  }
}

async function follow() {
  for (;;) {
    // Hidden on small screens: then there is nothing to ask for.
    if (byId("requests").offsetParent) await more().catch(() => {});
    await new Promise((done) => setTimeout(done, 1500));
  }
}

byId("find").addEventListener("input", draw);
follow();
