// Makes the staff's pages quicker; every one of them works without it.

// The first page of the list looks for news every five seconds while somebody can see it. Such a request says
// that it comes by itself: it is no visit, and an unchanged list is neither sent nor recorded again.
const EVERY = 5000;
const list = document.getElementById("list");
let tag = list?.dataset.live ?? "";

async function look() {
  if (document.visibilityState !== "visible") return true;
  const headers = { "x-madoguchi-refresh": "1" };
  if (tag) headers["if-none-match"] = tag;
  const answer = await fetch(location.href, { headers, cache: "no-store", redirect: "manual" });
  if (answer.status === 304) return true;
  if (!answer.ok) return answer.status === 503;
  tag = answer.headers.get("etag") ?? "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const news = page.getElementById("list");
  if (!news) return false;
  if (news.innerHTML === list.innerHTML) return true;
  const numbers = () => new Set([...list.querySelectorAll("tbody th")].map((cell) => cell.textContent));
  const known = numbers();
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const picked = [...list.querySelectorAll("input[name=id]:checked")].map((box) => box.value);
  list.replaceChildren(...news.childNodes);
  for (const id of picked) list.querySelector(`input[name=id][value="${CSS.escape(id)}"]`)?.click();
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  const fresh = [...numbers()].filter((number) => !known.has(number)).length;
  if (fresh) document.getElementById("news").textContent = `新しい申請が${fresh}件届きました。`;
  return true;
}

if (list && "live" in list.dataset) {
  const again = () => setTimeout(() => look().catch(() => true).then((on) => on && again()), EVERY);
  again();
}

const printer = document.querySelector("[data-print]");
if (printer) {
  printer.hidden = false;
  printer.addEventListener("click", () => print());
}

// A notice that waits: how far it is stands in a piece of its own, so that nothing else on the page is touched.
const told = document.getElementById("told");
const waits = () => told.querySelector("[data-delivery=waiting]") !== null;
async function follow() {
  if (document.visibilityState !== "visible") return;
  const headers = { "x-madoguchi-refresh": "1" };
  const answer = await fetch(told.dataset.told, { headers, cache: "no-store", redirect: "manual" });
  if (!answer.ok) return;
  const news = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  if (news.innerHTML.trim() !== told.innerHTML.trim()) told.replaceChildren(...news.childNodes);
}
if (told && waits()) {
  const again = () => setTimeout(() => follow().catch(() => {}).then(() => waits() && again()), EVERY / 2);
  again();
}

// Keyboard: shown by ?, and can be switched off there.
const STORE = "madoguchi-keys";
const isOn = () => localStorage.getItem(STORE) !== "off";
const help = document.createElement("dialog");
help.className = "keys";
help.setAttribute("aria-labelledby", "keys-head");
help.innerHTML = `<h2 id="keys-head">キーボード</h2>
<dl><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>次の申請・前の申請</dd><dt><kbd>Enter</kbd></dt><dd>開く</dd>
<dt><kbd>/</kbd></dt><dd>受付番号で探す</dd><dt><kbd>u</kbd></dt><dd>一覧へ戻る</dd><dt><kbd>t</kbd></dt><dd>今日やること</dd><dt><kbd>?</kbd></dt><dd>この案内</dd></dl>
<form method="dialog"><label><input type="checkbox"> 1文字のキー操作を使う</label><button class="btn outline">閉じる</button></form>`;
document.body.append(help);
const box = help.querySelector("input");
box.checked = isOn();
box.addEventListener("change", () => localStorage.setItem(STORE, box.checked ? "on" : "off"));

function step(by) {
  const rows = [...document.querySelectorAll(".rows tbody a")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at < 0 && by < 0 ? rows.length - 1 : at + by, 0), rows.length - 1)]?.focus();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  u: () => document.querySelector(".crumb a")?.click(),
  t: () => document.querySelector(".desk nav a")?.click(),
  "/": () => document.getElementById("number")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (event.key === "?") return help.showModal();
  if (!isOn() || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
