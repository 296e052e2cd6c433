// A bot with LINE's own SDK for Node. The only line that knows of the emulator is `baseURL`.
//
//   npm install @line/bot-sdk
//   node echo.mjs
import { createServer } from "node:http";
import { messagingApi, middleware } from "@line/bot-sdk";

const baseURL = process.env.LINE_BASE ?? "http://127.0.0.1:8090"; // leave it out for LINE itself
const channelAccessToken = process.env.LINE_TOKEN ?? "emulator-long-lived-token";
const channelSecret = process.env.LINE_SECRET ?? "fedcba9876543210fedcba9876543210";
const port = Number(process.env.PORT ?? 3000);

const client = new messagingApi.MessagingApiClient({ baseURL, channelAccessToken });
const verify = middleware({ channelSecret });

const menu = {
  type: "flex",
  altText: "何をしますか",
  contents: {
    type: "bubble",
    body: { type: "box", layout: "vertical", contents: [{ type: "text", text: "何をしますか", weight: "bold", size: "lg" }] },
    footer: {
      type: "box", layout: "vertical", spacing: "sm",
      contents: [
        { type: "button", style: "primary", action: { type: "postback", label: "時刻をえらぶ", data: "time", displayText: "時刻をえらびます" } },
        { type: "button", style: "link", action: { type: "uri", label: "サイトを開く", uri: "https://example.jp/" } },
      ],
    },
  },
};

async function answer(event) {
  const reply = (...messages) => client.replyMessage({ replyToken: event.replyToken, messages });
  if (event.type === "follow") return reply({ type: "text", text: "友だち追加ありがとうございます。" }, menu);
  if (event.type === "message" && event.message.type === "text") return reply({ type: "text", text: `「${event.message.text}」ですね。` });
  if (event.type === "postback") return reply({ type: "text", text: `押されたもの: ${event.postback.data}` });
  return undefined; // LINE sends new kinds of events without asking: what is unknown is left alone.
}

createServer((request, response) => {
  verify(request, response, async (error) => {
    // LINE waits two seconds at most: answer first, work afterwards.
    response.writeHead(error ? 401 : 200).end();
    if (error) return;
    for (const event of request.body.events) await answer(event).catch((failed) => console.error(failed.message, failed.body));
  });
}).listen(port, "127.0.0.1", () => console.log(`the bot listens at http://127.0.0.1:${port}/`));
