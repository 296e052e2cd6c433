// Flex messages. LINE docs: flex-message-elements.
import { el, image, styled } from "./dom.js";
import { PLAY, actionElement, labelOf, pressable } from "./act.js";
import { alignment, boxStyle, colour, imageSize, placeStyle, ratio, space, textSize, textStyle } from "./flex_style.js";

function box(part, act) {
  const layout = ["horizontal", "baseline"].includes(part.layout) ? part.layout : "vertical";
  const whole = { ...part, layout };
  const children = (part.contents ?? []).map((child, index) => {
    const node = component(child, whole, act);
    return node && styled(node, placeStyle(child, whole, index === 0));
  });
  const node = styled(el("div", { class: `fbox ${layout}` }, children), boxStyle(part));
  return pressable(node, part.action, act);
}

function text(part, _box, act) {
  const inner = part.contents?.length
    ? part.contents.map((span) => styled(el("span", {}, span.text ?? ""), textStyle(span)))
    : [part.text ?? ""];
  const node = styled(el("div", { class: part.wrap ? "ftext wrap" : "ftext" }, inner), {
    ...textStyle(part),
    "font-size": textSize(part.size),
    "text-align": { start: "start", end: "end", center: "center" }[part.align],
    "align-content": alignment(part.gravity),
  });
  if (part.maxLines > 0 && part.wrap) {
    node.classList.add("clamp");
    styled(node, { "-webkit-line-clamp": part.maxLines, "align-self": alignment(part.gravity) ?? "flex-start" });
  }
  const lines = space(part.lineSpacing);
  if (lines) styled(node, { "line-height": `calc(1.4em + ${lines})` });
  return pressable(node, part.action, act);
}

function picture(part, act) {
  const frame = styled(el("div", { class: `fpicture ${part.aspectMode === "cover" ? "cover" : "fit"}` }, image(part.url, "")), {
    width: imageSize(part.size),
    "aspect-ratio": ratio(part.aspectRatio),
    background: colour(part.backgroundColor),
  });
  const node = styled(el("div", { class: "fimage" }, frame), {
    "justify-content": alignment(part.align) ?? "center",
    "align-items": alignment(part.gravity),
  });
  if (!part.action) return node;
  return pressable(node, { label: labelOf(part.action), ...part.action }, act);
}

function film(part, act) {
  const still = styled(el("div", { class: "fpicture cover film", role: "img", "aria-label": "動画" }, image(part.previewUrl, "動画"), PLAY()), {
    width: "100%",
    "aspect-ratio": ratio(part.aspectRatio),
  });
  return pressable(el("div", { class: "fimage" }, still), { type: "uri", uri: part.url, label: part.action?.label ?? "動画を見る" }, act);
}

function icon(part) {
  const node = el("span", { class: "ficon" }, image(part.url, ""));
  return styled(node, { height: textSize(part.size), "aspect-ratio": ratio(part.aspectRatio) });
}

function button(part, act) {
  const style = ["primary", "secondary"].includes(part.style) ? part.style : "link";
  const node = actionElement(part.action ?? {}, act, { class: `fbutton ${style} ${part.height === "sm" ? "small" : ""}` });
  styled(node, { [style === "link" ? "color" : "background"]: colour(part.color) });
  return styled(el("div", { class: "fpress" }, node), { "align-content": alignment(part.gravity) });
}

function separator(part, parent) {
  return styled(el("div", { class: `frule ${parent.layout}`, role: "separator" }), { background: colour(part.color) });
}

function component(part, parent, act) {
  switch (part.type) {
    case "box": return box(part, act);
    case "text": return text(part, parent, act);
    case "image": return picture(part, act);
    case "video": return film(part, act);
    case "icon": return icon(part);
    case "button": return button(part, act);
    case "separator": return separator(part, parent);
    case "filler":
    case "spacer": return el("div", { class: "ffiller" });
    default: return null;
  }
}

function block(name, part, style, act) {
  if (!part) return null;
  const node = el("div", { class: `fblock ${name}` }, component(part, { layout: "vertical" }, act));
  styled(node, { background: colour(style?.backgroundColor) });
  if (style?.separator) {
    node.classList.add("ruled");
    styled(node, { "border-top-color": colour(style.separatorColor) });
  }
  return node;
}

function bubble(part, act) {
  const size = ["nano", "micro", "deca", "hecto", "kilo", "mega", "giga"].includes(part.size) ? part.size : "mega";
  const blocks = ["header", "hero", "body", "footer"].map((name) => block(name, part[name], part.styles?.[name], act));
  const node = el("div", { class: `flex ${size}`, dir: part.direction === "rtl" ? "rtl" : "ltr" }, blocks);
  return pressable(node, part.action, act);
}

export function flex(message, act) {
  const contents = message.contents ?? {};
  const several = contents.type === "carousel" && contents.contents?.length > 1;
  const bubbles = contents.type === "carousel" ? contents.contents ?? [] : [contents];
  return el("div", { class: several ? "cards" : "cards one", role: "group", "aria-label": message.altText, tabindex: several ? "0" : undefined },
    bubbles.map((part) => bubble(part, act)));
}
