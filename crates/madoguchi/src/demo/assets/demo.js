// The demo page: steps, ledger, search, comparison, switches. Words to look for go in bodies, never in addresses.
const $ = (id) => document.getElementById(id);
document.documentElement.classList.add("js");

const steps = [...$("steps").children];
let step = 0;
function show(n) {
  $("back").disabled = (n + steps.length) % steps.length === 0;
  step = (n + steps.length) % steps.length;
  steps.forEach((li, i) => (i === step ? li.setAttribute("aria-current", "step") : li.removeAttribute("aria-current")));
  const pane = steps[step].dataset.pane;
  for (const section of document.querySelectorAll("main section")) section.classList.toggle("now", section.id === pane);
  $("next").textContent = step === steps.length - 1 ? "はじめから" : "次へ";
}
$("next").addEventListener("click", () => {
  show(step + 1);
  document.querySelector("section.now")?.scrollIntoView({ block: "nearest" });
});
$("back").addEventListener("click", () => show(step - 1));
show(0);

async function post(path, fields) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

const when = new Intl.DateTimeFormat("ja-JP", {
  timeZone: "Asia/Tokyo",
  month: "numeric",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
let since = 0;
let count = 0;
function pretty(request) {
  let body = request.body ?? "";
  try {
    body = JSON.stringify(JSON.parse(body), null, 1);
  } catch {
    // Not JSON: shown as it came.
  }
  const query = request.query ? `?${request.query}` : "";
  return `${request.method} ${request.host}${request.path}${query}\n${body}`;
}
function line(request) {
  const item = document.createElement("li");
  item.dataset.seq = request.seq;
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  for (const [name, text] of [
    ["m", request.method],
    ["p", request.path],
    ["s", `${request.status || "切断"} ${when.format(new Date(request.at))}`],
  ]) {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    summary.append(span);
  }
  const pre = document.createElement("pre");
  pre.textContent = pretty(request);
  details.append(summary, pre);
  item.append(details);
  return item;
}
async function look() {
  try {
    const { requests, stopped, blocked } = await (await fetch(`/demo/ledger?since=${since}`)).json();
    press("stop", stopped);
    press("block", blocked);
    $("stopped").hidden = !stopped;
    for (const request of requests) {
      since = Math.max(since, request.seq);
      count += 1;
      $("ledger").prepend(line(request));
    }
    while ($("ledger").children.length > 300) $("ledger").lastElementChild.remove();
    $("count").textContent = `${count}件`;
    if (requests.length === 200) return look();
  } catch {
    // The demo has ended or is busy: the next look tries again.
  }
  setTimeout(look, document.hidden ? 5000 : 1000);
}
look();

$("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const q = $("q").value.trim();
  $("hits").replaceChildren();
  if (!q) {
    $("found").textContent = "探す言葉を入力してください。";
    return;
  }
  const result = await post("/demo/search", { q });
  let text = `${result.requests}件のリクエストのうち、見つかったのは${result.found}件です。`;
  if (result.own) text += "（ご本人がトークに書いた言葉にはあります）";
  $("found").textContent = text;
  $("found").dataset.found = result.found;
  $("hits").replaceChildren(...result.shown.map(line));
});

$("compare").addEventListener("click", async () => {
  const report = $("report");
  report.className = "";
  report.textContent = "調べています…";
  try {
    const r = await post("/demo/compare", {});
    report.replaceChildren();
    report.classList.toggle("bad", r.found > 0 || r.unopened > 0);
    report.dataset.found = r.found;
    const head = document.createElement("p");
    head.textContent = "LINEに渡った回答の数";
    const n = document.createElement("span");
    n.className = "n";
    n.textContent = String(r.found);
    const note = document.createElement("p");
    note.textContent = `申請${r.applications}件の回答${r.answers}個を、LINEが受け取った${r.requests}件・${r.bytes.toLocaleString("ja-JP")}バイトと比べました（そのままの文字と、復号した文字）。短くて偶然と区別できない回答${r.short}個は数えていません。`;
    if (r.unopened) note.append(` 開けなかった申請が${r.unopened}件あり、その分は調べられていません。`);
    report.append(head, n, note);
    if (r.found) note.append(` 見つかった項目：${r.fields.join("、")}`);
  } catch {
    report.textContent = "調べられませんでした。少し待ってから、もう一度押してください。";
  }
});

const labels = { stop: ["LINEを止める", "再開"], block: ["花子がブロック", "ブロックを解除"] };
function press(id, pressed) {
  $(id).setAttribute("aria-pressed", String(pressed));
  $(id).textContent = labels[id][Number(pressed)];
}
function toggle(id, path, sent) {
  $(id).addEventListener("click", async () => {
    const pressed = $(id).getAttribute("aria-pressed") !== "true";
    try {
      await post(path, { on: String(sent(pressed)) });
      press(id, pressed);
    } catch {
      $(id).textContent = `${labels[id][Number(!pressed)]}（もう一度）`;
    }
  });
}
toggle("stop", "/demo/line", (pressed) => !pressed);
toggle("block", "/demo/block", (pressed) => pressed);
