// Comfort on top of forms that work without it: questions that do not apply are hidden, days and addresses are easier
// to enter, and a form is sent once.
document.documentElement.classList.add("js");

const values = (form, name) =>
  [...form.elements]
    .filter((e) => e.name === name && (!["radio", "checkbox"].includes(e.type) || e.checked))
    .map((e) => e.value);

// A hidden question answers nothing, so what depends on it is hidden too: they stand in order.
const apply = (form) => {
  const off = new Set();
  for (const box of form.querySelectorAll("[data-field]")) {
    const on = box.dataset.when;
    const wanted = (box.dataset.in || "").split(" ");
    const shown = !on || (!off.has(on) && values(form, on).some((v) => wanted.includes(v)));
    box.hidden = !shown;
    if (!shown) off.add(box.dataset.field);
    for (const stop of box.querySelectorAll(":scope > [data-stop]")) {
      stop.hidden = !values(form, box.dataset.field).some((v) => stop.dataset.stop.split(" ").includes(v));
    }
  }
};

const make = (tag, properties, ...inside) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
};

// A calendar beside the three fields, and the day in words with its day of the week.
const eras = { reiwa: 2018, heisei: 1988, showa: 1925, taisho: 1911, meiji: 1867, seireki: 0 };
const days = new Intl.DateTimeFormat("ja-JP-u-ca-japanese", {
  era: "long", year: "numeric", month: "long", day: "numeric", weekday: "short", timeZone: "UTC",
});
const narrow = (text) => text.normalize("NFKC").trim().replace(/^元年?$/, "1").replace(/[年月日]$/, "");
const date = (box) => {
  const name = box.dataset.date;
  const part = (p) => box.querySelector(`[name="${name}.${p}"]`);
  const said = box.parentElement.querySelector(`[data-said="${name}"]`);
  const tell = () => {
    const [y, m, d] = ["y", "m", "d"].map((p) => Number(narrow(part(p).value) || NaN));
    const first = y >= 1000 ? 0 : eras[part("era").value];
    const day = new Date(Date.UTC(first + y, m - 1, d));
    const right = day.getUTCMonth() === m - 1 && day.getUTCDate() === d;
    said.textContent = right ? days.format(day) : "";
    return right ? day.toISOString().slice(0, 10) : "";
  };
  const pick = make("input", { type: "date", className: "pick", tabIndex: -1 });
  pick.setAttribute("aria-hidden", "true");
  if (box.dataset.first) pick.min = box.dataset.first;
  if (box.dataset.last) pick.max = box.dataset.last;
  pick.addEventListener("change", () => {
    const [y, m, d] = pick.value.split("-").map(Number);
    if (!y) return;
    const era = y >= 2020 && [...part("era").options].some((o) => o.value === "reiwa") ? "reiwa" : "seireki";
    part("era").value = era;
    [part("y").value, part("m").value, part("d").value] = [y - eras[era], m, d];
    tell();
    part("d").focus();
  });
  const button = make("button", { type: "button", className: "btn outline cal", textContent: "カレンダー" });
  button.setAttribute("aria-label", `${box.dataset.label}をカレンダーから選ぶ`);
  button.addEventListener("click", () => {
    pick.value = tell();
    try { pick.showPicker(); } catch { pick.focus(); }
  });
  box.append(make("span", { className: "at" }, button, pick));
  box.addEventListener("input", tell);
};

// Addresses of a postal code: the file of its first three digits is asked for, never the code.
const digits = (text) => text.normalize("NFKC").replace(/[^0-9]/g, "");
const take = (candidate, typed) => {
  for (let at = 0; at <= candidate.length - 2; at += 1) {
    const found = typed.indexOf(candidate.slice(at));
    if (found >= 0) return candidate + typed.slice(found + candidate.length - at);
  }
  const number = typed.search(/[0-9０-９]/);
  return candidate + (number < 0 ? "" : typed.slice(number));
};
const postal = (input) => {
  const target = document.getElementById(input.dataset.fills);
  const found = document.querySelector(`[data-found="${input.id}"]`);
  const button = input.parentElement.querySelector("button");
  if (!target || !found) return;
  const show = async () => {
    const code = digits(input.value);
    if (code.length !== 7) return found.replaceChildren();
    const file = await fetch(`${input.dataset.postal}${code.slice(0, 3)}.json`)
      .then((r) => (r.ok ? r.json() : { t: {} }), () => null);
    if (!file || digits(input.value) !== code) return null;
    const towns = file.t[code.slice(3)] || [];
    const all = towns.flatMap((t, at) => (at % 2 ? [file.a[towns[at - 1]] + t] : []));
    if (!all.length) {
      return found.replaceChildren(
        make("p", { textContent: "この郵便番号の住所は見つかりません。住所をそのまま入力してください。" }));
    }
    if (all.length === 1 && !target.value.trim()) {
      target.value = all[0];
      return found.replaceChildren(make("p", { textContent: `住所に「${all[0]}」を入れました。続きを入力してください。` }));
    }
    if (all.some((one) => target.value.startsWith(one))) return found.replaceChildren();
    const choose = (one) => {
      const b = make("button", { type: "button", className: "btn outline", textContent: one });
      b.addEventListener("click", () => {
        target.value = take(one, target.value.trim());
        found.replaceChildren();
        target.focus();
      });
      return b;
    };
    return found.replaceChildren(make("p", { textContent: "住所の候補（選ぶと住所に入ります）" }), ...all.map(choose));
  };
  if (button) button.hidden = true;
  input.addEventListener("input", show);
};

for (const form of document.querySelectorAll("form")) {
  if (form.querySelector("[data-when], [data-stop]")) {
    apply(form);
    form.addEventListener("change", () => apply(form));
  }
  form.querySelectorAll("[data-date]").forEach(date);
  form.querySelectorAll("[data-postal]").forEach(postal);
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
}

// Coming back by the browser's button: the form can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// What was typed is saved by itself, a moment after a field was left.
for (const told of document.querySelectorAll("[data-draft]")) {
  const form = told.closest("form");
  let waiting;
  const save = async () => {
    if (form.dataset.sent) return;
    const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    try {
      const answer = await fetch(told.dataset.draft, { method: "POST", headers: { accept: "application/json" }, body });
      if (answer.status === 204) told.textContent = "入力した内容を保存しました。30日間残ります。「私の申請」から続きを入力でき、いつでも削除できます。";
    } catch {
      // Without a line nothing is said to be saved.
    }
  };
  form.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, 1500);
  });
}

document.querySelector("[data-summary]")?.focus();
