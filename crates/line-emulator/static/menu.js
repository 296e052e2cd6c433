// The rich menu: its picture with real links and buttons on top, and the bar that opens it.
import { byId, el } from "./dom.js";
import { actionElement } from "./bubble.js";

const root = byId("menu");
const kept = new Map();
let shown;

const percent = (part, whole) => `${(100 * part) / whole}%`;

function areaName(action, index) {
  return action.label ?? action.text ?? action.displayText ?? `メニュー ${index + 1}`;
}

export function hide() {
  root.hidden = true;
  shown = undefined;
  byId("to-menu").hidden = true;
  byId("say").hidden = false;
}

export function show(menu, act) {
  if (!menu) return hide();
  if (shown === menu.id) return;
  shown = menu.id;
  const { size, areas, chatBarText, selected } = menu.menu;
  const open = kept.get(menu.id) ?? selected;
  const image = el("img", { src: `/phone/menu/${menu.id}`, alt: "" });
  const board = el("div", { class: "board", id: "board" }, image);
  // Styles by property: the page allows no inline styles in markup.
  board.style.aspectRatio = `${size.width} / ${size.height}`;
  areas.forEach(({ bounds, action }, index) => {
    const name = areaName(action, index);
    const area = actionElement(action, () => act(action, index),
      { class: "area", "aria-label": name, title: name, "data-area": String(index) }, "");
    area.style.left = percent(bounds.x, size.width);
    area.style.top = percent(bounds.y, size.height);
    area.style.width = percent(bounds.width, size.width);
    area.style.height = percent(bounds.height, size.height);
    board.append(area);
  });
  const toggle = el("button", { type: "button", class: "toggle", "aria-controls": "board" });
  const keys = el("button", { type: "button", class: "icon keys", "aria-label": "文字を入力する" });
  keys.append(keyboard());
  const set = (isOpen) => {
    kept.set(menu.id, isOpen);
    board.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
    toggle.replaceChildren(chatBarText, el("span", { class: "arrow", "aria-hidden": "true" }, isOpen ? "▾" : "▴"));
  };
  toggle.addEventListener("click", () => set(board.hidden));
  keys.addEventListener("click", () => writing(true));
  set(open);
  root.replaceChildren(board, el("div", { class: "menubar" }, keys, toggle));
  writing(false);
}

function writing(on) {
  root.hidden = on;
  byId("say").hidden = !on;
  byId("to-menu").hidden = !on;
  if (on) byId("text").focus();
}

function keyboard() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8");
  svg.append(path);
  return svg;
}

byId("to-menu").addEventListener("click", () => writing(false));
