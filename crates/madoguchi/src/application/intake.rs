//! The intake: coalesces submissions, so that one durable commit carries many.
//!
//! Up to 64 sealed submissions, or what waits when the previous batch is committed, become one `db.write` of
//! at most ten statements. A batch that fails is halved, down to one. The same code serves PostgreSQL, with
//! several batches in flight.

use std::collections::HashMap;
use std::sync::Arc;

use madoguchi_base::db::{Class, Db, Dialect, Stop, Tx, WriteError};
use madoguchi_base::keys::Keys;
use madoguchi_base::{
    AccountId, ApplicationId, AttachmentId, Clock, Millis, NoticeId, ProcedureId, Receipt, TenantId, id,
};
use madoguchi_line::Line;
use madoguchi_line::notice::{self, Notice, NoticeKind, PageToken};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::store::{self, Event, Known};
use crate::attachment;
use crate::attachment::acts::Claim;
use crate::audit::{Actor, Record};
use crate::draft;
use crate::sql::MAX_ROWS;

/// Submissions that may wait; beyond that people are told at once that the counter is full.
const CAPACITY: usize = 4_096;
/// Batches in flight on SQLite: one is written while the next is made ready.
const LITE_BATCHES: usize = 2;
/// Batches in flight on PostgreSQL, which commits them side by side.
const PG_BATCHES: usize = 6;

/// A sealed submission on its way.
#[derive(Debug)]
pub struct Arrival {
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) account: AccountId,
    pub(crate) procedure: ProcedureId,
    pub(crate) form_version: u32,
    pub(crate) submission_key: String,
    pub(crate) receipt: Receipt,
    pub(crate) answers_mac: [u8; 32],
    pub(crate) answers_sealed: Vec<u8>,
    pub(crate) epoch: Uuid,
    pub(crate) wrapped: Vec<u8>,
    /// Attached files with their keys; `None` where one of them is not here any more.
    pub(crate) files: Option<Vec<Claim>>,
    /// The person's draft of this procedure: it ends with the arrival.
    pub(crate) draft: Uuid,
    pub(crate) notice: NoticeId,
    pub(crate) page: PageToken,
    /// Stamped when the writer opens the batch: 到達日時.
    pub(crate) at: Millis,
}

/// What the citizen is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The application, new or already there.
    pub application: ApplicationId,
    /// 受付番号, the same for every repetition.
    pub receipt: Receipt,
    /// 到達日時.
    pub at: Millis,
}

/// Why a submission was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// The key was used for other answers, or by somebody else.
    #[error("this submission key belongs to another submission")]
    Conflict,
    /// An attached file is not here any more; nothing was stored.
    #[error("an attached file is gone")]
    Files,
    /// Too many wait; nothing was stored.
    #[error("the counter is full")]
    Busy,
    /// Nothing was stored.
    #[error("the submission could not be stored")]
    Failed,
    /// It may or may not be stored: the same key tells.
    #[error("it is not known whether the submission was stored")]
    Unknown,
}

type Answer = oneshot::Sender<Result<Arrived, IntakeError>>;
struct Waiting(Arrival, Answer);

/// The intake's door. Clones share it.
#[derive(Clone)]
pub struct Intake {
    door: mpsc::Sender<Waiting>,
}

struct Worker {
    db: Db,
    line: Line,
    keys: Keys,
    clock: Clock,
}

impl Intake {
    /// Opens the door; the workers end when every clone is dropped.
    pub fn start(db: Db, line: Line, (keys, clock): (Keys, Clock), tasks: &TaskTracker) -> Self {
        let (door, queue) = mpsc::channel(CAPACITY);
        let in_flight = if db.dialect() == Dialect::Sqlite { LITE_BATCHES } else { PG_BATCHES };
        let worker = Arc::new(Worker { db, line, keys, clock });
        tasks.spawn(collect(worker, queue, in_flight, tasks.clone()));
        Self { door }
    }

    /// Stores a submission. `Ok` means: committed and synced.
    pub async fn submit(&self, arrival: Arrival) -> Result<Arrived, IntakeError> {
        let (answer, answered) = oneshot::channel();
        self.door.try_send(Waiting(arrival, answer)).map_err(|_| IntakeError::Busy)?;
        answered.await.unwrap_or(Err(IntakeError::Unknown))
    }
}

