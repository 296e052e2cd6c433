// What a person does on our pages, in the words of the pages.

/** Answers that leave no doubt when they turn up elsewhere. */
export const answers = {
  sei: "試験沢",
  mei: "花恵子",
  sei_kana: "シケンザワ",
  mei_kana: "ハナエコ",
  addr: "愛知県西尾市花ノ木町9丁目87番地の65",
  kata: "見本試験荘 4321号室",
  tel: "0563000077",
  place: "西尾市花ノ木町9丁目87番地の66",
  place_kata: "見本試験荘 4322号室",
  suisen: "7788-9911",
};

/** What the form wants beside them; too ordinary to be looked for. */
const ordinary = {
  user_kind: "individual",
  "birth.era": "showa",
  "birth.y": "55",
  "birth.m": "4",
  "birth.d": "1",
  zip: "4450852",
  place_zip: "4450852",
  gesui: "sewer",
  billto: "same",
  tap: "yes",
  agree: "yes",
};

/** A Wednesday or Thursday that is rarely a holiday, nine days ahead or a little more, in 令和. */
function openDay() {
  const holidays = ["1-1", "2-11", "4-29", "5-4", "5-5", "5-6", "8-11", "9-23", "11-3", "11-23"];
  const day = new Date(Date.now() + 9 * 3600 * 1000 + 9 * 24 * 3600 * 1000);
  const isOpen = () =>
    [3, 4].includes(day.getUTCDay()) && !holidays.includes(`${day.getUTCMonth() + 1}-${day.getUTCDate()}`);
  while (!isOpen()) day.setUTCDate(day.getUTCDate() + 1);
  return {
    "start_on.era": "reiwa",
    "start_on.y": String(day.getUTCFullYear() - 2018),
    "start_on.m": String(day.getUTCMonth() + 1),
    "start_on.d": String(day.getUTCDate()),
  };
}

/** Fills in every visible field of the page's form: by name, or with the first thing that it offers. */
export async function fillIn(frame) {
  const values = { ...answers, ...ordinary, ...openDay() };
  const form = frame.locator('form[action$="/confirm"]');
  const names = await form
    .locator("input, select, textarea")
    .evaluateAll((fields) => [...new Set(fields.filter((f) => f.type !== "hidden" && f.name).map((f) => f.name))]);
  for (const name of names) {
    const field = form.locator(`[name="${name}"]`);
    if (!(await field.first().isVisible())) continue;
    const kind = await field.first().evaluate((f) => (f.tagName === "SELECT" ? "select" : f.type));
    const value = values[name];
    if (kind === "radio") await (value ? form.locator(`[name="${name}"][value="${value}"]`) : field.first()).check();
    else if (kind === "checkbox") value && (await field.first().check());
    else if (kind === "select") await choose(field, value);
    else if (value !== undefined) await field.fill(value);
  }
}

async function choose(field, wanted) {
  const offered = await field.locator("option").evaluateAll((all) => all.map((o) => ({ value: o.value, label: o.label })));
  const found = offered.find((o) => o.label === wanted || o.value === wanted) ?? offered.find((o) => o.value !== "");
  await field.selectOption(found.value);
}

/** Confirms and submits what is filled in; gives the receipt number of the page that follows. */
export async function submit(frame) {
  // The main button; 「一時保存する」 beside it goes elsewhere.
  await frame.locator('form[action$="/confirm"] .acts button:not([formaction])').click();
  const send = frame.locator('form[action$="/submit"]');
  await send.waitFor();
  await send.getByRole("button").last().click();
  const receipt = frame.locator("[data-receipt]").first();
  await receipt.waitFor();
  return (await receipt.innerText()).trim();
}
