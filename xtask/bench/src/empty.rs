//! The bare ceiling for pages: an empty handler that answers a body of the same length.
//! It runs in a process of its own, as the measured program does.

use std::process::Stdio;

use anyhow::{Context, Result};
use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::rows;

/// The first argument by which this program becomes the empty server.
pub(crate) const COMMAND: &str = "empty-server";

/// Serves until it is killed; prints its address.
pub(crate) async fn serve(bytes: usize) -> Result<()> {
    let body = Bytes::from(vec![b'x'; bytes]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    // The request's body is read, as a handler of a form does.
    let handler = any(move |_form: Bytes| {
        let body = body.clone();
        async move { body }
    });
    axum::serve(listener, Router::new().fallback(handler)).await?;
    Ok(())
}

/// A running bare server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Empty {
    pub(crate) port: u16,
    _process: Child,
}

impl Empty {
    pub(crate) async fn start(bytes: usize) -> Result<Self> {
        Self::start_as(COMMAND, &bytes.to_string()).await
    }

    /// The server of rows, over a database that has its schema.
    pub(crate) async fn rows(url: &str) -> Result<Self> {
        Self::start_as(rows::COMMAND, url).await
    }

    async fn start_as(command: &str, about: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([command, about])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let line =
            BufReader::new(output).lines().next_line().await?.context("the bare server did not start")?;
        let port = line.rsplit(':').next().unwrap_or_default().parse()?;
        Ok(Self { port, _process: process })
    }
}