async fn collect(
    worker: Arc<Worker>,
    mut queue: mpsc::Receiver<Waiting>,
    in_flight: usize,
    tasks: TaskTracker,
) {
    let permits = Arc::new(Semaphore::new(in_flight));
    let mut batch = Vec::with_capacity(MAX_ROWS);
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        if queue.recv_many(&mut batch, MAX_ROWS).await == 0 {
            return;
        }
        let (worker, taken) = (Arc::clone(&worker), std::mem::take(&mut batch));
        tasks.spawn(async move {
            worker.take(taken).await;
            drop(permit);
        });
    }
}

impl Worker {
    /// Splits by municipality and stores each part.
    async fn take(&self, batch: Vec<Waiting>) {
        let mut parts: HashMap<TenantId, Vec<Waiting>> = HashMap::new();
        for waiting in batch {
            parts.entry(waiting.0.tenant).or_default().push(waiting);
        }
        for (tenant, part) in parts {
            self.store(tenant, part).await;
            self.line.wake(tenant);
        }
    }

    /// Stores a part; halves it where it fails. A loop with its own stack, because futures do not recurse.
    async fn store(&self, tenant: TenantId, part: Vec<Waiting>) {
        let mut stack = vec![(part, 0_u8)];
        while let Some((part, raced)) = stack.pop() {
            let (mut rows, answers): (Vec<Arrival>, Vec<Answer>) =
                part.into_iter().map(|w| (w.0, w.1)).unzip();
            let at = self.clock.wall();
            for row in &mut rows {
                row.at = at;
            }
            let batch = Arc::new(Batch { rows, keys: self.keys.clone(), clock: self.clock.clone() });
            let result = self
                .db
                .write("application.submit", Class::Person, tenant, Arc::clone(&batch), |batch, tx| {
                    Box::pin(batch.store(tx))
                })
                .await;
            match result {
                Ok(said) => reply(answers, said),
                Err(e) => {
                    let failed = matches!(e, WriteError::Failed);
                    let halve = failed && batch.rows.len() > 1;
                    // A single one may have waited too long for a neighbour's commit under the same key.
                    let again = (matches!(e, WriteError::Rejected(Raced)) || failed && !halve) && raced < 5;
                    match Arc::try_unwrap(batch) {
                        Ok(batch) if again => {
                            // Another batch took a key, or a receipt number was taken: draw new numbers.
                            let mut rows = batch.rows;
                            for row in &mut rows {
                                row.receipt = Receipt::random();
                            }
                            stack.push((join(rows, answers), raced + 1));
                        }
                        Ok(batch) if halve => {
                            let mut first = join(batch.rows, answers);
                            let second = first.split_off(first.len() / 2);
                            stack.push((second, raced));
                            stack.push((first, raced));
                        }
                        _ => refuse(answers, &e),
                    }
                }
            }
        }
    }
}

fn join(rows: Vec<Arrival>, answers: Vec<Answer>) -> Vec<Waiting> {
    rows.into_iter().zip(answers).map(|(row, answer)| Waiting(row, answer)).collect()
}

fn reply(answers: Vec<Answer>, said: Vec<Result<Arrived, IntakeError>>) {
    for (answer, said) in answers.into_iter().zip(said) {
        // The browser may have gone; the application stands.
        let _gone = answer.send(said);
    }
}

fn refuse(answers: Vec<Answer>, e: &WriteError<Raced>) {
    let said = match e {
        WriteError::Busy | WriteError::Rejected(Raced) => IntakeError::Busy,
        WriteError::Failed => IntakeError::Failed,
        WriteError::Unknown => IntakeError::Unknown,
    };
    for answer in answers {
        let _gone = answer.send(Err(said));
    }
}

/// A key or a receipt number was taken between our look and our insert.
#[derive(Debug)]
struct Raced;

struct Batch {
    rows: Vec<Arrival>,
    keys: Keys,
    clock: Clock,
}

impl Batch {
    async fn store(&self, tx: &mut Tx) -> Result<Vec<Result<Arrived, IntakeError>>, Stop<Raced>> {
        let Some(first) = self.rows.first() else { return Ok(Vec::new()) };
        let mut keys: Vec<&str> = self.rows.iter().map(|r| r.submission_key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let known = store::find_by_keys(tx, first.tenant, &keys).await?;
        let known: HashMap<&str, &Known> = known.iter().map(|k| (k.submission_key.as_str(), k)).collect();
        let mut free = self.free_files(tx, first.tenant).await?;
        // The first of several with one key is the application; the others are its repetitions.
        let mut firsts: HashMap<&str, &Arrival> = HashMap::new();
        let mut fresh: Vec<&Arrival> = Vec::new();
        let mut said = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let key = row.submission_key.as_str();
            if let Some(known) = known.get(key) {
                said.push(row.repeats_stored(known));
            } else if let Some(first) = firsts.get(key) {
                said.push(row.repeats(first));
            } else if row.take_files(&mut free) {
                firsts.insert(key, row);
                fresh.push(row);
                said.push(Ok(row.arrived()));
            } else {
                said.push(Err(IntakeError::Files));
            }
        }
        if !fresh.is_empty() {
            self.insert(tx, &fresh).await?;
        }
        Ok(said)
    }

