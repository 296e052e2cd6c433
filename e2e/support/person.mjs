// What a person does on our pages, in the words of the pages.

/** Answers that leave no doubt when they turn up elsewhere. */
export const answers = {
  sei: "試験沢",
  mei: "花恵子",
  sei_kana: "シケンザワ",
  mei_kana: "ハナエコ",
  "birth.era": "昭和",
  "birth.y": "55",
  "birth.m": "4",
  "birth.d": "1",
  zip: "4450811",
  addr: "架空町試験沢七十七番地",
  tel: "0563000077",
  place_zip: "4450811",
  place: "架空町使用場所八十八番地",
  suisen: "7788-9911",
};

/** Days from now in Asia/Tokyo that are a working day in most weeks, as 年 月 日 fields want it. */
function inAWeek() {
  const day = new Date(Date.now() + 9 * 24 * 3600 * 1000);
  while ([0, 6].includes(day.getDay())) day.setDate(day.getDate() + 1);
  return { y: String(day.getFullYear()), m: String(day.getMonth() + 1), d: String(day.getDate()) };
}

/** Fills in every visible field of the page's form: by name, or with the first thing that it offers. */
export async function fillIn(frame) {
  const day = inAWeek();
  const values = { ...answers, "start_on.era": "西暦", "start_on.y": day.y, "start_on.m": day.m, "start_on.d": day.d };
  const form = frame.locator('form[action$="/confirm"]');
  const names = await form
    .locator("input, select, textarea")
    .evaluateAll((fields) => [...new Set(fields.filter((f) => f.type !== "hidden" && f.name).map((f) => f.name))]);
  for (const name of names) {
    const field = form.locator(`[name="${name}"]`);
    if (!(await field.first().isVisible())) continue;
    const kind = await field.first().evaluate((f) => (f.tagName === "SELECT" ? "select" : f.type));
    const value = values[name];
    if (kind === "radio") await field.first().check();
    else if (kind === "checkbox") await field.first().check();
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
  await frame.locator('form[action$="/confirm"] button[type="submit"], form[action$="/confirm"] button:not([type])').last().click();
  const send = frame.locator('form[action$="/submit"]');
  await send.waitFor();
  await send.getByRole("button").last().click();
  const receipt = frame.locator("[data-receipt]").first();
  await receipt.waitFor();
  return (await receipt.innerText()).trim();
}
