//! The audit log against somebody who can write the database and has no keys.

use madoguchi::audit::head;
use madoguchi::jobs;

use crate::both;
use crate::world::World;

async fn names(world: &World) -> Vec<&'static str> {
    let mut names: Vec<_> = world.check().await.into_iter().map(|f| f.name).collect();
    names.dedup();
    names
}

async fn some_records(world: &World) {
    let mut hanako = world.citizen("hanako").await;
    hanako.submits("suido-start", &world.sample("suido-start")).await;
    world.run_jobs().await;
    assert_eq!(world.check().await, []);
}

both! {
    async fn what_the_program_did_not_write_is_never_linked(world: World) {
        some_records(&world).await;
        world.sql("insert into audit (tenant_id, audit_id, at, actor_kind, actor_id, act, detail, hash) \
            select tenant_id, '0000', at, actor_kind, actor_id, 'answers.open', detail, hash from audit where seq = 1").await;
        let mut taro = world.citizen("taro").await;
        taro.enters("suido-start").await;
        world.run_jobs().await;
        assert_eq!(world.count("audit where seq is null").await, 1, "all others are linked");
        assert_eq!(names(&world).await, ["audit-unsigned"]);
        world.end().await;
    }
}

both! {
    async fn a_rewritten_log_is_not_signed_anew(world: World) {
        some_records(&world).await;
        let linked = world.count("audit where seq is not null").await;
        // Everything is unlinked and one record is another: the job would have signed it all again.
        world.sql("update audit set detail = 'other' where seq = 1").await;
        world.sql("update audit set seq = null, mac = null").await;
        world.sql("delete from audit_head").await;
        world.run_jobs().await;
        assert_eq!(world.count("audit where seq is null").await, linked, "a known chain does not begin anew");
        assert!(names(&world).await.contains(&"audit-unsigned"));
        world.end().await;
    }
}

both! {
    async fn a_log_that_was_emptied_or_rolled_back_is_missed(world: World) {
        some_records(&world).await;
        jobs::write_heads(&world.app).await;
        assert_eq!(world.check().await, []);
        let before = head::read(&world.app.keys).expect("heads");
        world.sql("delete from audit where act <> 'application.submit'").await;
        world.sql("update audit set seq = null, mac = null").await;
        world.sql("delete from audit_head").await;
        assert!(names(&world).await.contains(&"audit-rolled-back"));
        jobs::write_heads(&world.app).await;
        assert_eq!(head::read(&world.app.keys).expect("heads"), before, "what was known is not taken back");
        world.end().await;
    }
}
