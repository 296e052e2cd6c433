//! Files: photographs and documents. The answer names files that are kept already: `id/kind/bytes/name`.

use super::{Fault, Got};
use crate::application::answers::Value;
use crate::attachment::{Kind, Refusal, Shown};
use crate::procedure::Input;

/// A question for files.
#[derive(Debug, Clone)]
pub struct Files {
    /// Kinds that are taken.
    pub kinds: Vec<Kind>,
    /// Files that must be there, where the field is required.
    pub least: usize,
    /// Files that may be there.
    pub most: usize,
    /// A button of its own opens the camera.
    pub camera: bool,
}

impl Files {
    /// The handler has put in what is known of each file (`attachment::acts::resolve`); here they are counted.
    pub(super) fn read(&self, name: &str, input: &Input) -> Got {
        let given: Vec<Shown> = input.all(name).filter_map(Shown::of_value).collect();
        if given.is_empty() {
            return Ok(None);
        }
        if given.len() > self.most {
            return Err(Fault::Say(Refusal::TooMany.words().to_owned()));
        }
        if given.len() < self.least {
            return Err(Fault::Say(format!("ファイルを{}つ以上選んでください。", self.least)));
        }
        if given.iter().any(|f| !self.kinds.contains(&f.kind)) {
            return Err(Fault::Say(Refusal::Kind.words().to_owned()));
        }
        Ok(Some(Value::many(given.iter().map(Shown::to_value).collect())))
    }

    pub(super) fn display(value: &str) -> String {
        Shown::of_value(value).map_or_else(String::new, |f| f.words())
    }

    /// What a browser's dialogue offers. Without HEIC in it, iPhones convert their pictures by themselves.
    pub(in crate::procedure) fn accept(&self) -> String {
        let each = |k: &Kind| {
            std::iter::once(k.mime().to_owned()).chain(k.endings().iter().map(|e| format!(".{e}")))
        };
        self.kinds.iter().flat_map(each).collect::<Vec<_>>().join(",")
    }

    /// 写真（JPEG・PNG）かPDFを…
    pub(in crate::procedure) fn words(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|k| k.words()).collect();
        format!("{}、1つ10MBまで、{}つまで選べます。", kinds.join("・"), self.most)
    }
}
