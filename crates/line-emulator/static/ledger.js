// What LINE was told, newest first.
import { byId, el, post } from "./dom.js";

const SHOWN = 200;
const all = [];
let last = 0;
let asked = 0;

const when = new Intl.DateTimeFormat("ja-JP", {
  month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "Asia/Tokyo",
});

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text ?? "";
  }
}

function entry(request) {
  const body = request.body ?? `(${request.body_base64.length} 文字のbase64)`;
  return el("li", {}, el("details", {},
    el("summary", {}, el("time", { datetime: new Date(request.at).toISOString() }, when.format(request.at)), " ",
      el("b", {}, request.method), ` ${request.path} `, el("span", { class: "code" }, String(request.status || "切断"))),
    request.query ? el("p", {}, request.query) : null,
    body ? el("pre", {}, readable(body)) : null,
    request.response ? el("pre", { class: "answer" }, readable(request.response).slice(0, 2000)) : null));
}

function show(text, requests, good = false) {
  byId("found").textContent = text;
  byId("found").classList.toggle("none", good);
  byId("requests").replaceChildren(...requests.map(entry));
}

// No more is said than was looked at.
function absent({ searched, last: of, own }) {
  if (own) return `${searched}件の通信に、この言葉はありません`;
  return searched === of ? "この言葉は、LINEに渡っていません" : `最近の${searched}件の通信に、この言葉はありません`;
}

// The emulator looks through its whole journal; the words go in the body, never in the address.
async function search(q) {
  const turn = ++asked;
  const result = await post("/_emulator/search", { q }).catch(() => undefined);
  if (turn !== asked) return;
  byId("own").hidden = !result?.own;
  if (!result) return show("調べられませんでした。もう一度入力してください", []);
  const { found, requests } = result;
  const most = found > requests.length ? `（新しい順に${requests.length}件）` : "";
  show(found ? `${found}件の通信に含まれています${most}` : absent(result), requests, !found && !result.own);
}

async function draw() {
  const q = byId("find").value.trim();
  if (q) return search(q);
  asked += 1;
  byId("own").hidden = true;
  show(`新しい順に${all.length}件`, all);
}

async function more() {
  const from = last ? `since=${last}` : `last=${SHOWN}`;
  const answer = await fetch(`/_emulator/requests?${from}`);
  const fresh = await answer.json();
  if (fresh.length) {
    last = fresh.at(-1).seq;
    all.unshift(...fresh.reverse());
    all.length = Math.min(all.length, SHOWN);
    await draw();
  }
}

async function follow() {
  for (;;) {
    // Hidden on small screens: then there is nothing to ask for.
    if (byId("requests").offsetParent) await more().catch(() => {});
    if (byId("hooks").offsetParent) await moreSent().catch(() => {});
    await new Promise((done) => setTimeout(done, 1500));
  }
}

const reasons = { REQUEST_TIMEOUT: "2秒以内に返事なし", COULD_NOT_CONNECT: "つながらない" };

function sentEntry(hook) {
  const types = hook.events.map((event) => event.type).join("、") || "イベントなし（確認）";
  const answer = hook.status ? String(hook.status) : reasons[hook.reason] ?? hook.reason;
  const marks = [hook.redelivery ? "再送" : "", hook.wrong_signature ? "署名ちがい" : ""].filter(Boolean).join("・");
  return el("li", {}, el("details", {},
    el("summary", {}, el("time", { datetime: new Date(hook.at).toISOString() }, when.format(hook.at)), " ",
      el("b", {}, types), marks ? ` ${marks} ` : " ", el("span", { class: hook.reason === "OK" ? "code" : "code bad" }, answer)),
    el("p", {}, hook.url), el("pre", {}, JSON.stringify(hook.events, null, 2)),
    hook.reason === "OK" ? null : el("p", {}, hook.detail)));
}

let lastSent = 0;
async function moreSent() {
  const fresh = await (await fetch(`/_emulator/webhooks/log?since=${lastSent}`)).json();
  const list = byId("hooks");
  if (fresh.length) {
    lastSent = fresh.at(-1).seq;
    list.prepend(...fresh.reverse().map(sentEntry));
    while (list.childElementCount > SHOWN) list.lastElementChild.remove();
  }
  byId("sent").textContent = list.childElementCount
    ? `新しい順に${list.childElementCount}件`
    : "まだありません。Webhookの送り先は、起動のとき --webhook で決められます";
}

for (const way of ["in", "out"]) {
  byId(`way-${way}`).addEventListener("click", () => {
    for (const other of ["in", "out"]) {
      byId(other).hidden = other !== way;
      byId(`way-${other}`).setAttribute("aria-pressed", String(other === way));
    }
    if (way === "out") moreSent().catch(() => {});
  });
}

let typing;
byId("find").addEventListener("input", () => {
  asked += 1;
  clearTimeout(typing);
  typing = setTimeout(draw, 200);
});
follow();
