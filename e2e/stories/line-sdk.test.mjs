// LINE's own SDK can't tell the emulator from the Platform.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { HTTPFetchError, messagingApi, middleware, validateSignature } from "@line/bot-sdk";
import { ask, eventually, lineEmulator } from "../support/program.mjs";

let line;
let channel;
let userId;
let client;

before(async () => {
  line = await lineEmulator();
  channel = (await ask(line.phone, "channels")).find(({ kind }) => kind === "messaging");
  const hanako = (await ask(line.phone, "personas")).find(({ id }) => id === "hanako");
  userId = hanako.channels.find((known) => known.channel === channel.id).user_id;
  client = new messagingApi.MessagingApiClient({ channelAccessToken: channel.token, baseURL: line.api });
  await ask(line.phone, "personas/hanako/add", { channel: channel.id });
});

after(() => line?.stop());

const talk = async () => (await ask(line.phone, "personas/hanako/messages")).map(({ message }) => message);

test("a text and a buttons template arrive in the talk", async () => {
  const text = { type: "text", text: "手続きが届きました。" };
  const buttons = {
    type: "template",
    altText: "状況を確認してください",
    template: {
      type: "buttons",
      text: "受付番号 4821-0937-5512",
      actions: [{ type: "uri", label: "状況を確認する", uri: "https://example.jp/n/abc" }],
    },
  };
  const answer = await client.pushMessage({ to: userId, messages: [text, buttons] }, randomUUID());
  assert.equal(answer.sentMessages.length, 2);
  const arrived = await eventually("two messages", talk, (messages) => messages.length >= 2);
  assert.equal(arrived.at(-2).text, text.text);
  assert.deepEqual(arrived.at(-1).template.actions, buttons.template.actions);
});

test("the same retry key again is a conflict and no second message", async () => {
  const key = randomUUID();
  const push = { to: userId, messages: [{ type: "text", text: "一度だけ" }] };
  const first = await client.pushMessageWithHttpInfo(push, key);
  const error = await client.pushMessage(push, key).then(
    () => assert.fail("the second push was accepted"),
    (error) => error,
  );
  assert.ok(error instanceof HTTPFetchError);
  assert.equal(error.status, 409);
  assert.deepEqual(JSON.parse(error.body).sentMessages, first.body.sentMessages);
  const accepted = error.headers.get("x-line-accepted-request-id");
  assert.equal(accepted, first.httpResponse.headers.get("x-line-request-id"));
  const arrived = (await talk()).filter(({ text }) => text === "一度だけ");
  assert.equal(arrived.length, 1);
});

test("errors are what the SDK expects of LINE", async () => {
  const stranger = new messagingApi.MessagingApiClient({ channelAccessToken: "wrong", baseURL: line.api });
  await assert.rejects(stranger.getBotInfo(), (error) => error instanceof HTTPFetchError && error.status === 401);
  const tooMany = Array.from({ length: 6 }, () => ({ type: "text", text: "六" }));
  await assert.rejects(client.pushMessage({ to: userId, messages: tooMany }), { status: 400 });
});

test("what the SDK asks, it can read", async () => {
  const bot = await client.getBotInfo();
  assert.match(bot.userId, /^U[0-9a-f]{32}$/);
  assert.equal((await client.getProfile(userId)).userId, userId);
  assert.ok((await client.getMessageQuotaConsumption()).totalUsage >= 0);
});

test("a webhook passes the SDK's signature check", async () => {
  const received = [];
  const read = middleware({ channelSecret: channel.secret });
  const server = createServer((request, response) => {
    const raw = [];
    request.on("data", (part) => raw.push(part));
    read(request, response, (error) => {
      const signature = request.headers["x-line-signature"];
      received.push({ error, events: request.body?.events ?? [], signature, raw: Buffer.concat(raw) });
      response.writeHead(error ? 401 : 200).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await client.setWebhookEndpoint({ endpoint: `http://127.0.0.1:${server.address().port}/webhook` });
    await ask(line.phone, "personas/hanako/say", { channel: channel.id, text: "こんにちは" });
    const isHello = ({ events }) => events.some(({ message }) => message?.text === "こんにちは");
    const hello = await eventually("the webhook", () => received.find(isHello));
    assert.equal(hello.error, undefined);
    assert.ok(validateSignature(hello.raw, channel.secret, hello.signature));
    assert.ok(!validateSignature(hello.raw, "another secret", hello.signature));
    await ask(line.phone, "webhooks", { wrong_signature: true });
    await ask(line.phone, "personas/hanako/block", { channel: channel.id });
    await eventually("a refusal", () => received.find(({ error }) => error));
  } finally {
    server.close();
  }
});