    /// Attached files of these arrivals that no application has, and whose they are.
    async fn free_files(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
    ) -> Result<HashMap<AttachmentId, AccountId>, sqlx::Error> {
        let ids: Vec<AttachmentId> =
            self.rows.iter().flat_map(|r| r.files.iter().flatten()).map(|c| c.attachment).collect();
        if ids.is_empty() { Ok(HashMap::new()) } else { attachment::acts::free(tx, tenant, &ids).await }
    }

    async fn insert(&self, tx: &mut Tx, fresh: &[&Arrival]) -> Result<(), Stop<Raced>> {
        if store::insert(tx, fresh).await? != fresh.len() {
            return Err(Stop::Reject(Raced));
        }
        store::insert_keys(tx, fresh).await?;
        let files: Vec<_> =
            fresh.iter().flat_map(|r| r.files.iter().flatten().map(|c| (r.application, c))).collect();
        let drafts: Vec<Uuid> = fresh.iter().map(|r| r.draft).collect();
        if let Some(first) = fresh.first() {
            if !attachment::acts::claim(tx, first.tenant, &files).await? {
                return Err(Stop::Reject(Raced));
            }
            draft::acts::end(tx, first.tenant, &drafts).await?;
        }
        let events: Vec<Event> = fresh.iter().map(|r| r.event(&self.clock)).collect();
        store::insert_events(tx, &events).await?;
        let records: Vec<Record> = fresh.iter().map(|r| r.record((&self.keys, &self.clock))).collect();
        crate::audit::acts::record(tx, &records).await?;
        let notices: Vec<Notice> = fresh.iter().map(|r| r.promise()).collect();
        notice::enqueue(tx, &notices).await?;
        Ok(())
    }
}

impl Arrival {
    fn arrived(&self) -> Arrived {
        Arrived { application: self.application, receipt: self.receipt, at: self.at }
    }

    /// Takes its files out of those that are free; `false` where one is not free, or somebody else's.
    fn take_files(&self, free: &mut HashMap<AttachmentId, AccountId>) -> bool {
        let Some(files) = &self.files else { return false };
        files.iter().all(|c| free.remove(&c.attachment) == Some(self.account))
    }

    fn repeats(&self, first: &Arrival) -> Result<Arrived, IntakeError> {
        let same = first.account == self.account && first.answers_mac == self.answers_mac;
        if same { Ok(first.arrived()) } else { Err(IntakeError::Conflict) }
    }

    fn repeats_stored(&self, known: &Known) -> Result<Arrived, IntakeError> {
        if known.account_id != self.account.to_string() || known.answers_mac != self.answers_mac {
            return Err(IntakeError::Conflict);
        }
        match (known.application_id.parse(), known.receipt.parse()) {
            (Ok(application), Ok(receipt)) => {
                Ok(Arrived { application, receipt, at: Millis(known.arrived_at) })
            }
            _ => Err(IntakeError::Failed),
        }
    }

    fn event(&self, clock: &Clock) -> Event {
        Event {
            tenant: self.tenant,
            id: id::new_uuid(clock),
            application: self.application,
            command: format!("submit:{}", self.submission_key),
            at: self.at,
            actor_kind: "citizen",
            actor_id: self.account.to_string(),
            from: None,
            to: "submitted",
            round: 0,
            notice: Some(self.notice.to_string()),
        }
    }

    fn record(&self, from: (&Keys, &Clock)) -> Record {
        Record::new(from, self.tenant, Actor::Citizen(self.account), "application.submit")
            .on(self.application)
            .at(self.at)
    }

    fn promise(&self) -> Notice {
        Notice::new(
            self.notice,
            self.tenant,
            self.account,
            self.application,
            self.procedure,
            NoticeKind::Submitted,
            self.receipt,
            None,
            None,
            self.page,
            self.at,
        )
    }
}
