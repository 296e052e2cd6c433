// What happens when something is tapped.
import { byId, el, icon, isWeb, post } from "./dom.js";
import * as inapp from "./inapp.js";
import { pick } from "./picker.js";

let toastEnd;

/** A short word at the lower edge, read out too. */
export function toast(text) {
  const node = byId("toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toastEnd);
  toastEnd = setTimeout(() => { node.hidden = true; }, 4000);
}

const names = { camera: "カメラ", cameraRoll: "写真をえらぶ", location: "位置情報を送る", clipboard: "コピー", datetimepicker: "日時をえらぶ" };

export const labelOf = (action) => action.label ?? action.displayText ?? action.text ?? names[action.type] ?? "開く";

/** A real link for addresses, a button for everything else. */
export function actionElement(action, act, attributes = {}, ...inner) {
  const label = inner.length ? inner : [labelOf(action)];
  if (action.type !== "uri") return el("button", { type: "button", onclick: () => act(action), ...attributes }, ...label);
  const follow = (event) => {
    event.preventDefault();
    act(action);
  };
  return el("a", { href: isWeb(action.uri) ? action.uri : "#", rel: "noreferrer", onclick: follow, ...attributes }, ...label);
}

/** Makes a drawn thing work like a button or a link; what is inside keeps its own actions. */
export function pressable(node, action, act) {
  if (!action) return node;
  node.classList.add("press");
  node.tabIndex = 0;
  node.setAttribute("role", action.type === "uri" ? "link" : "button");
  if (action.label) node.setAttribute("aria-label", action.label);
  const go = (event) => {
    event.preventDefault();
    event.stopPropagation();
    act(action);
  };
  node.addEventListener("click", go);
  node.addEventListener("keydown", (event) => {
    if (event.target === node && (event.key === "Enter" || event.key === " ")) go(event);
  });
  return node;
}

/** Nothing here ever goes to LINE: its login host is this emulator. */
const here = (address) => address.replace(/^https:\/\/access\.line\.me(?=[/?#]|$)/i, location.origin);

function openAddress(action, device) {
  const address = here(device === "pc" ? action.altUri?.desktop ?? action.uri : action.uri);
  if (/^(line:|https?:\/\/([\w-]+\.)*line\.me([/?#]|$))/i.test(address)) return toast(`アプリの中の画面を開きます（模型）: ${address}`);
  if (isWeb(address)) return inapp.open(address, device);
  if (/^tel:/i.test(address)) return toast(`電話をかけます（模型）: ${address.slice(4)}`);
  toast(`開けません: ${address}`);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("コピーしました");
  } catch {
    // A frame of another site may not write there; then the text is at least shown.
    toast(`コピーする文字: ${text}`);
  }
}

/**
 * Does an action in a talk. `area` is its number on the rich menu, if it stands there: the account
 * is then told by the emulator itself, which knows the menu.
 */
export async function perform(action, { base, channel, area, device, compose, showMenu }) {
  const tell = (deed, body) => post(`${base}/${deed}`, { channel, ...body });
  const byArea = area !== undefined;
  switch (action.type) {
    case "uri":
      // What insight counts: a tap of the menu, or an address out of a message.
      await tell(...(byArea ? ["tap", { area }] : ["open", { uri: action.uri }]));
      return openAddress(action, device);
    case "message":
      return byArea ? tell("tap", { area }) : tell("say", { text: action.text });
    case "postback":
      if (byArea) await tell("tap", { area });
      else await tell("postback", { data: action.data, text: action.displayText ?? action.text });
      if (action.inputOption === "openKeyboard") compose(action.fillInText ?? "");
      else if (action.inputOption === "openVoice") toast("音声の入力を開きます（模型）");
      else if (action.inputOption) showMenu(action.inputOption === "openRichMenu");
      return undefined;
    case "richmenuswitch":
      return byArea ? tell("tap", { area }) : undefined;
    case "datetimepicker": {
      const params = await pick(action);
      if (!params) return undefined;
      return byArea ? tell("tap", { area, params }) : tell("postback", { data: action.data, params });
    }
    case "clipboard":
      if (byArea) await tell("tap", { area });
      return copy(action.clipboardText);
    case "camera":
    case "cameraRoll":
      return tell("send", { message: { type: "image" } });
    case "location":
      return tell("send", { message: { type: "location" } });
    default:
      return toast(`この模型が知らない操作です: ${action.type}`);
  }
}

export const PLAY = () => icon("M8 5l11 7-11 7z", { class: "play" });
