// The date and time picker of an action. LINE docs: datetime-picker-action.
import { el, styled } from "./dom.js";

const kinds = { date: ["date", "日付をえらぶ"], time: ["time", "時刻をえらぶ"], datetime: ["datetime-local", "日付と時刻をえらぶ"] };

/** LINE writes a small t between date and time too; browsers want a large one. */
const plain = (value) => value?.replace(/t/i, "T");

/** What was picked, as `params` of a postback; nothing if the person thought better of it. */
export function pick(action) {
  const [kind, title] = kinds[action.mode] ?? kinds.date;
  const field = el("input", {
    id: "picked", type: kind, required: true, min: plain(action.min), max: plain(action.max), value: plain(action.initial),
  });
  const form = el("form", { method: "dialog" },
    el("label", { for: "picked" }, title),
    field,
    el("div", { class: "pair" },
      el("button", { type: "button", class: "other", onclick: () => dialog.close() }, "やめる"),
      el("button", { class: "main", value: "send" }, "送る")));
  const dialog = el("dialog", { class: "picker", "aria-label": title }, form);
  document.querySelector(".phone").append(dialog);
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      const value = dialog.returnValue === "send" && field.value ? field.value : undefined;
      dialog.remove();
      done(value && { [action.mode]: value });
    });
    dialog.showModal();
    // On the phone, not in the middle of the window.
    const phone = document.querySelector(".phone").getBoundingClientRect();
    const own = dialog.getBoundingClientRect();
    styled(dialog, {
      margin: 0,
      left: `${phone.left + (phone.width - own.width) / 2}px`,
      top: `${Math.max(8, Math.min(phone.bottom, window.innerHeight) - own.height - 32)}px`,
    });
    field.focus();
  });
}
