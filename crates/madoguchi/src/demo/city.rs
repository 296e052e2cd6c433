//! The demo's municipality, its people and its rich menu. Everything in it is made up.

use line_emulator::{LoginChannel, MessagingChannel, Persona, Provider, Seed};
use madoguchi_base::random;
use madoguchi_line::channel::{BotPrompt, ChannelSettings};
use madoguchi_line::menu::{Action, Area, Bounds, MenuSpec, Size};

/// Picture of the rich menu (drawn from `assets/menu.svg`).
pub const MENU_PICTURE: &[u8] = include_bytes!("assets/menu.png");

/// A made-up person: id, name on the phone, and sei, mei, sei_kana, mei_kana for forms.
pub type Person = (&'static str, &'static str, [&'static str; 4]);

/// Who looks at the demo (the first), and the eight people with earlier applications.
pub const PEOPLE: [Person; 9] = [
    ("hanako", "西尾 花子", ["西尾", "花子", "ニシオ", "ハナコ"]),
    ("taro", "三河 太郎", ["三河", "太郎", "ミカワ", "タロウ"]),
    ("maria", "マリア・シルバ", ["シルバ", "マリア", "シルバ", "マリア"]),
    ("ichiro", "矢作 一郎", ["矢作", "一郎", "ヤハギ", "イチロウ"]),
    ("yoshiko", "吉良 良子", ["吉良", "良子", "キラ", "ヨシコ"]),
    ("kenji", "幡豆 健二", ["幡豆", "健二", "ハズ", "ケンジ"]),
    ("sachi", "一色 幸", ["一色", "幸", "イッシキ", "サチ"]),
    ("noboru", "平坂 昇", ["平坂", "昇", "ヘイサカ", "ノボル"]),
    ("haruka", "米津 春香", ["米津", "春香", "ヨネヅ", "ハルカ"]),
];

/// What the emulator knows from the first start. Secrets are drawn, not fixed.
pub fn seed(callbacks: Vec<String>, webhook: String) -> Seed {
    let secret = || hex::encode(random::bytes::<16>());
    Seed {
        providers: vec![Provider {
            name: "西尾市".into(),
            certified: true,
            login: LoginChannel {
                id: "1657000001".into(),
                name: "西尾市".into(),
                secret: secret(),
                callbacks,
                ..LoginChannel::default()
            },
            messaging: MessagingChannel {
                id: "1657000002".into(),
                name: "西尾市".into(),
                secret: secret(),
                token: secret(),
                bot_basic_id: "@000nisho".into(),
                webhook: Some(webhook),
                ..MessagingChannel::default()
            },
        }],
        personas: PEOPLE
            .iter()
            .map(|(id, name, _)| Persona { id: (*id).into(), name: (*name).into(), ..Persona::default() })
            .collect(),
    }
}

/// Base addresses of a LINE Platform.
pub struct LineHosts {
    /// Where browsers sign in.
    pub access: String,
    /// Messaging and tokens.
    pub api: String,
    /// Pictures.
    pub data: String,
}

/// Our side of the channels that the emulator tells of (`GET /_emulator/channels` gives the same).
pub fn channels(provider: &Provider, hosts: &LineHosts, callback_base: &str) -> ChannelSettings {
    ChannelSettings {
        login_id: provider.login.id.clone(),
        login_secret: provider.login.secret.clone(),
        messaging_id: provider.messaging.id.clone(),
        messaging_secret: provider.messaging.secret.clone(),
        access_base: hosts.access.clone(),
        api_base: hosts.api.clone(),
        data_base: hosts.data.clone(),
        callback_base: callback_base.to_owned(),
        bot_prompt: BotPrompt::Normal,
    }
}

/// The rich menu: five tiles over the picture.
pub fn menu(site: &str) -> MenuSpec {
    let tile = |(x, y, width, height): (u32, u32, u32, u32), label: &str, path: &str| Area {
        bounds: Bounds { x, y, width, height },
        label: label.to_owned(),
        action: Action::Uri(format!("{site}{path}")),
    };
    MenuSpec {
        name: "madoguchi".into(),
        chat_bar: "手続メニュー".into(),
        size: Size { width: 1_200, height: 810 },
        areas: vec![
            tile((0, 0, 400, 405), "水道の使用開始", "/p/suido-start/form"),
            tile((400, 0, 400, 405), "水道の使用中止", "/p/suido-stop/form"),
            tile((800, 0, 400, 405), "犬の死亡届", "/p/dog-death/form"),
            tile((0, 405, 400, 405), "私の申請", "/a"),
            tile((400, 405, 800, 405), "手続をさがす", "/"),
        ],
    }
}
