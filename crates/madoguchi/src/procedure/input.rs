//! What a browser sent: names and values in their order, before anything is believed.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes of a form.
pub const MAX_BODY: usize = 64 * 1024;
/// Names and values of a form: a page of 200 questions, dates in four parts among them.
pub const MAX_FIELDS: usize = 1_000;
/// Characters of a value.
pub const MAX_VALUE: usize = 10_000;

/// An ordered multimap of names and values. `Debug` prints a count only.
#[derive(Default)]
pub struct Input(Vec<(String, Zeroizing<String>)>);

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// More than 64 KB, or a value of more than 10,000 characters.
    #[error("the form is larger than a form of ours can be")]
    TooLarge,
    /// More than 1,000 names and values.
    #[error("the form has more fields than a form of ours can have")]
    TooMany,
    /// A name or value is not UTF-8.
    #[error("the form is not written in UTF-8")]
    NotText,
}

impl Input {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a body of `application/x-www-form-urlencoded`.
    pub fn parse(body: &[u8]) -> Result<Self, InputError> {
        Self::read(body, MAX_BODY, MAX_VALUE)
    }

    /// Reads a body that carries a form's answers in sealed form: twice as large, in one value.
    pub fn parse_with_token(body: &[u8]) -> Result<Self, InputError> {
        Self::read(body, 2 * MAX_BODY, 2 * MAX_BODY)
    }

    fn read(body: &[u8], max_body: usize, max_value: usize) -> Result<Self, InputError> {
        if body.len() > max_body {
            return Err(InputError::TooLarge);
        }
        let mut out = Vec::with_capacity(48);
        for pair in body.split(|&b| b == b'&').filter(|p| !p.is_empty()) {
            if out.len() == MAX_FIELDS {
                return Err(InputError::TooMany);
            }
            let at = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let name = decode(&pair[..at])?;
            let value = Zeroizing::new(decode(pair.get(at + 1..).unwrap_or_default())?);
            if value.len() > max_value && value.chars().count() > max_value {
                return Err(InputError::TooLarge);
            }
            out.push((name, value));
        }
        Ok(Self(out))
    }

    /// The first value under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The first value under `prefix.part`, without building the name.
    pub(crate) fn get_part(&self, prefix: &str, part: &str) -> Option<&str> {
        let is_it = |n: &str| {
            n.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| rest == part)
        };
        self.0.iter().find(|(n, _)| is_it(n)).map(|(_, v)| v.as_str())
    }

    /// Every value under `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Adds a value.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), Zeroizing::new(value.into())));
    }

    /// Puts one value in the place of all under `name`.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Takes every value under `name` away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    /// Names and values in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The body that a browser would send.
    pub fn to_body(&self) -> String {
        serde_urlencoded::to_string(self.pairs().collect::<Vec<_>>()).unwrap_or_default()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input({} values)", self.0.len())
    }
}

fn decode(raw: &[u8]) -> Result<String, InputError> {
    let hex = |b: &u8| char::from(*b).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match raw[at] {
            b'+' => out.push(b' '),
            b'%' => match (raw.get(at + 1).and_then(hex), raw.get(at + 2).and_then(hex)) {
                (Some(high), Some(low)) => {
                    out.push(high * 16 + low);
                    at += 2;
                }
                _ => out.push(b'%'),
            },
            other => out.push(other),
        }
        at += 1;
    }
    String::from_utf8(out).map_err(|_| InputError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn limits_hold() {
        assert_eq!(Input::parse(&vec![b'a'; MAX_BODY + 1]).unwrap_err(), InputError::TooLarge);
        let many = "a=1&".repeat(MAX_FIELDS + 1);
        assert_eq!(Input::parse(many.as_bytes()).unwrap_err(), InputError::TooMany);
        let long = format!("a={}", "b".repeat(MAX_VALUE + 1));
        assert_eq!(Input::parse(long.as_bytes()).unwrap_err(), InputError::TooLarge);
        assert_eq!(Input::parse(b"a=%ff").unwrap_err(), InputError::NotText);
        let odd = Input::parse(b"a=100%&b&=c&d=%e3%81%82+x").expect("a form");
        assert_eq!((odd.get("a"), odd.get("b"), odd.get("d")), (Some("100%"), Some(""), Some("あ x")));
    }

    #[test]
    fn printing_an_input_tells_nothing_of_it() {
        let input = Input::parse("sei=西尾".as_bytes()).expect("a form");
        assert_eq!(format!("{input:?}"), "Input(1 values)");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_comes_back(values in proptest::collection::vec(("[a-z_.]{1,8}", any::<String>()), 0..20)) {
            let mut input = Input::new();
            for (name, value) in &values { input.push(name.clone(), value.clone()); }
            let again = Input::parse(input.to_body().as_bytes()).expect("a form");
            prop_assert!(again.pairs().eq(input.pairs()));
        }
    }
}
