// Messages as bubbles.
import { el, isWeb } from "./dom.js";

const JST = "Asia/Tokyo";
const clock = new Intl.DateTimeFormat("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: JST });
const day = new Intl.DateTimeFormat("ja-JP", { month: "long", day: "numeric", weekday: "short", timeZone: JST });

export const timeOf = (at) => clock.format(at);
export const dayOf = (at) => day.format(at);

// Addresses in a text become links.
function linked(text, act) {
  const parts = String(text ?? "").split(/(https?:\/\/[^\s「」、。）)]+)/);
  return parts.map((part, index) => (index % 2 ? link(part, part, act) : part));
}

function link(address, label, act, attributes = {}) {
  return el("a", {
    href: isWeb(address) ? address : undefined,
    rel: "noreferrer",
    onclick: (event) => {
      event.preventDefault();
      act({ type: "uri", uri: address });
    },
    ...attributes,
  }, label);
}

export function actionElement(action, act, attributes = {}, ...inner) {
  const label = inner.length ? inner : [action.label ?? action.text ?? "開く"];
  if (action.type === "uri") {
    const node = link(action.uri, "", act, attributes);
    node.append(...label);
    return node;
  }
  return el("button", { type: "button", onclick: () => act(action), ...attributes }, ...label);
}

function template(message, act) {
  const template = message.template ?? {};
  const columns = template.columns ?? [template];
  const cards = columns.map((column) =>
    el("div", { class: "card" },
      el("div", { class: "words" },
        column.title && el("b", {}, column.title),
        column.text && el("p", {}, column.text)),
      ...(column.actions ?? (column.action ? [column.action] : []))
        .map((action) => actionElement(action, act, { class: "act" }))));
  return el("div", { class: columns.length > 1 ? "cards" : "cards one" }, ...cards);
}

function content(message, act) {
  switch (message.type) {
    case "text":
    case "textV2":
      return el("div", { class: "bubble" }, ...linked(message.text, act));
    case "template":
      return template(message, act);
    default: {
      const names = { image: "画像", video: "動画", audio: "音声", sticker: "スタンプ", location: "位置情報" };
      return el("div", { class: "bubble other" }, message.altText ?? message.title ?? names[message.type] ?? "メッセージ");
    }
  }
}

export function bubble(line, letter, act) {
  const { message, mine, at } = line;
  const time = el("time", { datetime: new Date(at).toISOString() }, timeOf(at));
  const meta = el("span", { class: "meta" }, mine ? el("span", {}, "既読") : null, time);
  const face = mine ? null : el("span", { class: "face", "aria-hidden": "true" }, letter);
  const row = el("div", { class: mine ? "line mine" : "line" }, face, content(message, act), meta);
  const items = message.quickReply?.items ?? [];
  if (!items.length) return row;
  const quick = el("div", { class: "quick" }, ...items.map((item) => actionElement(item.action, act)));
  return el("div", { class: "with-quick" }, row, quick);
}
