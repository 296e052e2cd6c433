//! Everything published, in memory: a GET of a catalogue, procedure or form page asks no database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use madoguchi_base::db::Exec;
use madoguchi_base::{ApplicationId, Day, Millis, ProcedureId, TenantId};

use super::municipality::SectionOf;
use super::views::{CataloguePage, CategoryView, FormPage, ProcedurePage};
use super::{City, Draw, FormVersion, Municipality, Procedure, ReadContext, search, store};
use crate::guide::views::{Banner, NewsItem, NewsPage, TextPage};
use crate::guide::{self, Announcement, Topic};
use crate::page::views::NotFriend;
use crate::page::{CachedPage, Frame, Place};

/// Settings of the site that stand on every page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Site {
    /// Says on every page that nothing is real.
    pub demo: bool,
}

/// What is stored cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A stored definition that this program does not understand.
    #[error("the stored definition of {0} cannot be read: publish it again with this version")]
    Definition(String),
    /// A page that cannot be rendered.
    #[error(transparent)]
    Page(#[from] askama::Error),
}

type Shelves = HashMap<String, Arc<Shelf>>;

/// Every municipality's shelf.
#[derive(Default)]
pub struct Catalogue {
    site: Site,
    shelves: RwLock<Arc<Shelves>>,
}

impl Catalogue {
    /// Loads and renders everything published by `now`.
    pub async fn load(x: &mut impl Exec, site: &Site, now: Millis) -> Result<Self, CatalogueError> {
        let new = Self { site: *site, shelves: RwLock::default() };
        new.reload(x, now).await?;
        Ok(new)
    }

    /// Loads again, after something was published, or began or ceased to be shown. Requests under way keep what
    /// they have.
    pub async fn reload(&self, x: &mut impl Exec, now: Millis) -> Result<(), CatalogueError> {
        let mut found = Shelves::new();
        for tenant in store::tenants(x).await? {
            let unreadable = || CatalogueError::Definition(tenant.clone());
            let id: TenantId = tenant.parse().map_err(|_| unreadable())?;
            let definition = store::shelf(x, id).await?.ok_or_else(unreadable)?;
            let municipality: Municipality = serde_json::from_str(&definition).map_err(|_| unreadable())?;
            let rows = store::versions(x, id).await?;
            let guide = Guide {
                texts: guide::acts::texts(x, id).await?,
                news: guide::acts::announcements(x, id, now).await?,
                now,
            };
            let made = Arc::new(Shelf::new(id, municipality, &rows, &guide, self.site)?);
            found.insert(made.municipality.slug.clone(), Arc::clone(&made));
            found.insert(tenant, made);
        }
        *self.shelves.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
        Ok(())
    }

    /// The shelf of a municipality by its slug or its 団体コード, as addresses name it.
    pub fn by_name(&self, name: &str) -> Option<Arc<Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Every municipality.
    pub fn tenants(&self) -> Vec<TenantId> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<TenantId> = shelves.values().map(|s| s.tenant).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The one municipality, where there is just one.
    pub fn only(&self) -> Option<Arc<Shelf>> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        let first = shelves.values().next()?;
        shelves.values().all(|s| s.tenant == first.tenant).then(|| Arc::clone(first))
    }

    /// The shelf of a municipality.
    pub fn shelf(&self, tenant: TenantId) -> Option<Arc<Shelf>> {
        self.by_name(&tenant.to_string())
    }
}

/// What one municipality offers.
pub struct Shelf {
    tenant: TenantId,
    municipality: Municipality,
    city: City,
    place: Arc<Place>,
    current: HashMap<String, Arc<Published>>,
    versions: HashMap<(ProcedureId, u32), Arc<Published>>,
    page: CachedPage,
    texts: HashMap<Topic, GuideText>,
    news: CachedPage,
}

/// The current version of a text of the guide.
pub struct GuideText {
    /// Its version.
    pub version: i64,
    /// Its page.
    pub page: CachedPage,
}

/// What a municipality says about its window, and when that is looked at.
struct Guide {
    texts: Vec<(Topic, i64, String, Millis)>,
    news: Vec<Announcement>,
    now: Millis,
}

/// A published version of a procedure.
pub struct Published {
    /// The procedure.
    pub id: ProcedureId,
    /// Its name in addresses.
    pub slug: String,
    /// The version.
    pub version: u32,
    /// Its form.
    pub form: FormVersion,
    pages: Option<Pages>,
}

