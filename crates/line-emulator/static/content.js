// A message by its type.
import { el, icon, image } from "./dom.js";
import { PLAY, actionElement, pressable } from "./act.js";
import { flex } from "./flex.js";
import { imagemap } from "./imagemap.js";
import { template } from "./template.js";

const open = (uri) => ({ type: "uri", uri, label: "開く" });

/** Addresses in a text become links. */
function linked(text, act) {
  const parts = text.split(/(https?:\/\/[^\s「」、。）)]+)/);
  return parts.map((part, index) => (index % 2 ? actionElement(open(part), act, {}, part) : part));
}

const emoji = () => el("span", { class: "emoji", role: "img", "aria-label": "絵文字" }, "☺");

/** LINE's own emoji stand at UTF-16 positions of a text; `emojis` says which. */
function text(message, act) {
  const whole = String(message.text ?? "");
  const nodes = [];
  let from = 0;
  for (const { index, length = 1 } of [...(message.emojis ?? [])].sort((a, b) => a.index - b.index)) {
    if (index < from) continue;
    nodes.push(...linked(whole.slice(from, index), act), emoji());
    from = index + length;
  }
  nodes.push(...linked(whole.slice(from), act));
  return el("div", { class: "bubble" }, nodes);
}

/** `{name}` is put in from `substitution`; `{{` and `}}` are braces. */
function textV2(message, act) {
  const parts = String(message.text ?? "").split(/(\{\{|\}\}|\{[0-9a-zA-Z_]{1,20}\})/);
  const nodes = parts.flatMap((part) => {
    if (part === "{{" || part === "}}") return part[0];
    const put = /^\{.+\}$/.test(part) && message.substitution?.[part.slice(1, -1)];
    if (!put) return linked(part, act);
    return put.type === "emoji" ? emoji() : el("b", {}, put.mentionee?.type === "all" ? "@全員" : "@メンバー");
  });
  return el("div", { class: "bubble" }, nodes);
}

function photo(message, act) {
  const alt = "画像";
  if (!message.originalContentUrl) return el("div", { class: "photo drawn", role: "img", "aria-label": alt }, icon("M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15.5 8.5h.01"));
  const node = el("div", { class: "photo" }, image(message.previewImageUrl ?? message.originalContentUrl, alt));
  return pressable(node, { ...open(message.originalContentUrl), label: "画像を大きく見る" }, act);
}

function video(message, act) {
  const address = message.originalContentUrl;
  const preview = address ? image(message.previewImageUrl, "動画") : null;
  const node = el("div", { class: preview ? "photo film" : "photo film drawn", role: "img", "aria-label": "動画" }, preview, PLAY());
  return address ? pressable(node, { ...open(address), label: "動画を見る" }, act) : node;
}

const seconds = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

function audio(message) {
  return el("div", { class: "bubble sound", role: "img", "aria-label": `音声 ${seconds(message.duration ?? 0)}` },
    PLAY(), el("span", { class: "wave" }), seconds(message.duration ?? 0));
}

function sticker(message) {
  const face = icon("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM9 9.5h.01M15 9.5h.01M8 14c2 3 6 3 8 0");
  return el("div", { class: "sticker", role: "img", "aria-label": `スタンプ ${message.text ?? ""}`.trim() },
    face, message.text ? el("b", {}, message.text) : null,
    el("small", {}, `${message.packageId} / ${message.stickerId}`));
}

function place(message) {
  return el("div", { class: "card place" }, el("div", { class: "map", "aria-hidden": "true" }, icon("M12 21s7-6.5 7-12a7 7 0 0 0-14 0c0 5.5 7 12 7 12zM12 9h.01")),
    el("div", { class: "words" }, el("b", {}, message.title ?? "位置情報"), el("p", {}, message.address ?? "")));
}

function file(message) {
  return el("div", { class: "bubble file" }, icon("M6 3h8l4 4v14H6zM14 3v4h4"),
    el("span", {}, el("b", {}, message.fileName ?? "ファイル"), el("small", {}, `${message.fileSize ?? 0} バイト`)));
}

function coupon(message) {
  return el("div", { class: "card coupon" }, el("div", { class: "words" }, el("b", {}, "クーポン"), el("p", {}, message.couponId ?? "")));
}

const drawings = { text, textV2, image: photo, video, audio, sticker, location: place, file, coupon, imagemap };

/** The message as people see it. */
export function content(message, act) {
  if (message.type === "template") return template(message, act);
  if (message.type === "flex") return flex(message, act);
  const draw = drawings[message.type];
  return draw ? draw(message, act) : el("div", { class: "bubble other" }, message.altText ?? `この模型が知らない種類です: ${message.type}`);
}

const names = {
  image: "画像", video: "動画", audio: "音声", sticker: "スタンプ", location: "位置情報", file: "ファイル",
  coupon: "クーポン", unsent: "送信を取り消しました",
};

/** The message in one line, as in a notification. */
export const inWords = (message) => message?.text ?? message?.altText ?? names[message?.type] ?? "メッセージ";
