// Files are sent one by one while the form is still being filled in, each with its progress and a way to stop it.
// Without this the form itself brings them.

const el = (name, attributes, ...children) => {
  const node = Object.assign(document.createElement(name), attributes);
  node.append(...children);
  return node;
};

// One at a time: a telephone's line is narrow, and the order stays.
let line = Promise.resolve();

const send = (form, field, file, show) =>
  new Promise((resolve) => {
    const body = new FormData();
    body.append("_version", form.elements._version?.value ?? "");
    body.append("field", field);
    body.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action.replace(/confirm$/, "files"));
    request.responseType = "json";
    request.upload.onprogress = (e) => e.lengthComputable && show(e.loaded / e.total);
    request.onload = () => resolve({ status: request.status, answer: request.response });
    request.onerror = () => resolve({ status: 0 });
    request.onabort = () => resolve({ status: -1 });
    request.send(body);
    show(0, () => request.abort());
  });

const trouble = (status, answer) => {
  if (answer?.words) return answer.words;
  if (status === 401) return "ログインの有効期限が切れました。「一時保存」か「入力内容を確認する」を押すと、もう一度LINEで確認します。";
  if (status === 429) return "回数が多すぎます。少し待ってから、もう一度選んでください。";
  return "送れませんでした。電波の届く場所で、もう一度選んでください。";
};

for (const box of document.querySelectorAll("[data-files]")) {
  const form = box.closest("form");
  const field = box.dataset.files;
  const kept = box.querySelector(".kept");
  const going = box.querySelector(".going");
  const count = () => kept.querySelectorAll("input:checked").length;

  const add = (value, words) => {
    const id = value.split("/")[0];
    const tick = el("input", { type: "checkbox", name: field, value, checked: true });
    const remove = el("button", { type: "button", className: "btn outline less", textContent: "添付をやめる" });
    const row = el("li", {}, el("label", { className: "choice" }, tick, el("span", {}, el("b", { textContent: "添付済み" }), ` ${words}`)), remove);
    remove.addEventListener("click", () => {
      row.remove();
      fetch(`${box.dataset.base}/${id}/remove`, { method: "POST" });
      form.dispatchEvent(new Event("change", { bubbles: true }));
      box.querySelector("input[type=file]").focus();
    });
    kept.append(row);
  };

  const one = async (file) => {
    const bar = el("progress", { max: 1, value: 0 });
    bar.setAttribute("aria-label", `${file.name}を送っています`);
    const stop = el("button", { type: "button", className: "btn outline less", textContent: "取り消す" });
    const row = el("div", { className: "sending" }, el("p", { textContent: `${file.name} を送っています` }), bar, stop);
    going.append(row);
    let abort = () => {};
    let stopped = false;
    stop.addEventListener("click", () => {
      stopped = true;
      abort();
      row.remove();
    });
    const done = line.then(async () => {
      if (stopped) return;
      if (count() >= Number(box.dataset.most)) {
        row.replaceChildren(el("p", { className: "oops", textContent: `添付できるのは${box.dataset.most}つまでです。いらない添付をやめてから選んでください。` }));
        return;
      }
      const { status, answer } = await send(form, field, file, (part, way) => {
        bar.value = part;
        if (way) abort = way;
      });
      if (stopped) {
        if (answer?.value) fetch(`${box.dataset.base}/${answer.value.split("/")[0]}/remove`, { method: "POST" });
      } else if (status === 200) {
        add(answer.value, answer.words);
        row.replaceChildren(el("p", { className: "sr", textContent: `${file.name} を添付しました` }));
        form.dispatchEvent(new Event("change", { bubbles: true }));
      } else {
        row.replaceChildren(el("p", { className: "oops", textContent: `${file.name}：${trouble(status, answer)}` }));
      }
    });
    line = done.catch(() => {});
    await done;
  };

  for (const picker of box.querySelectorAll("input[type=file]")) {
    picker.addEventListener("change", () => {
      going.querySelectorAll(":scope > div:not(:has(progress))").forEach((old) => old.remove());
      const files = [...picker.files];
      // Sent already when the form is: empty it.
      picker.value = "";
      for (const file of files) one(file);
    });
  }

  // The form waits for files on their way.
  form.addEventListener(
    "submit",
    (event) => {
      if (!going.querySelector("progress")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      going.querySelector("button")?.focus();
    },
    true,
  );
}
