//! Reminders: at their time, by day, once, and only while they are true.

use serde_json::json;

use crate::both;
use crate::correction::{REASON, accepted};
use crate::line::PUSH;
use crate::world::World;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// From Tuesday, 24 November, 10:00 to Saturday, 5 December, 9:00: three days before the correction is due.
const UNTIL_THE_FIRST: i64 = 11 * DAY - HOUR;
const WORDS: &str = "修正の期限が近づいています";

impl World {
    fn reminded(&self, persona: &str) -> usize {
        self.talk(persona).iter().filter(|m| m.to_string().contains(WORDS)).count()
    }

    async fn reminders(&self) -> Vec<String> {
        self.texts("select occasion || ' ' || state from line_reminder order by not_before").await
    }
}

both! {
    async fn who_has_to_mend_something_is_reminded_three_days_and_one_day_before_by_day_and_once(world: World) {
        let (_hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        world.run_jobs().await;
        assert_eq!(world.reminders().await, ["correction:0:3 promised", "correction:0:1 promised"]);
        world.later(UNTIL_THE_FIRST - 60_000);
        world.run_jobs().await;
        assert_eq!(world.reminded("hanako"), 0, "a minute before nine");
        world.later(60_000);
        for _ in 0..3 {
            world.run_jobs().await;
            world.later(60_000);
        }
        assert_eq!(world.reminded("hanako"), 1, "{:?}", world.talk("hanako"));
        let talk = world.talk("hanako").pop().expect("a message").to_string();
        assert!(talk.contains("12月8日") && talk.contains(&own.number), "{talk}");
        world.later(2 * DAY);
        world.run_jobs().await;
        world.run_jobs().await;
        assert_eq!(world.reminded("hanako"), 2);
        assert_eq!(world.reminders().await, ["correction:0:3 told", "correction:0:1 told"]);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn who_has_answered_is_reminded_of_nothing(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        hanako.corrects(&own.id, &[("tel", "080-1111-2222")]).await;
        // Asked again in the next round: the old reminders are not true of it.
        clerk.asks(&own.id, &["tel"], REASON).await;
        world.run_jobs().await;
        world.later(UNTIL_THE_FIRST);
        world.run_jobs().await;
        assert_eq!(world.reminded("hanako"), 1, "of the second request only");
        let all = world.reminders().await;
        assert!(all.contains(&"correction:0:3 void".to_owned()), "{all:?}");
        assert!(all.contains(&"correction:1:3 told".to_owned()), "{all:?}");
        world.end().await;
    }
}

both! {
    async fn what_is_no_longer_true_when_line_can_be_reached_again_is_not_told(world: World) {
        let (mut hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        world.run_jobs().await;
        world.later(UNTIL_THE_FIRST);
        world.fault(json!({ "endpoint": PUSH, "kind": "rate-limit" })).await;
        world.run_jobs().await;
        assert_eq!(world.states().await.last().map(String::as_str), Some("frozen"), "asked, promised, not taken");
        hanako.enters("suido-start").await;
        hanako.corrects(&own.id, &[("tel", "080-1111-2222")]).await;
        world.clear_faults().await;
        for _ in 0..10 {
            world.later(3_000);
            world.run_jobs().await;
        }
        assert_eq!(world.reminded("hanako"), 0);
        let last = world.texts("select state || ' ' || last_outcome from line_notice where occasion is not null").await;
        assert_eq!(last, ["void no-longer-true"]);
        let page = hanako.page_of(&own.id).await;
        assert!(page.body.contains("送る必要がなくなりました"), "{}", page.body);
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}

both! {
    async fn at_night_a_reminder_waits_for_the_morning_and_holds_up_no_news(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let other = hanako.submits("suido-stop", &world.sample("suido-stop")).await;
        let (_hanako, mut clerk, own) = accepted(&world).await;
        clerk.asks(&own.id, &["tel"], REASON).await;
        world.run_jobs().await;
        // 19:59: the reminder begins, and LINE does not take it.
        world.later(UNTIL_THE_FIRST + 11 * HOUR - 60_000);
        world.fault(json!({ "endpoint": PUSH, "kind": "rate-limit" })).await;
        world.run_jobs().await;
        world.clear_faults().await;
        world.later(2 * HOUR);
        world.run_jobs().await;
        assert_eq!(world.reminded("hanako"), 0, "nobody is woken");
        let before = world.talk("hanako").len();
        world.clerk().await.does(&other.id, "/accept", &[]).await;
        for _ in 0..5 {
            world.run_jobs().await;
            world.later(3_000);
        }
        assert_eq!(world.talk("hanako").len(), before + 1, "news goes on");
        assert_eq!(world.reminded("hanako"), 0);
        world.later(11 * HOUR + 60_000);
        world.run_jobs().await;
        world.later(10_000);
        world.run_jobs().await;
        assert_eq!(world.reminded("hanako"), 1, "in the morning");
        world.end().await;
    }
}

both! {
    wish: |mut wish| {
        wish.sources.push(crate::moves::dog());
        wish
    };
    async fn who_leaves_something_at_the_counter_is_reminded_once_and_who_fetched_it_is_not(world: World) {
        let mut clerk = world.clerk().await;
        for (person, is_fetched) in [("hanako", false), ("taro", true)] {
            let own = world.citizen(person).await.submits("test-dog", &world.sample("test-dog")).await;
            clerk.does(&own.id, "/accept", &[("identity", "yes")]).await;
            clerk.does(&own.id, "/ready", &[]).await;
            if is_fetched {
                clerk.does(&own.id, "/complete", &[]).await;
            }
        }
        world.run_jobs().await;
        let told = |person| {
            world.talk(person).iter().filter(|m| m.to_string().contains("窓口でお渡しできます")).count()
        };
        assert_eq!((told("hanako"), told("taro")), (1, 1));
        world.later(7 * DAY - HOUR);
        for _ in 0..3 {
            world.run_jobs().await;
            world.later(HOUR);
        }
        assert_eq!((told("hanako"), told("taro")), (2, 1));
        assert_eq!(world.check().await, []);
        world.end().await;
    }
}
