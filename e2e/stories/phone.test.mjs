// The phone shows what LINE can send, and tells the account what people tap.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBot } from "../support/bot.mjs";
import { openBrowser, openWindow, picture } from "../support/browser.mjs";
import { eventually } from "../support/program.mjs";
import { samples } from "../support/samples.mjs";

let bot;
let browser;

before(async () => {
  bot = await startBot();
  browser = await openBrowser();
  for (const person of ["hanako", "taro", "maria"]) await bot.act(person, "add");
});

after(async () => {
  await browser?.close();
  await bot?.stop();
});

async function phone(person, width = 390, query = "") {
  const window = await openWindow(browser, { width, height: 844 });
  await window.page.goto(`${bot.line.phone}/phone/${person}${query}`);
  await window.page.locator("#name:not(:empty)").waitFor();
  return window;
}

const heard = (what, passes) => eventually(what, () => bot.events.find(passes));

test("every kind of message stands on the phone, however narrow it is", async () => {
  const windows = [await phone("hanako", 390), await phone("hanako", 320, "?embed=1"), await phone("hanako", 1280)];
  for (const [name, { messages, word }] of Object.entries(samples(bot.pictures))) {
    await bot.push("hanako", messages);
    for (const { page } of windows) {
      if (word) await page.locator("#lines").getByText(word).first().waitFor();
      else await page.getByRole("link", { name: messages[0].actions[0].label }).waitFor();
      await picture(page, `phone-${name}-${page.viewportSize().width}`);
    }
  }
  for (const { page, context, problems } of windows) {
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wider, 0, "no scrolling sideways");
    // Wherever the keyboard goes, it is called something.
    const nameless = await page.locator("#talk :is(button, a, select, input, [tabindex])").evaluateAll((all) =>
      all.filter((node) => node.checkVisibility() && !(node.ariaLabel || node.innerText?.trim() || node.title || node.labels?.length)).map((node) => node.outerHTML.slice(0, 120)));
    assert.deepEqual(nameless, []);
    assert.deepEqual(problems.filter((problem) => !problem.includes("404")), [], "no policy is broken and no script fails");
    await context.close();
  }
});

test("what is tapped is told to the account, by mouse and by keyboard", async () => {
  const { page, context } = await phone("taro");
  const { imagemap, buttons, flexes, quick } = samples(bot.pictures);
  await bot.push("taro", [...imagemap.messages, ...buttons.messages, ...flexes.messages]);
  const lines = page.locator("#lines");
  await lines.getByRole("button", { name: "ごみの日" }).click();
  await heard("an area of an imagemap", (event) => event.message?.text === "ごみの日");

  await lines.getByRole("button", { name: "説明を聞く" }).focus();
  await page.keyboard.press("Enter");
  await heard("a postback", (event) => event.postback?.data === "explain");
  await lines.getByText("「説明を聞く」をえらびました").waitFor();

  await lines.getByRole("button", { name: "来庁の日をえらぶ" }).click();
  const picker = page.getByRole("dialog", { name: "日付をえらぶ" });
  await picker.getByLabel("日付をえらぶ").fill("2026-12-07");
  await picker.getByRole("button", { name: "送る" }).click();
  const picked = await heard("a date", (event) => event.postback?.data === "visit");
  assert.deepEqual(picked.postback.params, { date: "2026-12-07" });

  await lines.getByRole("button", { name: "資源の日" }).focus();
  await page.keyboard.press("Space");
  await heard("a bubble's own action", (event) => event.postback?.data === "day=資源の日");

  await bot.push("taro", quick.messages);
  const candidates = lines.getByRole("group", { name: "返信の候補" });
  await candidates.getByRole("button", { name: "日時" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "送る" }).click();
  const when = await heard("a date with its time", (event) => event.postback?.data === "when");
  assert.deepEqual(when.postback.params, { datetime: "2026-12-03T10:00" });
  await candidates.getByRole("button", { name: "場所を送る" }).click();
  await heard("a place", (event) => event.message?.type === "location");
  await candidates.waitFor({ state: "detached" });
  await context.close();
});

test("news are added without touching what stands there, so that focus and reading stay", async () => {
  const { page, context } = await phone("taro");
  const log = page.getByRole("log");
  assert.equal(await log.getAttribute("aria-live"), "polite");
  const button = log.getByRole("button", { name: "説明を聞く" });
  await button.focus();
  await bot.push("taro", [{ type: "text", text: "新しい知らせです" }]);
  await log.getByText("新しい知らせです").waitFor();
  assert.ok(await button.evaluate((node) => node === document.activeElement));
  await context.close();
});

test("a message is written anew and taken back", async () => {
  const { page, context } = await phone("taro");
  await page.getByRole("textbox", { name: "メッセージ" }).fill("まちがい");
  await page.getByRole("button", { name: "送る", exact: true }).click();
  const handle = page.locator(".line.mine", { hasText: "まちがい" }).getByRole("button", { name: "このメッセージの操作" });
  await handle.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "編集" }).click();
  await page.getByRole("textbox", { name: "メッセージ" }).fill("なおした");
  await page.keyboard.press("Enter");
  await heard("the new words", (event) => event.type === "messageEdited" && event.message.text === "なおした");
  await page.getByText("編集済み").waitFor();
  await page.locator(".line.mine", { hasText: "なおした" }).getByRole("button", { name: "このメッセージの操作" }).click();
  await page.getByRole("button", { name: "送信を取り消す" }).click();
  await heard("it was taken back", (event) => event.type === "unsend");
  await page.getByText("メッセージの送信を取り消しました").waitFor();
  await context.close();
});

