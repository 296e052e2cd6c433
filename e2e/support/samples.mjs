// One of every kind of message that LINE has, as a bot would push it. `base` serves the pictures.

const uri = (label, path = "") => ({ type: "uri", label, uri: `https://example.jp/${path}` });
const say = (label, text = label) => ({ type: "message", label, text });
const data = (label, value) => ({ type: "postback", label, data: value, displayText: `「${label}」をえらびました` });

const row = (name, value) => ({
  type: "box", layout: "baseline", spacing: "sm",
  contents: [
    { type: "text", text: name, color: "#666666", size: "sm", flex: 2 },
    { type: "text", text: value, wrap: true, color: "#333333", size: "sm", flex: 5 },
  ],
});

function receipt(base) {
  return {
    type: "bubble",
    hero: { type: "image", url: `${base}/hero`, size: "full", aspectRatio: "20:13", aspectMode: "cover", action: uri("市のページ") },
    body: {
      type: "box", layout: "vertical",
      contents: [
        { type: "text", text: "水道の使用開始", weight: "bold", size: "xl" },
        {
          type: "box", layout: "baseline", margin: "md",
          contents: [
            { type: "icon", size: "sm", url: `${base}/star` },
            { type: "icon", size: "sm", url: `${base}/star` },
            { type: "text", text: "受付済み", size: "sm", color: "#197a4b", margin: "md", flex: 0 },
          ],
        },
        { type: "separator", margin: "lg" },
        { type: "box", layout: "vertical", margin: "lg", spacing: "sm", contents: [row("受付番号", "4821-0937-5512"), row("開始日", "令和8年12月3日(木)"), row("窓口", "上下水道部 水道料金課。2階の4番窓口へお越しください。")] },
        {
          type: "text", wrap: true, margin: "lg", size: "sm",
          contents: [
            { type: "span", text: "お急ぎの方は" },
            { type: "span", text: "0563-00-0000", weight: "bold", color: "#0017c1", decoration: "underline" },
            { type: "span", text: "へ。" },
            { type: "span", text: "平日のみ", style: "italic", size: "xs", color: "#666666" },
          ],
        },
      ],
    },
    footer: {
      type: "box", layout: "vertical", spacing: "sm",
      contents: [
        { type: "button", style: "primary", height: "sm", action: uri("状況を確認する", "status") },
        { type: "button", style: "secondary", height: "sm", action: data("あとで知らせる", "later") },
        { type: "button", style: "link", height: "sm", action: { type: "clipboard", label: "番号をコピーする", clipboardText: "482109375512" } },
      ],
    },
    styles: { footer: { separator: true } },
  };
}

const small = (size, colour, title) => ({
  type: "bubble", size,
  header: { type: "box", layout: "vertical", backgroundColor: colour, contents: [{ type: "text", text: title, color: "#ffffff", weight: "bold", size: "sm" }] },
  body: {
    type: "box", layout: "horizontal", spacing: "md",
    contents: [
      { type: "box", layout: "vertical", flex: 0, width: "44px", height: "44px", cornerRadius: "22px", backgroundColor: "#e8f1fe", justifyContent: "center", alignItems: "center", contents: [{ type: "text", text: "12", weight: "bold", color: "#0017c1" }] },
      { type: "text", text: "月の収集日です。朝8時までに出してください。", wrap: true, size: "sm", gravity: "center", maxLines: 3 },
    ],
  },
  action: data(title, `day=${title}`),
});

const gradient = {
  type: "bubble", size: "giga",
  body: {
    type: "box", layout: "vertical", paddingAll: "0px", contents: [
      { type: "box", layout: "vertical", height: "120px", background: { type: "linearGradient", angle: "90deg", startColor: "#0b6b8a", endColor: "#5fae8b", centerColor: "#2f8f8f" }, contents: [{ type: "filler" }] },
      { type: "box", layout: "vertical", position: "absolute", offsetTop: "16px", offsetStart: "20px", contents: [{ type: "text", text: "重ねた見出し", color: "#ffffff", weight: "bold", size: "xxl" }, { type: "text", text: "一行に入らない長い説明は、最後が点々になります。ここまでは見えません", color: "#ffffff", size: "sm" }] },
      { type: "box", layout: "horizontal", paddingAll: "lg", spacing: "md", borderWidth: "bold", borderColor: "#c5d7fb", contents: [
        { type: "button", style: "primary", color: "#197a4b", action: say("はい") },
        { type: "separator" },
        { type: "button", style: "link", color: "#ce0000", action: say("いいえ") },
      ] },
    ],
  },
};

