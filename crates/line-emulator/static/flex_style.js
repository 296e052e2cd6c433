// LINE's words for sizes as lengths. LINE docs: flex-message-elements, flex-message-layout.
const spacing = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const text = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const image = { xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220 };
const border = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const corner = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };

const length = (value, table) => {
  if (value === undefined) return undefined;
  if (Object.hasOwn(table, value)) return `${table[value]}px`;
  return /^\d+(\.\d+)?(px|%)$/.test(value) ? value : undefined;
};

export const space = (value) => length(value, spacing);
export const textSize = (value) => length(value ?? "md", text) ?? "16px";
export const imageSize = (value) => (value === "full" ? "100%" : length(value ?? "md", image) ?? "100px");
export const colour = (value) => (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(value ?? "") ? value : undefined);
export const ratio = (value) => (/^\d+(\.\d+)?:\d+(\.\d+)?$/.test(value ?? "") ? value.replace(":", " / ") : "1 / 1");

const align = { start: "flex-start", end: "flex-end", center: "center", top: "flex-start", bottom: "flex-end" };
export const alignment = (value) => align[value] ?? (/^space-(between|around|evenly)$/.test(value ?? "") ? value : undefined);

function background(value) {
  if (value?.type !== "linearGradient" || !/^\d+(\.\d+)?deg$/.test(value.angle ?? "")) return undefined;
  const centre = colour(value.centerColor) && `${value.centerColor} ${/^\d+(\.\d+)?%$/.test(value.centerPosition ?? "") ? value.centerPosition : "50%"}`;
  const stops = [colour(value.startColor), centre, colour(value.endColor)].filter(Boolean);
  return stops.length > 1 ? `linear-gradient(${value.angle}, ${stops.join(", ")})` : undefined;
}

/** A box's own looks. */
export function boxStyle(box) {
  const width = length(box.borderWidth, border);
  return {
    background: background(box.background) ?? colour(box.backgroundColor),
    border: width && `${width} solid ${colour(box.borderColor) ?? "transparent"}`,
    "border-radius": length(box.cornerRadius, corner),
    width: space(box.width),
    height: space(box.height),
    "max-width": space(box.maxWidth),
    "max-height": space(box.maxHeight),
    padding: space(box.paddingAll),
    "padding-top": space(box.paddingTop),
    "padding-bottom": space(box.paddingBottom),
    "padding-left": space(box.paddingStart),
    "padding-right": space(box.paddingEnd),
    "justify-content": alignment(box.justifyContent),
    "align-items": alignment(box.alignItems),
  };
}

/** How text looks; spans have these too. */
export function textStyle(part) {
  const styles = {
    color: colour(part.color),
    "font-weight": part.weight === "bold" ? "700" : part.weight === "regular" ? "400" : undefined,
    "font-style": part.style === "italic" ? "italic" : undefined,
    "text-decoration": { underline: "underline", "line-through": "line-through" }[part.decoration],
  };
  if (part.size !== undefined) styles["font-size"] = textSize(part.size);
  return styles;
}

/** What a component does not take for itself in a row; a row shares its width among the rest. */
const own = new Set(["separator", "icon", "spacer"]);

/** Where a component stands in its box. */
export function placeStyle(part, box, first) {
  const row = box.layout !== "vertical";
  const gap = space(part.margin) ?? (first ? undefined : space(box.spacing));
  const styles = { [row ? "margin-inline-start" : "margin-top"]: gap };
  const share = part.flex ?? (part.type === "filler" ? 1 : row && !own.has(part.type) ? 1 : 0);
  if (part.width !== undefined && row) styles.flex = "0 0 auto";
  else if (share > 0) styles.flex = row ? `${share} 1 0` : `${share} 0 auto`;
  else styles.flex = "0 0 auto";
  if (part.position === "absolute") {
    const start = space(part.offsetStart) ?? "0px";
    Object.assign(styles, { position: "absolute", "max-width": `calc(100% - ${start})`, flex: undefined, [row ? "margin-inline-start" : "margin-top"]: undefined });
  }
  const offsets = { top: part.offsetTop, bottom: part.offsetBottom, "inset-inline-start": part.offsetStart, "inset-inline-end": part.offsetEnd };
  for (const [side, value] of Object.entries(offsets)) styles[side] = space(value);
  return styles;
}
