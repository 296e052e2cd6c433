// The phone: talks, live.
import { byId, el, isWeb, post } from "./dom.js";
import { bubble, dayOf, timeOf } from "./bubble.js";
import * as inapp from "./inapp.js";
import * as menu from "./menu.js";

const person = document.body.dataset.person;
const base = `/_emulator/personas/${person}`;
const title = document.title;
const read = new Map();
let state;
let current;
let skew = 0;

const talkOf = (channel) => state.talks.find((talk) => talk.channel === channel);
const unread = (talk) => Math.max(0, talk.count - (read.get(talk.channel) ?? talk.count));

async function act(action, area) {
  if (action.type === "uri") {
    if (area !== undefined) await post(`${base}/tap`, { channel: current, area });
    if (isWeb(action.uri)) inapp.open(action.uri);
    return;
  }
  if (area !== undefined) await post(`${base}/tap`, { channel: current, area });
  else if (action.type === "message") await post(`${base}/say`, { channel: current, text: action.text });
  else if (action.type === "postback") {
    await post(`${base}/postback`, { channel: current, data: action.data, text: action.displayText });
  }
}

const preview = (talk) => {
  const last = talk.lines.at(-1)?.message;
  return last ? (last.text ?? last.altText ?? "メッセージ") : "まだメッセージはありません";
};

function drawList() {
  byId("talks").replaceChildren(...state.talks.map((talk) => {
    const count = unread(talk);
    const last = talk.lines.at(-1);
    return el("li", {}, el("button", { type: "button", onclick: () => openTalk(talk.channel) },
      el("span", { class: "face", "aria-hidden": "true" }, talk.name[0]),
      el("span", { class: "summary" }, el("b", {}, talk.name), el("span", {}, preview(talk))),
      el("span", { class: "side" }, last ? el("time", {}, timeOf(last.at)) : null,
        count ? el("span", { class: "count", "aria-label": `未読 ${count}件` }, String(count)) : null)));
  }));
}

const standings = {
  none: ["友だちではありません。追加すると、お知らせが届きます。", "add", "友だちに追加"],
  deleted: ["友だちではありません。追加すると、お知らせが届きます。", "add", "友だちに追加"],
  blocked: ["ブロックしています。お知らせは届きません。", "unblock", "ブロックを解除"],
};

function deed(name, label, attributes = {}) {
  return el("button", { type: "button", ...attributes, onclick: async () => {
    options(false);
    await post(`${base}/${name}`, { channel: current });
  } }, label);
}

function options(open) {
  byId("options").hidden = !open;
  byId("more").setAttribute("aria-expanded", String(open));
}

function drawLines(talk) {
  const lines = byId("lines");
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
  const nodes = [];
  let day;
  for (const line of talk.lines) {
    if (dayOf(line.at) !== day) {
      day = dayOf(line.at);
      nodes.push(el("p", { class: "day" }, el("span", {}, day)));
    }
    nodes.push(bubble(line, talk.name[0], act));
  }
  lines.replaceChildren(...nodes);
  if (atEnd) lines.scrollTop = lines.scrollHeight;
}

function drawTalk() {
  const talk = talkOf(current);
  byId("name").textContent = talk.name;
  const standing = standings[talk.standing];
  byId("notice").hidden = !standing;
  if (standing) byId("notice").replaceChildren(el("p", {}, standing[0]), deed(standing[1], standing[2]));
  byId("options").replaceChildren(
    talk.standing === "friend" ? deed("block", "ブロックする") : deed(standing[1], standing[2]),
    talk.standing === "friend" ? deed("delete", "友だちから削除する") : "");
  menu.show(talk.menu, act);
  drawLines(talk);
  if (!inapp.isOpen()) read.set(current, talk.count);
}

function draw() {
  const several = state.talks.length > 1;
  byId("back").hidden = !several;
  const elsewhere = state.talks.filter((talk) => talk.channel !== current).reduce((sum, talk) => sum + unread(talk), 0);
  byId("others").hidden = !elsewhere;
  byId("others").textContent = String(elsewhere);
  if (current) drawTalk();
  else drawList();
  const all = state.talks.reduce((sum, talk) => sum + unread(talk), 0);
  document.title = all ? `(${all}) ${title}` : title;
}

function openTalk(channel) {
  current = channel;
  byId("list").hidden = true;
  byId("talk").hidden = false;
  byId("talks").replaceChildren();
  byId("banner").hidden = true;
  options(false);
  draw();
  byId("lines").scrollTop = byId("lines").scrollHeight;
}

function openList() {
  current = undefined;
  menu.hide();
  byId("talk").hidden = true;
  byId("list").hidden = false;
  draw();
}

let bannerEnd;
function announce(talk) {
  const banner = byId("banner");
  banner.replaceChildren(el("button", { type: "button", onclick: () => {
    if (inapp.isOpen()) inapp.close();
    openTalk(talk.channel);
  } }, el("span", { class: "face", "aria-hidden": "true" }, talk.name[0]),
    el("span", { class: "summary" }, el("b", {}, talk.name), el("span", {}, preview(talk))),
    el("span", { class: "count" }, String(unread(talk)))));
  banner.hidden = false;
  clearTimeout(bannerEnd);
  bannerEnd = setTimeout(() => { banner.hidden = true; }, 6000);
}

function take(next) {
  const before = state;
  state = next;
  skew = next.now - Date.now();
  for (const talk of next.talks) if (!read.has(talk.channel)) read.set(talk.channel, talk.count);
  if (!before) {
    byId("list").hidden = true;
    if (next.talks.length === 1) return openTalk(next.talks[0].channel);
    const busy = next.talks.filter((talk) => talk.count > 0);
    return busy.length === 1 ? openTalk(busy[0].channel) : openList();
  }
  for (const talk of next.talks) {
    const old = before.talks.find((other) => other.channel === talk.channel);
    const came = talk.count > (old?.count ?? 0) && !talk.lines.at(-1)?.mine;
    if (came && (inapp.isOpen() || (current && talk.channel !== current))) announce(talk);
  }
  draw();
}

async function listen() {
  let pause = 500;
  for (;;) {
    try {
      const after = encodeURIComponent(state?.version ?? "");
      const answer = await fetch(`/phone/${person}/state?after=${after}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const next = await answer.json();
      if (next.version === state?.version) await new Promise((done) => setTimeout(done, 200));
      else take(next);
      pause = 500;
    } catch {
      await new Promise((done) => setTimeout(done, pause));
      pause = Math.min(pause * 2, 5000);
    }
  }
}

function tick() {
  byId("clock").textContent = timeOf(Date.now() + skew);
}

byId("back").addEventListener("click", openList);
byId("more").addEventListener("click", () => options(byId("options").hidden));
byId("close").addEventListener("click", () => draw());
byId("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (!text || !current) return;
  byId("text").value = "";
  await post(`${base}/say`, { channel: current, text });
  byId("lines").scrollTop = byId("lines").scrollHeight;
});
tick();
setInterval(tick, 5000);
listen();
