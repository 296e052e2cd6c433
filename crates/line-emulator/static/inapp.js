// The browser of the phone: a sheet over the talk with a page in a frame.
import { byId, el, isWeb } from "./dom.js";

const sheet = byId("inapp");
const browsers = {
  "line-ios": "アプリ内ブラウザ", "line-android": "アプリ内ブラウザ", safari: "Safari（外のブラウザ）", chrome: "Chrome（外のブラウザ）",
  "chrome-ios": "Chrome（iOS、外のブラウザ）", pc: "PCのブラウザ", private: "プライベートブラウズ",
};
let frame;
let opener;

function show(address) {
  try {
    const url = new URL(address);
    byId("site").textContent = url.host;
    byId("where").textContent = url.pathname === "/" ? "" : url.pathname;
  } catch {
    byId("site").textContent = address;
  }
}

export const isOpen = () => !sheet.hidden;

export function open(address, device) {
  if (!isWeb(address)) return;
  if (!isOpen()) opener = document.activeElement;
  frame?.remove();
  frame = el("iframe", { name: "inapp", title: "開いたページ", allow: "clipboard-write" });
  // Cookies of its own, forgotten when it is closed; only Chromium does so.
  if (device === "private") frame.credentialless = true;
  frame.src = address;
  const mine = frame;
  frame.addEventListener("load", () => {
    // Only pages of the phone's own origin tell where they are; others show what was asked for.
    try {
      const here = mine.contentWindow.location.href;
      if (here !== "about:blank") show(here);
    } catch {
      show(address);
    }
  });
  show(address);
  const name = browsers[device] ?? browsers["line-ios"];
  sheet.setAttribute("aria-label", name);
  byId("browser").textContent = name;
  byId("browser").hidden = device === undefined || device.startsWith("line-");
  byId("page").replaceChildren(frame);
  sheet.hidden = false;
  byId("talk").inert = true;
  byId("list").inert = true;
  byId("close").focus();
}

export function close() {
  sheet.hidden = true;
  byId("talk").inert = false;
  byId("list").inert = false;
  frame?.remove();
  frame = undefined;
  opener?.focus?.();
}

byId("close").addEventListener("click", close);
byId("reload").addEventListener("click", () => {
  if (frame) frame.src = frame.src;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isOpen()) close();
});
