//! What LINE has been told: every request to any of its hosts, whole.

use crate::error::Error;
use crate::journal;
use crate::wire::{Reply, Req};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Only so many requests are kept in memory; older ones are read from the journal.
const IN_MEMORY: usize = 1000;

#[derive(Debug, Default)]
struct Inner {
    /// Number of the newest request; the first is 1.
    last: u64,
    recent: VecDeque<Arc<str>>,
    /// Where each line begins in the journal; empty without one.
    offsets: Vec<u64>,
    end: u64,
    /// Lines not yet written.
    log: Vec<u8>,
}

/// The ledger of requests.
#[derive(Debug)]
pub(crate) struct Ledger {
    inner: Mutex<Inner>,
    /// For writing; a second handle for reading, so that reading never waits for a writer.
    file: Option<(Mutex<File>, File)>,
}

impl Ledger {
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, Error> {
        let Some(folder) = folder else {
            return Ok(Self { inner: Mutex::default(), file: None });
        };
        let path = folder.join("requests.jsonl");
        let wrap = |source| Error::Journal { path: path.clone(), source };
        let file = journal::open_whole_lines(&path).map_err(wrap)?;
        let mut inner = Inner::default();
        let mut reader = BufReader::with_capacity(1 << 20, file.try_clone().map_err(wrap)?);
        let mut line = String::new();
        while reader.read_line(&mut line).map_err(wrap)? > 0 {
            inner.offsets.push(inner.end);
            inner.end += line.len() as u64;
            inner.keep(line.trim_end().into());
            line.clear();
        }
        inner.last = inner.offsets.len() as u64;
        let second = file.try_clone().map_err(wrap)?;
        Ok(Self { inner: Mutex::new(inner), file: Some((Mutex::new(file), second)) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request with what was answered. `status` 0 means: the connection was dropped.
    pub(crate) fn add(&self, at: i64, req: &Req, reply: &Reply, status: u16, fault: Option<&str>) {
        let rest = rest_of_line(at, req, reply, status, fault);
        let mut inner = self.lock();
        inner.last += 1;
        let line: Arc<str> = format!("{{\"seq\":{},{rest}", inner.last).into();
        if self.file.is_some() {
            let begin = inner.end;
            inner.offsets.push(begin);
            inner.end += line.len() as u64 + 1;
            inner.log.extend_from_slice(line.as_bytes());
            inner.log.push(b'\n');
        }
        inner.keep(line);
    }

    /// Hands all added lines to the operating system.
    pub(crate) fn flush(&self) {
        let Some((file, _)) = &self.file else { return };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut self.lock().log);
        if lines.is_empty() {
            return;
        }
        if let Err(error) = file.write_all(&lines) {
            tracing::error!(%error, "the ledger cannot be written");
        }
    }

    /// Number of the newest request.
    pub(crate) fn last(&self) -> u64 {
        self.lock().last
    }

    /// Up to `limit` requests after number `since`, oldest first, as JSON texts.
    pub(crate) fn since(&self, since: u64, limit: usize) -> Vec<Arc<str>> {
        let (from_file, recent) = {
            let inner = self.lock();
            let first_recent = inner.last + 1 - inner.recent.len() as u64;
            let first = since.saturating_add(1).max(1);
            let last = inner.last.min(since.saturating_add(limit as u64));
            let stored = first..last.saturating_add(1).min(first_recent);
            let old = stored.filter(|_| !inner.offsets.is_empty()).map(|n| inner.span(n)).collect::<Vec<_>>();
            let fresh = (first.max(first_recent)..=last)
                .map(|n| inner.recent[(n - first_recent) as usize].clone())
                .collect::<Vec<_>>();
            (old, fresh)
        };
        let mut lines = self.read(&from_file);
        lines.extend(recent);
        lines
    }

    fn read(&self, spans: &[(u64, u64)]) -> Vec<Arc<str>> {
        let Some((_, file)) = &self.file else { return Vec::new() };
        if spans.is_empty() {
            return Vec::new();
        }
        self.flush();
        let mut lines = Vec::with_capacity(spans.len());
        for (begin, end) in spans {
            let mut bytes = vec![0; (end - begin - 1) as usize];
            match file.read_exact_at(&mut bytes, *begin) {
                Ok(()) => lines.push(String::from_utf8_lossy(&bytes).into()),
                Err(error) => tracing::error!(%error, "the ledger cannot be read"),
            }
        }
        lines
    }
}

impl Inner {
    fn keep(&mut self, line: Arc<str>) {
        if self.recent.len() == IN_MEMORY {
            self.recent.pop_front();
        }
        self.recent.push_back(line);
    }

    fn span(&self, number: u64) -> (u64, u64) {
        let index = (number - 1) as usize;
        (self.offsets[index], self.offsets.get(index + 1).copied().unwrap_or(self.end))
    }
}

/// The line without its number: built before the lock is taken.
fn rest_of_line(at: i64, req: &Req, reply: &Reply, status: u16, fault: Option<&str>) -> String {
    let headers: Map<String, Value> = req
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let mut line = json!({
        "at": at,
        "host": req.host.name(),
        "method": req.method.as_str(),
        "path": req.path,
        "query": req.query,
        "headers": headers,
    });
    put_body(&mut line, "body", &req.body);
    line["status"] = status.into();
    put_body(&mut line, "response", &reply.body);
    if let Some(fault) = fault {
        line["fault"] = fault.into();
    }
    let mut text = line.to_string();
    text.remove(0);
    text
}

/// Text as it is; anything else as base64 under `…_base64`.
fn put_body(line: &mut Value, name: &str, body: &Bytes) {
    match std::str::from_utf8(body) {
        Ok(text) => line[name] = text.into(),
        Err(_) => line[format!("{name}_base64")] = STANDARD.encode(body).into(),
    }
}
