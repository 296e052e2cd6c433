//! From one procedure to the next: which procedures follow, and which of a person's own answers stand there already.

use super::{FormVersion, Input};
use crate::application::answers::{Answers, Purpose, out};

impl FormVersion {
    /// The procedures that may follow this one, each once, in the order of the form.
    pub fn chains(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for next in self.fields().flat_map(super::Field::leaves).filter_map(|f| f.chain_to.as_deref()) {
            if !out.contains(&next) {
                out.push(next);
            }
        }
        out
    }

    /// This form as it is filled in beforehand from a person's own answers to `earlier`: fields that both forms share
    /// (who one is), and those that a `carry` of the earlier form names. Consents are given anew.
    pub(crate) fn carried(&self, earlier: &Self, answers: &Answers) -> Input {
        let typed = out::input(answers, earlier, Purpose::Page);
        let mut filled = Input::new();
        for leaf in earlier.fields().flat_map(super::Field::leaves) {
            let same = leaf.shared && self.field(&leaf.id).is_some_and(|f| f.shared);
            let carried = || {
                let mut chains =
                    earlier.fields().filter(|f| f.chain_to.as_ref() == Some(&self.procedure().id));
                chains.find_map(|f| f.carry.get(&leaf.id))
            };
            let Some(target) = (if same { Some(&leaf.id) } else { carried() }) else { continue };
            for (name, value) in typed.pairs() {
                if let Some(part) = name.strip_prefix(leaf.id.as_str())
                    && (part.is_empty() || part.starts_with('.'))
                {
                    filled.push(format!("{target}{part}"), value);
                }
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use crate::procedure::{ReadContext, builtin, builtin_municipality};

    #[test]
    fn the_next_form_knows_who_one_is_and_where_one_moves_to_and_no_more() {
        let city = builtin_municipality().city();
        let today = "2026-11-23".parse().expect("a day");
        let ctx = ReadContext { today, city: &city };
        let of = |id: &str| builtin().into_iter().find(|s| s.procedure().id == id).expect("built in");
        let (stop, start) = (of("suido-stop"), of("suido-start"));
        assert_eq!(stop.form().chains(), ["suido-start"]);
        let sample = stop.samples(today).swap_remove(1).input;
        let answers = stop.form().read(&sample, &ctx).expect("a sample");
        let filled = start.form().carried(stop.form(), &answers);
        let now = |name: &str| filled.get(name);
        assert_eq!((now("sei"), now("tel")), (Some("見本"), Some("0563000000")));
        assert_eq!(now("place"), Some("愛知県西尾市吉良町見本2番地"), "the new place, not the old one");
        assert_eq!(now("place_zip"), Some("444-0513"));
        assert_eq!(now("user_kind"), Some("corporation"));
        for never in ["agree", "tap", "start_on.y", "settle", "new_addr", "gesui"] {
            assert_eq!(now(never), None, "{never}");
        }
    }
}
