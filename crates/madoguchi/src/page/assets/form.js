// Comfort on top of forms that work without it: questions that do not apply are hidden, and a form is sent once.
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
  }
};

for (const form of document.querySelectorAll("form")) {
  if (form.querySelector("[data-when]")) {
    apply(form);
    form.addEventListener("change", () => apply(form));
  }
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

document.querySelector("[data-summary]")?.focus();
