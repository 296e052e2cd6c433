//! What administrators see and do about LINE; the list of addresses is for all staff.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use madoguchi_line::assertion::{self, KeyError, KeyState, KeyView};
use madoguchi_line::menu::{self, Action, MenuError, Prepared, Shown};
use madoguchi_line::mode::{self, LineMode};
use madoguchi_line::relay::{self, RelayError, RelayTo, RelayView};

use super::acts::{self, Change};
use super::pages::{Address, AddressesPage, Key, LinePage, Menu, Relay};
use super::qr;
use crate::app::App;
use crate::audit::Actor;
use crate::error::Error;
use crate::office::pages::{Banner, Desk, show};
use crate::office::{Clerk, Role};
use crate::procedure::{Input, Shelf};
use crate::site::Tenant;

/// What was typed and has to be mended.
#[derive(Default)]
struct Oops {
    relay: Option<(String, &'static str)>,
    key: Option<&'static str>,
    banner: Option<Banner>,
}

fn admin(clerk: &Clerk) -> Result<(), Error> {
    if clerk.role == Role::Admin { Ok(()) } else { Err(Error::Forbidden) }
}

/// `GET /{tenant}/line`: how the official account is used.
pub async fn page(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    RawQuery(raw): RawQuery,
) -> Result<Response, Error> {
    admin(&clerk)?;
    let query = Input::parse(raw.unwrap_or_default().as_bytes()).unwrap_or_default();
    let banner = query.get("done").and_then(done);
    draw(&app, &shelf, &clerk, Oops { banner, ..Oops::default() }).await
}

/// What has just been done, by its code in the address.
fn done(code: &str) -> Option<Banner> {
    let (title, text) = match code {
        "mode" => ("利用範囲を変更しました", "数秒のうちに、すべての画面に反映されます。"),
        "relay" => ("転送先を変更しました", "次に届くWebhookから、この設定で動きます。"),
        "key" => ("鍵を作りました", "公開鍵をLINE Developersに登録してください。"),
        "key-used" => {
            ("登録した鍵を使いはじめました", "チャネルシークレットは、トークンの取得には使いません。")
        }
        "key-dropped" => {
            ("チャネルシークレットに戻しました", "LINE Developersに残る公開鍵は、削除してかまいません。")
        }
        "published" => ("メニューを公開しました", "トーク画面を開き直すと、1分ほどで表示されます。"),
        "restored" => {
            ("元のメニューに戻しました", "LINE公式アカウントマネージャーで作ったメニューが表示されます。")
        }
        _ => return None,
    };
    Some(Banner { tone: "ok", title, text: text.to_owned() })
}

async fn draw(app: &App, shelf: &Shelf, clerk: &Clerk, oops: Oops) -> Result<Response, Error> {
    let tenant = shelf.tenant();
    let mut x = app.db.reader().await?;
    let mode = mode::of(&mut x, tenant).await?;
    let passed_on = relay::of(&mut x, tenant).await?;
    let keys = assertion::list(&mut x, tenant).await?;
    let (shown, ready) = (menu::shown(&mut x, tenant).await?, menu::prepared(&mut x, tenant).await?);
    drop(x);
    let own = app.settings.public_url.as_str().trim_end_matches('/');
    let key = |state| keys.iter().find(|k| k.state == state).map(key_view);
    let is_trouble = oops.relay.is_some() || oops.key.is_some();
    let page = LinePage {
        desk: Desk::new(shelf, Some(clerk), "公式アカウントの設定"),
        banner: oops.banner,
        is_full: mode == LineMode::Full,
        webhook: format!("{own}/line/{tenant}/webhook"),
        callback: format!("{own}/line/{tenant}/callback"),
        relay: relay_view(passed_on, oops.relay),
        active: key(KeyState::Active),
        made: key(KeyState::Made),
        key_oops: oops.key,
        menu: menu_view(shelf, shown, ready),
    };
    Ok(show(&page, if is_trouble { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }))
}

fn key_view(k: &KeyView) -> Key {
    Key {
        name: k.key_id.clone(),
        kid: k.kid.clone().unwrap_or_default(),
        jwk: k.public_jwk.clone(),
        made: k.made_at.japanese(),
    }
}

fn relay_view(view: RelayView, oops: Option<(String, &'static str)>) -> Relay {
    let any = view.passed_on + view.failed + view.dropped > 0;
    let counts = any.then(|| {
        format!("転送 {}件・失敗 {}件・混雑で見送り {}件", view.passed_on, view.failed, view.dropped)
    });
    let failure = view.last_failed_at.map(|at| {
        let why = match view.last_failure.as_deref() {
            Some("no-connection") => "つながりませんでした".to_owned(),
            Some("no-answer") => "返事がありませんでした".to_owned(),
            Some("full") => "転送待ちが多すぎました".to_owned(),
            Some(status) => format!("状態コード{status}が返りました"),
            None => "理由は分かりません".to_owned(),
        };
        format!("最後の失敗：{}（{why}）", at.japanese())
    });
    let (typed, oops) = match oops {
        Some((typed, why)) => (typed, Some(why)),
        None => (view.to.unwrap_or_default(), None),
    };
    Relay { typed, oops, counts, failure }
}

fn menu_view(shelf: &Shelf, shown: Shown, ready: Option<Prepared>) -> Menu {
    let since = match shown {
        Shown::Ours(at) => Some(at.japanese()),
        Shown::Never | Shown::TakenBack => None,
    };
    let picture = ready.is_some().then(|| format!("/{}/line/menu.png", shelf.slug()));
    let changed = ready.as_ref().map(|r| r.changed_at.japanese()).unwrap_or_default();
    let areas = ready.map(|r| r.spec.areas).unwrap_or_default();
    let areas = areas.into_iter().map(|a| {
        let Action::Uri(uri) = a.action;
        (a.label, uri)
    });
    Menu { since, picture, areas: areas.collect(), changed }
}

/// Stores, reads channels again, and shows that it is done.
async fn change(
    app: &App,
    shelf: &Shelf,
    clerk: &Clerk,
    what: Change,
    done: &'static str,
) -> Result<Response, Error> {
    let by = Actor::Staff(clerk.staff);
    if !acts::change(&app.db, (&app.keys, &app.clock), shelf.tenant(), by, what).await? {
        return Err(Error::NotFound);
    }
    // Other processes read again within seconds; so does this one where it fails now.
    let _later = app.line.reload_channels().await;
    Ok(see(shelf, done))
}

fn see(shelf: &Shelf, done: &'static str) -> Response {
    let to = format!("/{}/line?done={done}", shelf.slug());
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// `POST /{tenant}/line/mode`.
pub async fn set_mode(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    admin(&clerk)?;
    let input = Input::parse(&body)?;
    let mode: LineMode = input.get("mode").unwrap_or_default().parse().map_err(|_| Error::BadRequest)?;
    let mut x = app.db.reader().await?;
    let shown = menu::shown(&mut x, shelf.tenant()).await?;
    drop(x);
    // A menu of ours would stay in front of the Manager's, and nobody here could take it back.
    if mode == LineMode::NotifyOnly && matches!(shown, Shown::Ours(_)) {
        let text = "先に「元のメニューに戻す」を押してから、もう一度お試しください。";
        let title = "この窓口のメニューが公開されています";
        let banner = Some(Banner { tone: "warn", title, text: text.to_owned() });
        return draw(&app, &shelf, &clerk, Oops { banner, ..Oops::default() }).await;
    }
    change(&app, &shelf, &clerk, Change::Mode(mode), "mode").await
}

/// `POST /{tenant}/line/relay`: another address, or none.
pub async fn set_relay(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    admin(&clerk)?;
    let input = Input::parse(&body)?;
    let typed = input.get("to").unwrap_or_default().trim();
    if typed.is_empty() {
        return change(&app, &shelf, &clerk, Change::Relay(None), "relay").await;
    }
    match RelayTo::parse(typed, &[&app.settings.public_url, &app.settings.staff_url]) {
        Ok(to) => change(&app, &shelf, &clerk, Change::Relay(Some(to)), "relay").await,
        Err(why) => {
            let words = match why {
                RelayError::Address => "アドレスの形を確認してください（https:// から始まる500文字まで）。",
                RelayError::Plain => "https:// から始まるアドレスにしてください。",
                RelayError::Own => "この窓口のアドレスには転送できません。",
            };
            let relay = Some((typed.to_owned(), words));
            draw(&app, &shelf, &clerk, Oops { relay, ..Oops::default() }).await
        }
    }
}

/// `POST /{tenant}/line/key`: makes a key pair and shows its public half.
pub async fn make_key(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
) -> Result<Response, Error> {
    admin(&clerk)?;
    let (line, tenant) = (app.line.clone(), shelf.tenant());
    let made = tokio::task::spawn_blocking(move || line.make_assertion_key(tenant)).await;
    let failed = || Error::internal("line-key", "a key pair could not be made");
    let key = made.map_err(|_| failed())?.map_err(|_| failed())?;
    change(&app, &shelf, &clerk, Change::KeyMade(key), "key").await
}

/// `POST /{tenant}/line/key/use`: LINE has named the key; it is tried, and then used.
pub async fn use_key(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
    body: Bytes,
) -> Result<Response, Error> {
    admin(&clerk)?;
    let input = Input::parse(&body)?;
    let (key_id, kid) = (input.get("key").unwrap_or_default(), input.get("kid").unwrap_or_default().trim());
    let words = match app.line.try_assertion_key(shelf.tenant(), key_id, kid).await {
        Ok(()) => {
            let used = Change::KeyUsed(key_id.to_owned(), kid.to_owned());
            return change(&app, &shelf, &clerk, used, "key-used").await;
        }
        Err(KeyError::Kid) => "LINE Developersに表示されたkidを、そのまま入力してください。",
        Err(KeyError::Refused) => {
            "LINEがこの鍵を受け付けませんでした。公開鍵を登録したチャネルと、kidを確認してください。いまの設定は変わっていません。"
        }
        Err(KeyError::Unavailable) => "LINEにつながりません。少し待ってから、もう一度お試しください。",
        Err(KeyError::NotFound) => return Err(Error::NotFound),
        Err(KeyError::Store | KeyError::Made) => return Err(Error::Busy),
    };
    draw(&app, &shelf, &clerk, Oops { key: Some(words), ..Oops::default() }).await
}

/// `POST /{tenant}/line/key/drop`: back to the channel's secret.
pub async fn drop_key(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
) -> Result<Response, Error> {
    admin(&clerk)?;
    change(&app, &shelf, &clerk, Change::KeyDropped, "key-dropped").await
}

/// `GET /{tenant}/line/menu.png`: the picture of the menu that is ready.
pub async fn picture(State(app): State<App>, Tenant(shelf): Tenant, clerk: Clerk) -> Result<Response, Error> {
    admin(&clerk)?;
    let mut x = app.db.reader().await?;
    let ready = menu::prepared(&mut x, shelf.tenant()).await?.ok_or(Error::NotFound)?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("image/png"))], ready.picture).into_response())
}

