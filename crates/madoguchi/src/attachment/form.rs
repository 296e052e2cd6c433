//! A form whose body may hold files: text fields into an [`Input`], files into the vault, one after the other.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use multer::{Constraints, Field as Part, Multipart, SizeLimit};

use super::acts::{field_of, resolve};
use super::body::{Broken, Paced, Unread};
use super::kind::Refusal;
use super::receive::{self, Sender, Source, Told, Trouble};
use super::{MAX_BYTES, Shown};
use crate::account::Citizen;
use crate::app::App;
use crate::error::Error;
use crate::procedure::{Asks, Input, MAX_BODY, MAX_FIELDS, MAX_VALUE, Problem, Problems, Published, Shelf};

/// Bytes of a whole form with files. Browsers without JavaScript send them all at once.
const MAX_FORM: u64 = 12 * MAX_BYTES;

/// What a form brought.
pub struct Filled {
    /// Text, and in the place of each file what answers say of it.
    pub input: Input,
    /// Files that were not taken, and why.
    pub refused: Vec<Problem>,
}

/// Who fills in which form.
#[derive(Clone, Copy)]
pub struct Filler<'a> {
    /// The program.
    pub app: &'a App,
    /// The municipality.
    pub shelf: &'a Shelf,
    /// The person.
    pub citizen: &'a Citizen,
    /// The procedure's name in addresses.
    pub slug: &'a str,
}

impl<'a> Filler<'a> {
    /// The version that the person has before them; the current one where the form does not say.
    pub fn version_of(self, input: &Input) -> Result<&'a Published, Error> {
        let current = self.shelf.current(self.slug).ok_or(Error::NotFound)?;
        let named = input.get("_version").and_then(|v| v.parse().ok());
        let published = named.and_then(|v| self.shelf.find(current.id, v)).unwrap_or(current);
        if published.procedure().offered.is_here() { Ok(published) } else { Err(Error::NotFound) }
    }

    /// Reads the body, keeps the files in it, and names each file as the row knows it.
    pub async fn read(self, request: Request) -> Result<Filled, Error> {
        let mut filled = match boundary(&request) {
            Some(boundary) => self.read_parts(request.into_body(), boundary).await?,
            None => Filled { input: Input::parse(&whole(request.into_body()).await?)?, refused: Vec::new() },
        };
        let published = self.version_of(&filled.input)?;
        let who = (self.citizen.tenant, self.citizen.account);
        for field in resolve(self.app, who, &published.form, &mut filled.input).await? {
            filled.refuse(field, Refusal::Gone);
        }
        Ok(filled)
    }

    async fn read_parts(self, body: Body, boundary: String) -> Result<Filled, Error> {
        let (mut parts, unread) = multipart(body, boundary);
        let mut filled = Filled { input: Input::new(), refused: Vec::new() };
        let (mut text, mut count) = (0, 0);
        while let Some(mut part) = parts.next_field().await.map_err(|e| broken(&e))? {
            unread.taken();
            count += 1;
            if count > MAX_FIELDS {
                return Err(Error::TooLarge);
            }
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_some() {
                self.keep(&mut filled, &name, part, &unread).await?;
                continue;
            }
            let mut value = Vec::new();
            while let Some(piece) = part.chunk().await.map_err(|e| broken(&e))? {
                unread.taken();
                text += piece.len();
                if text > MAX_BODY {
                    return Err(Error::TooLarge);
                }
                value.extend_from_slice(&piece);
            }
            let value = String::from_utf8(value).map_err(|_| Error::BadRequest)?;
            if value.chars().count() > MAX_VALUE {
                return Err(Error::TooLarge);
            }
            filled.input.push(name, value);
        }
        Ok(filled)
    }

    /// Browsers send an empty part for a control in which nothing was chosen.
    async fn keep(
        self,
        filled: &mut Filled,
        name: &str,
        part: Part<'static>,
        unread: &Unread,
    ) -> Result<(), Error> {
        let file_name = part.file_name().unwrap_or_default().to_owned();
        let published = self.version_of(&filled.input)?;
        let field = name.strip_suffix(".new").and_then(|f| Some((f, field_of(&published.form, f)?)));
        let Some((name, field)) = field.filter(|_| !file_name.is_empty()) else {
            return skip(part, unread).await;
        };
        let Asks::Files(asks) = &field.asks else { return skip(part, unread).await };
        if filled.input.all(name).count() >= asks.most {
            filled.refuse(name.to_owned(), Refusal::TooMany);
            return skip(part, unread).await;
        }
        let kind = part.content_type().map(ToString::to_string).unwrap_or_default();
        let told = Told { name: &file_name, kind: &kind, wanted: &asks.kinds };
        match receive::take(self.sender(published, &field.id), &told, &mut Piece { part, unread }).await {
            Ok(shown) => filled.input.push(name, shown.to_value()),
            Err(Trouble::Refused(why)) => filled.refuse(name.to_owned(), why),
            Err(Trouble::Failed(e)) => return Err(e),
        }
        Ok(())
    }

    fn sender(self, published: &'a Published, field: &'a str) -> Sender<'a> {
        let Citizen { tenant, account, .. } = *self.citizen;
        Sender { app: self.app, tenant, account, procedure: published.id, field }
    }

    /// One file, sent by itself: parts `field` and `file`.
    pub async fn read_one(self, request: Request) -> Result<Result<Shown, Refusal>, Error> {
        let boundary = boundary(&request).ok_or(Error::BadRequest)?;
        let (mut parts, unread) = multipart(request.into_body(), boundary);
        let mut input = Input::new();
        while let Some(part) = parts.next_field().await.map_err(|e| broken(&e))? {
            unread.taken();
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_none() {
                let value = part.text().await.map_err(|e| broken(&e))?;
                if value.len() > 200 || input.pairs().count() > 4 {
                    return Err(Error::TooLarge);
                }
                input.push(name, value);
                continue;
            }
            let published = self.version_of(&input)?;
            let field = field_of(&published.form, input.get("field").unwrap_or_default());
            let Some((field, Asks::Files(asks))) = field.map(|f| (f, &f.asks)) else {
                return Err(Error::BadRequest);
            };
            let file_name = part.file_name().unwrap_or_default().to_owned();
            let kind = part.content_type().map(ToString::to_string).unwrap_or_default();
            let told = Told { name: &file_name, kind: &kind, wanted: &asks.kinds };
            let from = self.sender(published, &field.id);
            return match receive::take(from, &told, &mut Piece { part, unread: &unread }).await {
                Ok(shown) => Ok(Ok(shown)),
                Err(Trouble::Refused(why)) => Ok(Err(why)),
                Err(Trouble::Failed(e)) => Err(e),
            };
        }
        Err(Error::BadRequest)
    }
}