test("a menu is shown by its rank, but not on a PC", async () => {
  const menu = (name) => ({
    size: { width: 2500, height: 843 }, selected: true, name, chatBarText: name,
    areas: [{ bounds: { x: 0, y: 0, width: 1250, height: 843 }, action: { type: "postback", label: "右の頁", data: `${name}を押した` } }],
  });
  const { page, context } = await phone("maria");
  const id = await bot.menu(menu("みんなのメニュー"));
  await bot.api("POST", `/v2/bot/user/all/richmenu/${id}`);
  await page.getByRole("button", { name: "みんなのメニュー" }).waitFor();
  await page.getByText("APIの既定のメニュー").waitFor();
  await page.getByRole("button", { name: "右の頁" }).click();
  await heard("an area of the menu", (event) => event.postback?.data === "みんなのメニューを押した");
  await page.getByRole("button", { name: "メニュー", exact: true }).click();
  await page.getByLabel("端末とブラウザ").selectOption("pc");
  await page.getByText("PC版では、リッチメニューは表示されません。").waitFor();
  assert.equal(await page.getByRole("button", { name: "みんなのメニュー" }).count(), 0);
  await context.close();
});

test("several people stand side by side", async () => {
  const { page, context, problems } = await openWindow(browser, { width: 1280, height: 900 });
  await page.goto(`${bot.line.phone}/phones?people=hanako,taro,maria`);
  await bot.push("maria", [{ type: "text", text: "三人のうちの一人へ" }]);
  await page.frameLocator("iframe[title^='Maria']").getByText("三人のうちの一人へ").waitFor();
  assert.equal(await page.locator("iframe").count(), 3);
  await page.frameLocator("iframe[title^='三河']").locator("#name").click();
  const holder = async () => (await context.cookies()).find(({ name }) => name === "phone_person")?.value;
  await eventually("the phone that was touched is in the hand", holder, (value) => value === "taro");
  await picture(page, "phones-1280");
  assert.deepEqual(problems.filter((problem) => !problem.includes("404")), []);
  await context.close();
});

test("what a bot writes becomes neither markup nor a style that it may not have", async () => {
  const { page, context, asked, problems } = await phone("maria");
  const nasty = '<img src="https://evil.example/x" onerror="document.title=1">';
  await bot.push("maria", [
    { type: "text", text: nasty },
    { type: "template", altText: nasty, template: { type: "buttons", text: nasty, actions: [{ type: "message", label: "押す", text: nasty }] } },
  ]);
  await page.getByText(nasty).first().waitFor();
  // What LINE itself would refuse comes by the phone's own state only: an older journal may hold anything.
  const { bubble } = await page.evaluate(async () => {
    const { flex } = await import("/phone/static/flex.js");
    const contents = { type: "bubble", body: { type: "box", layout: "vertical", backgroundColor: "#ffffff;background:url(https://evil.example/y)", contents: [
      { type: "text", text: "見てよい文", color: "red;background:url(https://evil.example/z)", size: "9999em" },
      { type: "box", layout: "vertical", width: "calc(100% + 999px)", position: "fixed", contents: [] },
    ] } };
    const node = flex({ contents }, () => {});
    document.querySelector("#lines").append(node);
    return { bubble: node.innerHTML };
  });
  for (const word of ["evil", "9999em", "999px", "fixed"]) assert.ok(!bubble.includes(word), bubble);
  assert.ok(asked.every((request) => !request.url().includes("evil")));
  assert.equal(await page.locator("#lines img").count(), 0);
  assert.deepEqual(problems, []);
  await context.close();
});

test("some actions stay on the phone: copying, calling, a field that is filled in", async () => {
  const { page, context } = await phone("taro");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const actions = [
    { type: "clipboard", label: "番号をコピーする", clipboardText: "482109375512" },
    { type: "uri", label: "電話をかける", uri: "tel:0563000000" },
    { type: "postback", label: "下書きを入れる", data: "draft", inputOption: "openKeyboard", fillInText: "氏名:\n電話:" },
  ];
  await bot.push("taro", [{ type: "template", altText: "操作", template: { type: "buttons", text: "操作", actions } }]);
  const press = (name) => page.getByRole("button", { name }).or(page.getByRole("link", { name })).last().click();
  const said = (text) => page.getByRole("status").getByText(text).waitFor();
  await press("番号をコピーする");
  await said("コピーしました");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "482109375512");
  await press("電話をかける");
  await said("0563000000");
  await press("下書きを入れる");
  await heard("the postback too", (event) => event.postback?.data === "draft");
  await eventually("the field", () => page.getByRole("textbox", { name: "メッセージ" }).inputValue(), (value) => value === "氏名:\n電話:");
  await page.keyboard.press("Enter");
  await heard("two lines", (event) => event.message?.text === "氏名:\n電話:");
  await context.close();
});
