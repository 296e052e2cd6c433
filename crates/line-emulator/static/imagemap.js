// A picture with areas. LINE docs: imagemap-message.
import { el, image, styled } from "./dom.js";
import { PLAY, actionElement } from "./act.js";

const percent = (part, whole) => `${(100 * part) / whole}%`;

function lay(node, area, size) {
  return styled(node, {
    left: percent(area.x, size.width),
    top: percent(area.y, size.height),
    width: percent(area.width, size.width),
    height: percent(area.height, size.height),
  });
}

/** Actions name their address or text otherwise than elsewhere: `linkUri`. */
const usual = (action) => (action.type === "uri" ? { ...action, uri: action.linkUri ?? action.uri } : action);

function film(video, size, act) {
  const node = el("div", { class: "film drawn part", role: "img", "aria-label": "動画" }, image(video.previewImageUrl, "動画"), PLAY());
  lay(node, video.area ?? {}, size);
  const link = video.externalLink;
  return link ? [node, actionElement({ type: "uri", uri: link.linkUri, label: link.label }, act, { class: "after-film" })] : [node];
}

export function imagemap(message, act) {
  const size = { width: message.baseSize?.width ?? 1040, height: message.baseSize?.height ?? 1040 };
  // Phones take one of five widths by their screen: 240, 300, 460, 700 or 1040, without an extension.
  const width = window.devicePixelRatio > 2 ? 1040 : 700;
  const board = el("div", { class: "imagemap" }, image(`${message.baseUrl}/${width}`, message.altText ?? "画像"));
  styled(board, { "aspect-ratio": `${size.width} / ${size.height}` });
  if (message.video) board.append(...film(message.video, size, act));
  (message.actions ?? []).map(usual).forEach((action, index) => {
    const name = action.label ?? action.text ?? `領域 ${index + 1}`;
    board.append(lay(actionElement(action, act, { class: "area", "aria-label": name, title: name }, ""), action.area ?? {}, size));
  });
  return el("div", { class: "cards one", role: "group", "aria-label": message.altText }, board);
}
