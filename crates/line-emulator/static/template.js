// Template messages. LINE docs: template-messages.
import { el, image, styled } from "./dom.js";
import { actionElement, labelOf, pressable } from "./act.js";
import { colour } from "./flex_style.js";

function thumbnail(column, whole, act) {
  if (!column.thumbnailImageUrl) return null;
  const shape = (column.imageAspectRatio ?? whole.imageAspectRatio) === "square" ? "square" : "wide";
  const fit = (column.imageSize ?? whole.imageSize) === "contain" ? "contain" : "cover";
  const node = el("div", { class: `thumbnail ${shape} ${fit}` }, image(column.thumbnailImageUrl, ""));
  styled(node, { background: colour(column.imageBackgroundColor) ?? "#fff" });
  return pressable(node, column.defaultAction, act);
}

function card(column, whole, act) {
  const words = el("div", { class: "words" },
    column.title && el("b", {}, column.title),
    column.text && el("p", {}, column.text));
  return el("div", { class: "card" },
    thumbnail(column, whole, act),
    pressable(words, column.defaultAction, act),
    (column.actions ?? []).map((action) => actionElement(action, act, { class: "act" })));
}

function confirm(whole, act) {
  return el("div", { class: "card" },
    el("div", { class: "words" }, el("p", {}, whole.text)),
    el("div", { class: "pair" }, (whole.actions ?? []).map((action) => actionElement(action, act, { class: "act" }))));
}

function pictureCard(column, act) {
  const action = column.action ?? {};
  const inner = [image(column.imageUrl, action.label ? "" : labelOf(action)), action.label ? el("span", {}, action.label) : null];
  return actionElement(action, act, { class: "card tile" }, ...inner);
}

export function template(message, act) {
  const whole = message.template ?? {};
  const group = (kind, cards) => el("div", { class: `cards ${kind}`, role: "group", "aria-label": message.altText, tabindex: kind ? undefined : "0" }, cards);
  switch (whole.type) {
    case "confirm":
      return group("one", [confirm(whole, act)]);
    case "carousel":
      return group(whole.columns?.length > 1 ? "" : "one", (whole.columns ?? []).map((column) => card(column, whole, act)));
    case "image_carousel":
      return group(whole.columns?.length > 1 ? "" : "one", (whole.columns ?? []).map((column) => pictureCard(column, act)));
    default:
      return group("one", [card(whole, whole, act)]);
  }
}