struct Pages {
    public: CachedPage,
    /// The page of the empty form as it reads on a day: dates say the days that can be chosen.
    form: RwLock<Option<(Day, CachedPage)>>,
}

impl Published {
    /// What is public of it.
    pub fn procedure(&self) -> &Procedure {
        self.form.procedure()
    }

    /// The public page; the current version has one.
    pub fn public_page(&self) -> Option<&CachedPage> {
        self.pages.as_ref().map(|p| &p.public)
    }

    /// Is it the version that is offered, and done here?
    pub fn is_open(&self) -> bool {
        self.pages.is_some() && self.procedure().offered.is_here()
    }
}

impl Shelf {
    fn new(
        tenant: TenantId,
        municipality: Municipality,
        rows: &[store::Row],
        guide: &Guide,
        site: Site,
    ) -> Result<Self, CatalogueError> {
        let shown: Vec<&Announcement> = guide.news.iter().filter(|a| a.shown_from <= guide.now).collect();
        let place = Arc::new(Place {
            name: municipality.name.clone(),
            slug: municipality.slug.clone(),
            contact: municipality.contact.clone(),
            demo: site.demo,
            banners: shown.iter().map(|a| Banner::of(a)).collect(),
        });
        let (mut current, mut versions) = (HashMap::new(), HashMap::new());
        for row in rows {
            let published = Arc::new(publish(row, &municipality, &place)?);
            if published.pages.is_some() {
                current.insert(published.slug.clone(), Arc::clone(&published));
            }
            versions.insert((published.id, published.version), published);
        }
        let categories = search::categories(&municipality, &current, "");
        let frame = Frame::new(&place, format!("{}の手続", municipality.name));
        let page = CachedPage::render(&CataloguePage { frame, searched: None, categories })?;
        let texts = texts(&municipality, &place, &guide.texts)?;
        let items = shown.iter().rev().map(|a| NewsItem::new(a)).collect();
        let news = CachedPage::render(&NewsPage { frame: Frame::new(&place, "お知らせ"), items })?;
        let city = municipality.city();
        Ok(Self { tenant, municipality, city, place, current, versions, page, texts, news })
    }

    /// A shelf without a database: for tests and for looking at pages.
    pub fn of(
        municipality: Municipality,
        sources: &[super::Source],
        site: Site,
    ) -> Result<Self, CatalogueError> {
        let unreadable = || CatalogueError::Definition(municipality.code.clone());
        let tenant = municipality.tenant().map_err(|_| unreadable())?;
        let row = |source: &super::Source| store::Row {
            procedure_id: ProcedureId::derive(tenant, &source.procedure().id).to_string(),
            slug: source.procedure().id.clone(),
            current_version: 1,
            version: 1,
            definition: source.for_city(&municipality.settings).definition(),
        };
        let rows: Vec<store::Row> = sources.iter().map(row).collect();
        let text = |topic: Topic| (topic, 1, guide::fill(topic.default_text(), &municipality), Millis(0));
        let guide = Guide { texts: Topic::ALL.map(text).into(), news: Vec::new(), now: Millis(0) };
        Self::new(tenant, municipality, &rows, &guide, site)
    }

    /// Its 団体コード.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Its name in addresses.
    pub fn slug(&self) -> &str {
        &self.municipality.slug
    }

    /// 西尾市.
    pub fn name(&self) -> &str {
        &self.municipality.name
    }

    /// Its facts.
    pub fn municipality(&self) -> &Municipality {
        &self.municipality
    }

    /// The section of that id; the municipality's contact where there is none.
    pub fn section(&self, id: &str) -> SectionOf {
        section(&self.municipality, id)
    }

    /// The current version of a procedure by its name in addresses.
    pub fn current(&self, slug: &str) -> Option<&Arc<Published>> {
        self.current.get(slug)
    }

    /// Every current procedure, in no order.
    pub fn procedures(&self) -> impl Iterator<Item = &Arc<Published>> {
        self.current.values()
    }

    /// One version of a procedure: an application stays with its version.
    pub fn find(&self, procedure: ProcedureId, version: u32) -> Option<&Arc<Published>> {
        self.versions.get(&(procedure, version))
    }

