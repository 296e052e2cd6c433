// The rich menu: its picture with real links and buttons on top, and the bar that opens it.
import { byId, el, icon, styled } from "./dom.js";
import { actionElement } from "./act.js";

const root = byId("menu");
const kept = new Map();
let shown;
let set = () => {};

const percent = (part, whole) => `${(100 * part) / whole}%`;
const areaName = (action, index) => action.label ?? action.text ?? action.displayText ?? `メニュー ${index + 1}`;
const sources = { user: "この人のメニュー", default: "APIの既定のメニュー", manager: "マネージャーのメニュー" };

export function hide() {
  root.hidden = true;
  shown = undefined;
  byId("to-menu").hidden = true;
  byId("say").hidden = false;
}

function areas({ size, areas }, act) {
  return areas.map(({ bounds, action }, index) => {
    const name = areaName(action, index);
    const area = actionElement(action, () => act(action, index),
      { class: "area", "aria-label": name, title: name, "data-area": String(index) }, "");
    return styled(area, {
      left: percent(bounds.x, size.width),
      top: percent(bounds.y, size.height),
      width: percent(bounds.width, size.width),
      height: percent(bounds.height, size.height),
    });
  });
}

/** A tab leaves the keyboard where it was: on the area of the same number. */
function keepFocus() {
  const number = document.activeElement?.closest?.("#board [data-area]")?.dataset.area;
  return () => number !== undefined && root.querySelector(`[data-area="${number}"]`)?.focus();
}

export function show(menu, act) {
  if (!menu) return hide();
  if (shown === menu.id) return;
  const first = shown === undefined;
  const wasOpen = !first && root.querySelector("#board")?.hidden === false;
  const restore = keepFocus();
  shown = menu.id;
  const { size, chatBarText, selected } = menu.menu;
  const board = el("div", { class: "board", id: "board", role: "group", "aria-label": chatBarText },
    el("img", { src: `/phone/menu/${menu.id}`, alt: "" }), areas(menu.menu, act));
  styled(board, { "aspect-ratio": `${size.width} / ${size.height}` });
  const toggle = el("button", { type: "button", class: "toggle", "aria-controls": "board" });
  const keys = el("button", { type: "button", class: "icon keys", "aria-label": "文字を入力する", onclick: () => writing(true) },
    icon("M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8"));
  set = (isOpen) => {
    kept.set(menu.id, isOpen);
    board.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
    toggle.replaceChildren(chatBarText, el("span", { class: "arrow", "aria-hidden": "true" }, isOpen ? "▾" : "▴"));
  };
  toggle.addEventListener("click", () => set(board.hidden));
  set(wasOpen || (kept.get(menu.id) ?? selected));
  root.replaceChildren(board, el("div", { class: "menubar" }, keys, toggle),
    el("p", { class: "source" }, sources[menu.source] ?? ""));
  // A menu that changes while somebody writes does not take the field away.
  if (first || byId("say").hidden) writing(false);
  restore();
}

/** Opens or closes it, where an action says so. */
export function open(isOpen) {
  if (shown === undefined) return;
  writing(false);
  set(isOpen);
}

export function writing(on) {
  root.hidden = on && shown !== undefined;
  if (shown === undefined) return byId("text").focus();
  byId("say").hidden = !on;
  byId("to-menu").hidden = !on;
  if (on) byId("text").focus();
}

byId("to-menu").addEventListener("click", () => {
  writing(false);
  root.querySelector(".toggle")?.focus();
});
