//! The page of accounts: who works here, with which role, in which departments.

use axum::http::StatusCode;
use axum::response::Response;

use super::accounts::{self, Change, NewStaff, StaffError};
use super::inbox::Site;
use super::pages::{AccountsPage, Banner, Choice, Desk, Person, show};
use super::password::Password;
use super::store::{self, StaffRow};
use super::{Departments, Role};
use crate::audit::Actor;
use crate::error::Error;
use crate::procedure::Input;

/// What the page says beside the accounts.
#[derive(Default)]
pub(super) struct Said {
    status: StatusCode,
    banner: Option<Banner>,
    /// Login name and new password, once.
    shown: Option<(String, String)>,
    typed: (String, String),
}

fn roles(chosen: Role) -> Vec<Choice> {
    let one = |role: Role| Choice {
        value: role.code().to_owned(),
        label: role.japanese().to_owned(),
        is_chosen: role == chosen,
    };
    Role::ALL.into_iter().map(one).collect()
}

fn sections(site: &Site<'_>, chosen: &Departments) -> Vec<Choice> {
    let one = |s: &crate::procedure::municipality::SectionOf| Choice {
        value: s.id.clone(),
        label: s.name.clone(),
        is_chosen: chosen.names(&s.id),
    };
    site.shelf.municipality().sections.iter().map(one).collect()
}

fn departments(site: &Site<'_>, input: &Input) -> Departments {
    let known = site.shelf.municipality().sections.iter().map(|s| s.id.as_str());
    let chosen: Vec<&str> = known.filter(|id| input.all("department").any(|d| d == *id)).collect();
    Departments::read(&chosen.join(" "))
}

/// Every account.
pub(super) async fn page(site: &Site<'_>, said: Said) -> Result<Response, Error> {
    let mut x = site.app.db.reader().await?;
    let rows = store::everybody(&mut x, site.clerk.tenant).await?;
    drop(x);
    let own = site.clerk.staff.to_string();
    let person = |row: StaffRow| Person {
        action: format!("/{}/accounts/{}", site.shelf.slug(), row.staff_id),
        roles: roles(row.role.parse().unwrap_or(Role::Viewer)),
        sections: sections(site, &Departments::read(&row.department)),
        is_closed: row.disabled_at.is_some(),
        is_self: row.staff_id == own,
        id: row.staff_id,
        login: row.login,
        name: row.name,
    };
    let page = AccountsPage {
        desk: Desk::new(site.shelf, Some(site.clerk), "職員のアカウント"),
        banner: said.banner,
        shown: said.shown,
        people: rows.into_iter().map(person).collect(),
        roles: roles(Role::Clerk),
        sections: sections(site, &Departments::default()),
        typed_login: said.typed.0,
        typed_name: said.typed.1,
    };
    Ok(show(&page, said.status))
}

fn refused(e: StaffError) -> Result<(StatusCode, Banner), Error> {
    let (title, text) = match e {
        StaffError::Taken => {
            ("追加していません", "このログイン名は、もう使われています。別の名前にしてください。")
        }
        StaffError::Login => ("追加していません", "ログイン名は、空白のない64文字までで入力してください。"),
        StaffError::Role => ("変更していません", "権限を選んでください。"),
        StaffError::NotFound => return Err(Error::NotFound),
        StaffError::Unavailable => return Err(Error::Busy),
        StaffError::Unknown => return Err(Error::Unknown),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Banner { tone: "bad", title, text: text.into() }))
}

/// Adds an account; its password is shown once.
pub(super) async fn add(site: &Site<'_>, input: &Input) -> Result<Response, Error> {
    let of = |name: &str| input.get(name).unwrap_or_default().trim().to_owned();
    let (login, name) = (of("login"), of("name"));
    let typed = (login.clone(), name.clone());
    let Ok(role) = of("role").parse::<Role>() else {
        let (status, banner) = refused(StaffError::Role)?;
        return page(site, Said { status, banner: Some(banner), typed, ..Said::default() }).await;
    };
    let password = Password::random();
    let hash = password.hash().await.map_err(|_| Error::Busy)?;
    let name = if name.is_empty() { login.clone() } else { name.chars().take(64).collect() };
    let new =
        NewStaff { login: login.clone(), name, role, department: departments(site, input), password: hash };
    let (app, by) = (site.app, Actor::Staff(site.clerk.staff));
    match accounts::add_by(&app.db, (&app.keys, &app.clock), site.clerk.tenant, by, new).await {
        Ok(_) => {
            let shown = Some((login, password.as_str().to_owned()));
            page(site, Said { shown, ..Said::default() }).await
        }
        Err(e) => {
            let (status, banner) = refused(e)?;
            page(site, Said { status, banner: Some(banner), typed, ..Said::default() }).await
        }
    }
}

/// Changes an account. Nobody takes their own rights away: there is always an administrator left.
pub(super) async fn change(site: &Site<'_>, id: &str, input: &Input) -> Result<Response, Error> {
    let mut x = site.app.db.reader().await?;
    let row = store::staff(&mut x, site.clerk.tenant, id).await?.ok_or(Error::NotFound)?;
    drop(x);
    let is_self = row.staff_id == site.clerk.staff.to_string();
    let mut shown = None;
    let mut changes = Vec::new();
    match input.get("do") {
        Some("reset") => {
            let password = Password::random();
            changes.push(Change::Password(password.hash().await.map_err(|_| Error::Busy)?));
            shown = Some((row.login.clone(), password.as_str().to_owned()));
        }
        Some("disable") if !is_self => changes.push(Change::Disable),
        Some("save") => {
            let departments = departments(site, input);
            if departments != Departments::read(&row.department) {
                changes.push(Change::Departments(departments));
            }
            let role = input.get("role").and_then(|code| code.parse::<Role>().ok()).filter(|_| !is_self);
            changes.extend(role.filter(|role| role.code() != row.role).map(Change::Role));
        }
        _ => return Err(Error::BadRequest),
    }
    let (app, by) = (site.app, Actor::Staff(site.clerk.staff));
    for change in changes {
        let from = (&app.keys, &app.clock);
        let done = accounts::change_by(&app.db, from, site.clerk.tenant, by, &row.login, change).await;
        if let Err(e) = done {
            let (status, banner) = refused(e)?;
            return page(site, Said { status, banner: Some(banner), ..Said::default() }).await;
        }
    }
    page(site, Said { shown, ..Said::default() }).await
}
