// Writing: the field, the tray of other things to send, and writing anew.
import { byId, el, post } from "./dom.js";
import { toast } from "./act.js";
import { toEnd } from "./talk.js";

const things = { sticker: "スタンプ", image: "画像", video: "動画", audio: "音声", file: "ファイル", location: "位置情報" };
let edited;

export function fill(text) {
  byId("text").value = text;
  byId("text").focus();
}

/** The next thing that is sent takes the place of this message. */
export function edit(message) {
  edited = message;
  byId("editing").hidden = false;
  fill(message.text);
}

function stopEditing() {
  edited = undefined;
  byId("editing").hidden = true;
}

function tray(open) {
  byId("tray").hidden = !open;
  byId("plus").setAttribute("aria-expanded", String(open));
}

/** `where()` gives the person's base address and the channel of the talk. */
export function begin(where) {
  const send = async (deed, body) => {
    const { base, channel } = where();
    if (!channel) return;
    await post(`${base}/${deed}`, { channel, ...body }).catch(() => toast("送れませんでした。もう一度お試しください"));
    toEnd();
  };
  byId("tray").replaceChildren(...Object.entries(things).map(([type, label]) => el("button", { type: "button", onclick: () => {
    tray(false);
    byId("plus").focus();
    send("send", { message: { type } });
  } }, label)));
  byId("plus").addEventListener("click", () => tray(byId("tray").hidden));
  byId("stop-editing").addEventListener("click", () => {
    stopEditing();
    fill("");
  });
  byId("text").addEventListener("keydown", (event) => {
    // Enter also ends the choice of kanji: then nothing is sent.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("say").requestSubmit();
  });
  byId("say").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("text").value.trim();
    if (!text) return;
    byId("text").value = "";
    if (edited) send("edit", { message_id: edited.id, text });
    else send("say", { text });
    stopEditing();
  });
}
