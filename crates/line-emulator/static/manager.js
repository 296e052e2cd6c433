// Makes a rich menu with its picture, and hands it over as staff would publish it.
import { byId, el } from "./dom.js";

const form = byId("maker");
const board = byId("board");
const kept = [];
const colours = ["#d9e6ff", "#d8f0e1", "#fbe3d0", "#efe3fb", "#fff3c9", "#dff1f4"];

function grid() {
  const [size, columns, rows] = form.elements.grid.value.split("-");
  const height = size === "large" ? 1686 : 843;
  return { width: 2500, height, columns: Number(columns), rows: Number(rows) };
}

/** Whole pixels, and nothing between the areas. */
function bounds({ width, height, columns, rows }, index) {
  const edge = (part, whole, count) => Math.round((part * whole) / count);
  const [column, row] = [index % columns, Math.floor(index / columns)];
  const [x, y] = [edge(column, width, columns), edge(row, height, rows)];
  return { x, y, width: edge(column + 1, width, columns) - x, height: edge(row + 1, height, rows) - y };
}

function areaFields(index) {
  const was = kept[index] ?? {};
  const field = (name, label, value, more = {}) => el("label", {}, label, el("input", { name: `${name}${index}`, value, ...more }));
  const kind = el("select", { name: `kind${index}` },
    el("option", { value: "uri", selected: was.kind !== "message" }, "ページを開く"),
    el("option", { value: "message", selected: was.kind === "message" }, "言葉を送る"));
  return el("fieldset", {}, el("legend", {}, `${index + 1}つ目`),
    field("label", "名前", was.label ?? `手続き${index + 1}`, { maxlength: "20", required: true }),
    el("label", {}, "押したとき", kind),
    field("value", "アドレス、または送る言葉", was.value ?? "https://example.jp/", { required: true }));
}

function read() {
  const { columns, rows } = grid();
  return Array.from({ length: columns * rows }, (_, index) => {
    const value = (name) => form.elements[`${name}${index}`].value;
    return { label: value("label"), kind: value("kind"), value: value("value") };
  });
}

async function draw() {
  const shape = grid();
  board.height = shape.height;
  const pen = board.getContext("2d");
  // JPEG knows no see-through.
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, shape.width, shape.height);
  const file = form.elements.picture.files[0];
  if (file) {
    const picture = await createImageBitmap(file);
    pen.drawImage(picture, 0, 0, shape.width, shape.height);
    return;
  }
  read().forEach((area, index) => {
    const { x, y, width, height } = bounds(shape, index);
    pen.fillStyle = colours[index % colours.length];
    pen.fillRect(x + 6, y + 6, width - 12, height - 12);
    pen.fillStyle = "#1d2733";
    pen.font = "bold 104px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(area.label, x + width / 2, y + height / 2, width - 60);
  });
}

function fields() {
  const { columns, rows } = grid();
  byId("areas").replaceChildren(...Array.from({ length: columns * rows }, (_, index) => areaFields(index)));
  draw();
}

/** JPEG without the address part of a data URL; LINE takes 1 MB at most. */
function pictureOfBoard() {
  for (const quality of [0.9, 0.75, 0.6, 0.4]) {
    const text = board.toDataURL("image/jpeg", quality).split(",")[1];
    if (text.length * 0.75 <= 1024 * 1024) return text;
  }
  return undefined;
}

function menu() {
  const shape = grid();
  return {
    size: { width: shape.width, height: shape.height },
    selected: form.elements.selected.checked,
    name: "マネージャーのメニュー",
    chatBarText: form.elements.bar.value,
    areas: read().map(({ label, kind, value }, index) => ({
      bounds: bounds(shape, index),
      action: kind === "uri" ? { type: "uri", label, uri: value } : { type: "message", label, text: value },
    })),
  };
}

async function send(body, done) {
  const answer = await fetch("/_emulator/manager/richmenu", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ channel: form.elements.channel.value, ...body }),
  });
  const said = await answer.json().catch(() => ({}));
  const details = (said.details ?? []).map(({ property, message }) => `${property}: ${message}`);
  byId("said").textContent = answer.ok ? done : `公開できませんでした。入力をお確かめください。${[said.message, ...details].join(" / ")}`;
}

form.addEventListener("input", (event) => {
  if (event.target.name === "grid") return fields();
  read().forEach((area, index) => { kept[index] = area; });
  draw();
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await draw();
  await send({ menu: menu(), image_base64: pictureOfBoard() }, "公開しました。電話のトークで見られます。");
});
byId("remove").addEventListener("click", () => send({}, "消しました。"));
fields();