impl Filled {
    fn refuse(&mut self, field: String, why: Refusal) {
        if !self.refused.iter().any(|p| p.field == field) {
            let message = why.words().to_owned();
            self.refused.push(Problem { field, message, stops: false, link: None });
        }
    }
}

/// What to mend where files are not here any more.
pub fn gone(fields: Vec<String>) -> Problems {
    let mut filled = Filled { input: Input::new(), refused: Vec::new() };
    for field in fields {
        filled.refuse(field, Refusal::Gone);
    }
    Problems(filled.refused)
}

fn boundary(request: &Request) -> Option<String> {
    let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(kind).ok()
}

/// Every file a form can bring is limited by itself; this bounds what nobody asked for.
fn multipart(body: Body, boundary: String) -> (Multipart<'static>, Unread) {
    let unread = Unread::default();
    let limit = SizeLimit::new().whole_stream(MAX_FORM);
    let paced = Paced::new(body, unread.clone());
    (Multipart::with_constraints(paced, boundary, Constraints::new().size_limit(limit)), unread)
}

async fn whole(body: Body) -> Result<Bytes, Error> {
    let read = Limited::new(body, MAX_BODY + 1).collect().await;
    read.map(http_body_util::Collected::to_bytes).map_err(|_| Error::TooLarge)
}

fn broken(e: &multer::Error) -> Error {
    let cause = std::error::Error::source(e).and_then(|s| s.downcast_ref::<Broken>());
    match (cause, e) {
        (Some(Broken::Silent), _) => Error::Late,
        (Some(Broken::Endless), _) | (_, multer::Error::StreamSizeExceeded { .. }) => Error::TooLarge,
        _ => Error::BadRequest,
    }
}

async fn skip(mut part: Part<'static>, unread: &Unread) -> Result<(), Error> {
    while part.chunk().await.map_err(|e| broken(&e))?.is_some() {
        unread.taken();
    }
    Ok(())
}

struct Piece<'a> {
    part: Part<'static>,
    unread: &'a Unread,
}

impl Source for Piece<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.unread.taken();
        self.part.chunk().await.map_err(|e| broken(&e))
    }
}