/** By name: `messages` of one push, and a word that stands on the phone afterwards. */
export function samples(base) {
  const columns = ["可燃ごみ", "資源", "粗大ごみ"].map((title, index) => ({
    thumbnailImageUrl: `${base}/thumb${index}`, imageBackgroundColor: "#ffffff", title, text: "収集日と出し方です。",
    defaultAction: uri("くわしく"), actions: [uri("出し方を見る", "how"), data("知らせを受け取る", `topic=${index}`)],
  }));
  return {
    text: { word: "市のサイト", messages: [{ type: "text", text: "市のサイト https://example.jp/city をご覧ください。\n受付時間は 8:30 から 17:15 です。" }] },
    emoji: { word: "絵文字も", messages: [{ type: "text", text: "$ 絵文字も $ 届きます", emojis: [{ index: 0, productId: "5ac1bfd5040ab15980c9b435", emojiId: "001" }, { index: 7, productId: "5ac1bfd5040ab15980c9b435", emojiId: "002" }] }] },
    sender: { word: "水道料金課", messages: [{ type: "text", text: "別の名前で話しています。", sender: { name: "水道料金課", iconUrl: `${base}/star` } }] },
    sticker: { word: "446 / 1988", messages: [{ type: "sticker", packageId: "446", stickerId: "1988" }] },
    media: {
      word: "0:12",
      messages: [
        { type: "image", originalContentUrl: `${base}/hero`, previewImageUrl: `${base}/hero` },
        { type: "video", originalContentUrl: `${base}/film`, previewImageUrl: `${base}/hero` },
        { type: "audio", originalContentUrl: `${base}/sound`, duration: 12_000 },
        { type: "location", title: "見本市役所", address: "見本市中央1丁目1番地", latitude: 34.86, longitude: 137.06 },
        { type: "image", originalContentUrl: `${base}/gone`, previewImageUrl: `${base}/gone` },
      ],
    },
    imagemap: {
      word: undefined,
      messages: [{
        type: "imagemap", baseUrl: `${base}/map`, altText: "暮らしの手続き", baseSize: { width: 1040, height: 520 },
        actions: [
          { type: "uri", label: "引越し", linkUri: "https://example.jp/move", area: { x: 0, y: 0, width: 520, height: 520 } },
          { type: "message", label: "ごみの日", text: "ごみの日", area: { x: 520, y: 0, width: 520, height: 520 } },
        ],
      }],
    },
    buttons: {
      word: "手続きが届きました",
      messages: [{
        type: "template", altText: "手続きが届きました",
        template: { type: "buttons", thumbnailImageUrl: `${base}/hero`, title: "手続きが届きました", text: "受付番号 4821-0937-5512", actions: [uri("状況を確認する"), data("説明を聞く", "explain"), { type: "datetimepicker", label: "来庁の日をえらぶ", data: "visit", mode: "date", min: "2026-12-01", max: "2026-12-28", initial: "2026-12-03" }] },
      }],
    },
    confirm: { word: "引越しの予定はありますか", messages: [{ type: "template", altText: "質問です", template: { type: "confirm", text: "引越しの予定はありますか。", actions: [say("はい"), say("いいえ")] } }] },
    carousel: { word: "粗大ごみ", messages: [{ type: "template", altText: "ごみの出し方", template: { type: "carousel", columns } }] },
    pictures: { word: "催し", messages: [{ type: "template", altText: "催し", template: { type: "image_carousel", columns: ["催し", "防災", "子育て"].map((label, index) => ({ imageUrl: `${base}/thumb${index}`, action: uri(label) })) } }] },
    flex: { word: "水道の使用開始", messages: [{ type: "flex", altText: "手続きの状況", contents: receipt(base) }] },
    flexes: { word: "資源の日", messages: [{ type: "flex", altText: "収集日", contents: { type: "carousel", contents: [small("micro", "#0b6b8a", "可燃の日"), small("kilo", "#197a4b", "資源の日"), small("kilo", "#c74700", "粗大の日")] } }] },
    overlaid: { word: "重ねた見出し", messages: [{ type: "flex", altText: "重ねた見出し", contents: gradient }] },
    quick: {
      word: "どの手続きですか",
      messages: [{
        type: "text", text: "どの手続きですか。",
        quickReply: { items: [
          { type: "action", action: say("水道") },
          { type: "action", imageUrl: `${base}/star`, action: data("ごみ", "gomi") },
          { type: "action", action: { type: "location", label: "場所を送る" } },
          { type: "action", action: { type: "cameraRoll", label: "写真をえらぶ" } },
          { type: "action", action: { type: "datetimepicker", label: "日時", data: "when", mode: "datetime", initial: "2026-12-03t10:00" } },
        ] },
      }],
    },
  };
}

const picture = (width, height, inner) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inner}</svg>`;

const landscape = picture(800, 520, '<rect width="800" height="520" fill="#bfe0ea"/><circle cx="620" cy="130" r="60" fill="#f6d77a"/><path d="M0 400L220 220L400 380L560 260L800 430V520H0z" fill="#4f8f78"/><path d="M0 460q200-60 400 0t400 0V520H0z" fill="#2f6f8f"/>');
const star = picture(24, 24, '<path d="M12 2l3 7 7 .6-5.400 4.700 1.700 7.200L12 17.600 5.700 21.500l1.700-7.200L2 9.600 9 9z" fill="#e0a100"/>');
const map = picture(1040, 520, '<rect width="520" height="520" fill="#e8f1fe"/><rect x="520" width="520" height="520" fill="#e6f4ec"/><text x="260" y="280" font-size="72" text-anchor="middle" fill="#00118f" font-family="sans-serif">引越し</text><text x="780" y="280" font-size="72" text-anchor="middle" fill="#197a4b" font-family="sans-serif">ごみの日</text>');
const thumbs = ["#d9e6ff", "#d8f0e1", "#fbe3d0"].map((colour) => picture(600, 400, `<rect width="600" height="400" fill="${colour}"/><circle cx="300" cy="200" r="90" fill="#fff"/>`));

/** The picture at that path, if there is one; imagemaps ask for a width after theirs. */
export function drawing(path) {
  if (path === "/hero") return landscape;
  if (path === "/star") return star;
  if (path.startsWith("/map/")) return map;
  return thumbs[Number(/^\/thumb(\d)$/.exec(path)?.[1])];
}