/// `POST /{tenant}/line/menu/publish`: everybody sees the menu that is ready.
pub async fn publish(State(app): State<App>, Tenant(shelf): Tenant, clerk: Clerk) -> Result<Response, Error> {
    admin(&clerk)?;
    match app.line.publish_prepared(shelf.tenant()).await {
        Ok(true) => change(&app, &shelf, &clerk, Change::MenuShown(true), "published").await,
        Ok(false) => Err(Error::NotFound),
        Err(why) => menu_trouble(&app, &shelf, &clerk, why).await,
    }
}

/// `POST /{tenant}/line/menu/restore`: ours goes, the Manager's comes back.
pub async fn restore(State(app): State<App>, Tenant(shelf): Tenant, clerk: Clerk) -> Result<Response, Error> {
    admin(&clerk)?;
    match app.line.take_menu_back(shelf.tenant()).await {
        Ok(()) => change(&app, &shelf, &clerk, Change::MenuShown(false), "restored").await,
        Err(why) => menu_trouble(&app, &shelf, &clerk, why).await,
    }
}

async fn menu_trouble(app: &App, shelf: &Shelf, clerk: &Clerk, why: MenuError) -> Result<Response, Error> {
    let text = match why {
        MenuError::Invalid(rule) => rule.to_owned(),
        MenuError::NoticesOnly => "利用範囲を「お知らせ・メニュー・Webhook」にすると、メニューを公開できます。".to_owned(),
        MenuError::NoChannel => "LINEのチャネルが設定されていません。".to_owned(),
        MenuError::Refused(status) => format!("LINEが受け付けませんでした（状態コード{status}）。"),
        MenuError::Unavailable => "LINEにつながりません。少し待ってから、もう一度お試しください。途中まで進んだものは、次に片づけます。".to_owned(),
        MenuError::Store => return Err(Error::Busy),
    };
    let banner = Some(Banner { tone: "bad", title: "メニューを変更できませんでした", text });
    draw(app, shelf, clerk, Oops { banner, ..Oops::default() }).await
}

/// `GET /{tenant}/line/addresses`: 「メニューに貼るURL一覧」.
pub async fn addresses(
    State(app): State<App>,
    Tenant(shelf): Tenant,
    clerk: Clerk,
) -> Result<Response, Error> {
    let site = format!("{}/{}", app.settings.public_url.as_str().trim_end_matches('/'), shelf.slug());
    let fixed = [("手続の一覧", "/"), ("私の申請", "/a"), ("LINEとの連携の解除", "/unlink")];
    let mut all: Vec<(String, String)> = shelf
        .procedures()
        .map(|p| {
            // What is done elsewhere has a page that says where.
            let end = if p.is_open() { "/form" } else { "" };
            (p.procedure().title.clone(), format!("{site}/p/{}{end}", p.slug))
        })
        .collect();
    all.sort();
    all.extend(fixed.map(|(title, path)| (title.to_owned(), format!("{site}{path}"))));
    let lines = all.into_iter().filter_map(|(title, url)| Some(Address { qr: qr(&url)?, title, url }));
    let desk = Desk::new(&shelf, Some(&clerk), "メニューに貼るURL一覧");
    Ok(show(&AddressesPage { desk, lines: lines.collect() }, StatusCode::OK))
}
