// Our pages are plain forms: an application without any JavaScript of ours.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openWindow, picture } from "../support/browser.mjs";
import { fillIn, submit } from "../support/person.mjs";
import { demo } from "../support/program.mjs";

let browser;
let here;
before(async () => {
  here = await demo();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await here?.stop();
});

test("a person applies without JavaScript, after mending a mistake", async () => {
  const { page, context } = await openWindow(browser, { width: 390, height: 844, javaScriptEnabled: false });
  await page.goto(new URL("/phone/hanako", here.phone).href);
  await page.goto(new URL("/nishio/p/suido-start/form", here.citizen).href);
  await page.getByRole("link", { name: "LINEで続ける" }).click();
  await page.getByRole("button", { name: "許可する" }).click();
  await page.locator('form[action$="/confirm"]').waitFor();

  await fillIn(page);
  await page.locator('[name="sei_kana"]').fill("かんじ漢字");
  await page.locator(`form[action$="/confirm"] .acts button:not([formaction])`).click();
  const wrong = page.locator('[name="sei_kana"]');
  assert.equal(await wrong.getAttribute("aria-invalid"), "true");
  assert.equal(await wrong.inputValue(), "かんじ漢字", "what was typed is kept");
  await picture(page, "nojs-1-mistake");

  await wrong.fill("シケンザワ");
  const receipt = await submit(page);
  assert.match(receipt, /^\d{4}-\d{4}-\d{4}$/);
  await picture(page, "nojs-2-receipt");
  await context.close();
});
