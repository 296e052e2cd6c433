// The phone: talks, live.
import { byId, el, post } from "./dom.js";
import { perform, toast } from "./act.js";
import { timeOf } from "./bubble.js";
import { inWords } from "./content.js";
import * as compose from "./compose.js";
import * as inapp from "./inapp.js";
import * as menu from "./menu.js";
import * as talkView from "./talk.js";

const person = document.body.dataset.person;
const base = `/_emulator/personas/${person}`;
const title = document.title;
const read = new Map();
let state;
let current;
let skew = 0;

const talkOf = (channel) => state.talks.find((talk) => talk.channel === channel);
const unread = (talk) => Math.max(0, talk.count - (read.get(talk.channel) ?? talk.count));

function act(action, area) {
  const place = { base, channel: current, area, device: state.device, showMenu: menu.open };
  const doing = perform(action, { ...place, compose: (text) => { menu.writing(true); compose.fill(text); } });
  return doing.catch(() => toast("できませんでした。もう一度お試しください"));
}

const handlers = {
  act,
  deeds: {
    edit: (message) => { menu.writing(true); compose.edit(message); },
    unsend: (message) => post(`${base}/unsend`, { channel: current, message_id: message.id }),
  },
};

const preview = (talk) => (talk.lines.length ? inWords(talk.lines.at(-1).message) : "まだメッセージはありません");

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

function deed(name, label) {
  return el("button", { type: "button", onclick: async () => {
    options(false);
    await post(`${base}/${name}`, { channel: current });
    byId("more").focus();
  } }, label);
}

function options(open) {
  byId("options").hidden = !open;
  byId("more").setAttribute("aria-expanded", String(open));
}

const devices = {
  "line-ios": "iOS・アプリ内", "line-android": "Android・アプリ内", safari: "iOS・Safari", chrome: "Android・Chrome",
  "chrome-ios": "iOS・Chrome", pc: "PC", private: "プライベートブラウズ",
};

function deviceChoice() {
  const choose = el("select", { id: "device", onchange: () => post(`${base}/device`, { device: choose.value }) },
    Object.entries(devices).map(([value, label]) => el("option", { value, selected: state.device === value }, label)));
  return el("label", { class: "device" }, "端末とブラウザ", choose);
}

let drawnOptions;
function drawOptions(talk) {
  const standing = standings[talk.standing];
  const text = `${talk.channel} ${talk.standing} ${state.device}`;
  if (drawnOptions === text) return;
  drawnOptions = text;
  const choosing = document.activeElement?.id === "device";
  byId("notice").hidden = !standing;
  if (standing) byId("notice").replaceChildren(el("p", {}, standing[0]), deed(standing[1], standing[2]));
  byId("options").replaceChildren(
    talk.standing === "friend" ? deed("block", "ブロックする") : deed(standing[1], standing[2]),
    talk.standing === "friend" ? deed("delete", "友だちから削除する") : "",
    deviceChoice());
  if (choosing) byId("device").focus();
}

function drawTalk() {
  const talk = talkOf(current);
  byId("name").textContent = talk.name;
  drawOptions(talk);
  // LINE docs: rich menus are not displayed on LINE for PC.
  menu.show(state.device === "pc" ? null : talk.menu, act);
  byId("pc-note").hidden = state.device !== "pc" || !talk.menu;
  talkView.draw(talk, handlers);
  if (!inapp.isOpen()) read.set(current, talk.count);
  typing(talk.loading_ms);
  look(talk);
}

// The account lets people know that an answer is being made; the sign goes by itself.
let typingEnd;
function typing(left) {
  clearTimeout(typingEnd);
  byId("typing").hidden = !left;
  if (left) typingEnd = setTimeout(() => typing(0), left);
}

// What somebody really sees is what insight counts; it is told once for each news.
let seen;
function look(talk) {
  const news = `${talk.channel} ${talk.count} ${talk.menu?.id}`;
  if (inapp.isOpen() || document.hidden || seen === news) return;
  seen = news;
  post(`${base}/look`, { channel: talk.channel }).catch(() => { seen = undefined; });
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
  talkView.forget();
  draw();
}

function openList() {
  current = undefined;
  menu.hide();
  byId("talk").hidden = true;
  byId("list").hidden = false;
  draw();
  byId("talks").querySelector("button")?.focus();
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

// Several phones may be open side by side, and share one cookie that tells the login pages whose phone
// it is: the one that is touched is the one that logs in.
let held = 0;
function hold() {
  if (Date.now() - held < 1000) return;
  held = Date.now();
  fetch(`/phone/${person}/hold`, { method: "POST" }).catch(() => {});
}
const phone = document.querySelector(".phone");
for (const sign of ["pointerenter", "pointerdown", "focusin"]) phone.addEventListener(sign, hold);
window.addEventListener("blur", () => document.activeElement?.name === "inapp" && hold());

byId("back").addEventListener("click", openList);
byId("more").addEventListener("click", () => options(byId("options").hidden));
byId("close").addEventListener("click", () => draw());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || byId("options").hidden) return;
  options(false);
  byId("more").focus();
});
compose.begin(() => ({ base, channel: current }));
tick();
setInterval(tick, 5000);
listen();