    /// What answers are read against on a day.
    pub fn context(&self, today: Day) -> ReadContext<'_> {
        ReadContext { today, city: &self.city }
    }

    /// The procedure of a stored id: its current version, or the newest that there is.
    fn by_id(&self, id: &str) -> Option<&Procedure> {
        let id: ProcedureId = id.parse().ok()?;
        let newest =
            self.versions.iter().filter(|((of, _), _)| *of == id).max_by_key(|((_, version), _)| *version);
        newest.map(|(_, published)| published.procedure())
    }

    /// The title of a procedure by its stored id.
    pub fn title_of(&self, id: &str) -> Option<&str> {
        self.by_id(id).map(|p| p.title.as_str())
    }

    /// For how many years applications of a procedure are kept.
    pub fn years_kept(&self, id: &str) -> Option<u16> {
        self.by_id(id).map(|p| p.keep_years)
    }

    /// A frame around a page of this municipality.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame::new(&self.place, title)
    }

    /// The banner for somebody whom notices do not reach; its button leads back to the application.
    pub fn not_friend(&self, application: ApplicationId) -> NotFriend {
        let own = format!("/{}/friend?application={application}", self.municipality.slug);
        NotFriend { add_url: Some(self.municipality.friend_url.clone().unwrap_or(own)) }
    }

    /// The page of the empty form of a version that is open: drawn and compressed once a day.
    pub fn form_page(&self, published: &Published, today: Day) -> Result<Option<CachedPage>, askama::Error> {
        let Some(pages) = published.pages.as_ref().filter(|_| published.is_open()) else { return Ok(None) };
        let known = pages.form.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((day, page)) = &*known
            && *day == today
        {
            return Ok(Some(page.clone()));
        }
        drop(known);
        let base = format!("/{}", self.municipality.slug);
        let ctx = self.context(today);
        let draw = Draw { input: None, problems: None, ctx, base: &base, marked: None, at: None };
        let frame = self.frame(published.procedure().title.clone());
        let page = CachedPage::render(&FormPage::new(frame, &published.form, &draw))?;
        *pages.form.write().unwrap_or_else(PoisonError::into_inner) = Some((today, page.clone()));
        Ok(Some(page))
    }

    /// The catalogue page.
    pub fn page(&self) -> &CachedPage {
        &self.page
    }

    /// The current version of a text.
    pub fn guide(&self, topic: Topic) -> Option<&GuideText> {
        self.texts.get(&topic)
    }

    /// The page of announcements.
    pub fn news(&self) -> &CachedPage {
        &self.news
    }

    /// What the words find, by category.
    pub fn search(&self, words: &str) -> Vec<CategoryView> {
        search::categories(&self.municipality, &self.current, words)
    }
}

fn texts(
    municipality: &Municipality,
    place: &Arc<Place>,
    all: &[(Topic, i64, String, Millis)],
) -> Result<HashMap<Topic, GuideText>, CatalogueError> {
    let mut pages = HashMap::new();
    for (topic, version, body, at) in all {
        let frame = Frame::new(place, topic.title());
        let mut page = TextPage::new(frame, *topic, (*version, *version), body, at.japanese());
        if *topic == Topic::Contact {
            page.sections =
                municipality.sections.iter().map(|s| (s.name.clone(), s.telephone.clone())).collect();
        }
        pages.insert(*topic, GuideText { version: *version, page: CachedPage::render(&page)? });
    }
    Ok(pages)
}

fn section(municipality: &Municipality, id: &str) -> SectionOf {
    municipality.section(id).cloned().unwrap_or_else(|| SectionOf {
        id: id.to_owned(),
        name: municipality.contact.section.clone(),
        telephone: municipality.contact.telephone.clone(),
    })
}

fn publish(
    row: &store::Row,
    municipality: &Municipality,
    place: &Arc<Place>,
) -> Result<Published, CatalogueError> {
    let unreadable = || CatalogueError::Definition(row.slug.clone());
    let id = row.procedure_id.parse().map_err(|_| unreadable())?;
    let version = u32::try_from(row.version).map_err(|_| unreadable())?;
    let procedure: Procedure = serde_json::from_str(&row.definition).map_err(|_| unreadable())?;
    let form = FormVersion::new(procedure, version).map_err(|_| unreadable())?;
    let pages = if row.version == row.current_version {
        let about = form.procedure();
        let section = section(municipality, &about.section);
        let frame = Frame::new(place, about.title.clone());
        let public = CachedPage::render(&ProcedurePage { frame, procedure: about, section: &section })?;
        Some(Pages { public, form: RwLock::default() })
    } else {
        None
    };
    Ok(Published { id, slug: row.slug.clone(), version, form, pages })
}
