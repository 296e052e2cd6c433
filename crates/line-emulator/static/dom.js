// Builds elements from data; text never becomes markup.
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false && value !== null) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

export const isWeb = (address) => /^https?:\/\//i.test(address ?? "");

const SVG = "http://www.w3.org/2000/svg";

/** A line drawing, 24 by 24, that says nothing to screen readers. */
export function icon(path, attributes = {}) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Styles by property: the page's policy allows none in markup. */
export function styled(node, styles) {
  for (const [name, value] of Object.entries(styles)) {
    if (value !== undefined && value !== null) node.style.setProperty(name, String(value));
  }
  return node;
}

/** LINE takes pictures over https only; those of this machine are fetched without it. */
export function picture(address) {
  const here = /^https:\/\/((?:[\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])([:/]|$)/i;
  return here.test(address ?? "") ? address.replace(/^https/i, "http") : address;
}

/** An image that says so when it does not come. */
export function image(address, alt, attributes = {}) {
  const node = el("img", { src: isWeb(address) ? picture(address) : undefined, alt, loading: "lazy", ...attributes });
  node.addEventListener("error", () => {
    node.replaceWith(el("span", { class: `missing ${attributes.class ?? ""}`, title: address }, alt && alt !== "画像" ? alt : "画像を表示できません"));
  });
  return node;
}

export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${path}`);
  return answer.json();
}
