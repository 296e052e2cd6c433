// One line of a talk: who, what, when.
import { el, icon, image, isWeb } from "./dom.js";
import { actionElement } from "./act.js";
import { content } from "./content.js";

const JST = "Asia/Tokyo";
const clock = new Intl.DateTimeFormat("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: JST });
const day = new Intl.DateTimeFormat("ja-JP", { month: "long", day: "numeric", weekday: "short", timeZone: JST });

export const timeOf = (at) => clock.format(at);
export const dayOf = (at) => day.format(at);

function face(sender, name) {
  if (isWeb(sender?.iconUrl)) return image(sender.iconUrl, "", { class: "face" });
  return el("span", { class: "face", "aria-hidden": "true" }, (sender?.name ?? name)[0]);
}

function quickReplies(items, act) {
  return el("div", { class: "quick", role: "group", "aria-label": "返信の候補" }, items.map(({ action, imageUrl }) =>
    actionElement(action, act, {}, isWeb(imageUrl) ? image(imageUrl, "", { class: "mini" }) : null, action.label ?? "送る")));
}

/** Only what the person wrote can be taken back or written anew. */
function handle(line, { edit, unsend }) {
  if (!line.mine || !line.message.id) return null;
  const items = el("div", { class: "deeds", hidden: true },
    line.message.type === "text" ? el("button", { type: "button", onclick: () => edit(line.message) }, "編集") : null,
    el("button", { type: "button", onclick: () => unsend(line.message) }, "送信を取り消す"));
  const toggle = el("button", { type: "button", class: "dots", "aria-label": "このメッセージの操作", "aria-expanded": "false" }, icon("M12 6h.01M12 12h.01M12 18h.01"));
  toggle.addEventListener("click", () => {
    items.hidden = !items.hidden;
    toggle.setAttribute("aria-expanded", String(!items.hidden));
    if (!items.hidden) items.scrollIntoView({ block: "nearest" });
  });
  return el("div", { class: "handle" }, toggle, items);
}

/** `quick`: its candidates are shown, as those of the newest message only are; `first`: of its sender in a row. */
export function bubble(line, { name, quick, first, act, deeds }) {
  const { message, mine, at } = line;
  if (message.type === "unsent") return el("p", { class: "day unsent" }, el("span", {}, "メッセージの送信を取り消しました"));
  const time = el("time", { datetime: new Date(at).toISOString() }, timeOf(at));
  const meta = el("span", { class: "meta" }, message.edited ? el("span", {}, "編集済み") : null, mine ? el("span", {}, "既読") : null, time);
  const sender = mine || !first ? null : el("span", { class: "sender" }, message.sender?.name ?? name);
  const whole = el("div", { class: "whole" }, sender, el("div", { class: "said" }, content(message, act), meta));
  const row = el("div", { class: mine ? "line mine" : "line" }, mine ? null : first ? face(message.sender, name) : el("span", { class: "face none", "aria-hidden": "true" }), whole, handle(line, deeds));
  const items = quick ? message.quickReply?.items ?? [] : [];
  return items.length ? el("div", { class: "with-quick" }, row, quickReplies(items, act)) : row;
}
