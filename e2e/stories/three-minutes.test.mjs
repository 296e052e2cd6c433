// The demo's three minutes, in a real browser, on a phone and on a desk.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { frameAt, openBrowser, openWindow, picture, strangers, weight } from "../support/browser.mjs";
import { answers, fillIn, submit } from "../support/person.mjs";
import { ask, demo, eventually } from "../support/program.mjs";

/** Heaviest form page with all that it loads, bytes. */
const HEAVIEST = 60_000;
const NOTICE = "状況を確認する";

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser?.close());

for (const width of [390, 1280]) {
  describe(`at ${width} px`, () => {
    let here;
    let phone;
    let receipt;
    before(async () => {
      here = await demo();
      phone = await openWindow(browser, { width, height: 844 });
    });
    after(async () => {
      await phone?.context.close();
      assert.equal(await here?.stop(), 0);
    });

    const isForm = (url) => url.pathname.endsWith("/p/suido-start/form") && url.hostname === here.citizen.hostname;

    test("from the rich menu to the form in at most two taps beyond LINE's own screens", async () => {
      await phone.page.goto(new URL("/phone/hanako", here.phone).href);
      await picture(phone.page, `${width}-1-talk`);
      await phone.page.getByRole("button", { name: /水道/ }).or(phone.page.getByRole("link", { name: /水道/ })).first().click();
      let taps = 0;
      let frame = await frameAt(phone.page, (url) => url.hostname === here.citizen.hostname);
      const before = frame.getByRole("link", { name: "LINEで続ける" });
      await before.waitFor();
      await picture(phone.page, `${width}-2-before-consent`);
      await before.click();
      taps += 1;
      const line = await frameAt(phone.page, (url) => url.pathname.startsWith("/oauth2/"));
      await picture(phone.page, `${width}-3-consent`);
      await line.getByRole("button", { name: "許可する" }).click();
      frame = await frameAt(phone.page, isForm);
      await frame.locator('form[action$="/confirm"]').waitFor();
      assert.ok(taps <= 2, `${taps} taps`);
      await picture(phone.page, `${width}-4-form`);
    });

    test("the form is sent, and the receipt number is shown", async () => {
      const frame = await frameAt(phone.page, isForm);
      await fillIn(frame);
      receipt = await submit(frame);
      assert.match(receipt, /^\d{4}-\d{4}-\d{4}$/);
      assert.equal(await frame.locator("[data-state]").first().getAttribute("data-state"), "submitted");
      await picture(phone.page, `${width}-5-receipt`);
    });

    test("LINE tells it in the talk, and knows nothing more", async () => {
      const told = () => ask(here.emulator, "personas/hanako/messages");
      const messages = await eventually("the first notice", told, (all) => JSON.stringify(all).includes(receipt));
      assert.match(JSON.stringify(messages), /届きました/);
      await phone.page.goto(new URL("/phone/hanako", here.phone).href);
      await phone.page.getByText(receipt).first().waitFor();
      await phone.page.getByText(NOTICE).first().waitFor();
      await picture(phone.page, `${width}-6-notice`);
      const ledger = JSON.stringify(await ask(here.emulator, "requests?since=0&limit=100000"));
      for (const word of Object.values(answers).filter((word) => word.length > 3)) {
        assert.ok(!ledger.includes(word), "LINE has received a word of the form");
      }
    });

    test("a clerk accepts it, and the next notice arrives", async () => {
      const desk = await openWindow(browser, { width: Math.max(width, 1280) });
      const { page } = desk;
      await page.goto(here.staff.href);
      const [clerk] = here.clerks;
      await page.locator('input[type="password"]').fill(clerk.password);
      await page.locator('form input:not([type="password"]):not([type="hidden"])').first().fill(clerk.name);
      await page.locator("form").getByRole("button").last().click();
      await page.getByRole("link", { name: receipt }).first().click();
      await picture(page, `${width}-7-staff`);
      await page.getByRole("button", { name: /受け付け/ }).first().click();
      const told = () => ask(here.emulator, "personas/hanako/messages");
      const isAccepted = (all) => all.some((one) => /受け付けました/.test(JSON.stringify(one)) && JSON.stringify(one).includes(receipt));
      await eventually("the second notice", told, isAccepted);
      assert.deepEqual(strangers(desk.asked), []);
      assert.deepEqual(desk.problems, []);
      await desk.context.close();
    });

    test("a returning visit needs no tap, and the page is light", async () => {
      const from = phone.asked.length;
      const page = await phone.context.newPage();
      await page.goto(new URL("/nishio/p/suido-start/form", here.citizen).href, { waitUntil: "networkidle" });
      await page.locator('form[action$="/confirm"]').waitFor();
      const bytes = await weight(phone.asked.slice(from));
      assert.ok(bytes <= HEAVIEST, `${bytes} bytes`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.equal(wide, false, "the page scrolls sideways");
      await picture(page, `${width}-8-returning`);
      await page.close();
    });

    test("the demo page compares what was typed with what LINE has: nothing", async () => {
      const page = await phone.context.newPage();
      await page.setViewportSize({ width: Math.max(width, 1280), height: 900 });
      await page.goto(here.citizen.href);
      for (const title of ["市民のスマホ", "職員の画面", "LINEに渡った情報"]) {
        await page.getByRole("heading", { name: title }).waitFor();
      }
      await page.getByRole("button", { name: "調べる" }).click();
      const found = page.locator("[data-found]").first();
      await eventually("the count", () => found.getAttribute("data-found"), (count) => /^\d+$/.test(count ?? ""));
      assert.equal(await found.getAttribute("data-found"), "0");
      await picture(page, `${width}-9-demo`);
      await page.close();
    });

    test("no third party was asked, and no page complained", () => {
      assert.deepEqual(strangers(phone.asked), []);
      assert.deepEqual(phone.problems, []);
    });
  });
}
