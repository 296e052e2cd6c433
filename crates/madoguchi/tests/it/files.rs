//! Attached files: from the camera to the clerk's desk, and what becomes of those that are never sent.

use madoguchi::attachment::{Kind, job};
use madoguchi::demo::files::sample;
use madoguchi_base::TenantId;
use reqwest::StatusCode;

use crate::attach::{SLUG, faults, id_of, kept_of, lying, walk, with};
use crate::probe::{get, raw, whole};
use crate::with_files;
use crate::world::World;

with_files! {
    async fn a_photograph_goes_with_the_application_and_only_those_in_charge_see_it(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let secret = "ひみつのことば";
        let photo = sample(Kind::Jpeg, secret);
        let (status, answer) = hanako.attaches("photo", ("ひみつの犬.JPG", "image/jpeg"), &photo).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let value = answer["value"].as_str().expect("a value").to_owned();
        assert!(answer["words"].as_str().expect("words").starts_with("ひみつの犬.jpg（JPEG・"), "{answer}");
        let papers = sample(Kind::Pdf, "document of Hanako");
        let (_, pdf) = hanako.attaches("papers", ("証明.pdf", "application/pdf"), &papers).await;
        // Before it is sent: the person sees it, under the draft's key.
        let unsent = hanako.looks(&format!("/files/{}", id_of(&value))).await;
        assert_eq!((unsent.status, unsent.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "image/jpeg"));

        let mut input = with("西尾", &value);
        input.push("papers", pdf["value"].as_str().expect("a value"));
        let receipt = hanako.submits(SLUG, &input).await;
        assert_eq!(world.texts("select scan from attachment").await, ["off", "off"]);
        assert_eq!(world.count("attachment where draft_wrapped is not null or expires_at is not null").await, 0);
        assert_eq!(hanako.looks(&format!("/files/{}", id_of(&value))).await.status, StatusCode::NOT_FOUND);

        let page = hanako.opens(&format!("/a/{}/answers", receipt.id)).await;
        assert!(page.body.contains("ひみつの犬.jpg（JPEG・"), "{}", page.body);
        let mine = hanako.looks(&format!("/a/{}/files/{}", receipt.id, id_of(&value))).await;
        assert_eq!(mine.status, StatusCode::OK);

        let mut clerk = world.clerk().await;
        let desk = clerk.opens(&receipt.id).await;
        let link = desk.link_to("/files/").expect("a link to the file");
        assert!(desk.body.contains("証明.pdf（PDF・"));
        let session = format!("__Host-madoguchi-staff-232131={}", clerk.visitor.cookie("staff").expect("session"));
        let before = world.count("audit where act = 'answers.open' and detail = 'staff-file'").await;
        let request = raw().get(&link).header("cookie", &session).send().await.expect("file");
        assert_eq!(request.status(), StatusCode::OK);
        let header = |name: &str| request.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "image/jpeg");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert!(header("content-security-policy").contains("sandbox"));
        assert!(header("content-disposition").starts_with("inline; filename=\"file.jpg\"; filename*=UTF-8''%E3"));
        let length: usize = header("content-length").parse().expect("a number");
        let bytes = request.bytes().await.expect("bytes");
        assert_eq!(bytes.len(), length);
        assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]));
        let has = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
        assert!(has(&photo, secret.as_bytes()) && has(&photo, b"GPS"), "the phone wrote it down");
        assert!(!has(&bytes, secret.as_bytes()) && !has(&bytes, b"GPS") && !has(&bytes, b"Exif"), "and we did not keep it");
        assert_eq!(world.count("audit where act = 'answers.open' and detail = 'staff-file'").await, before + 1);
        let pdf_link = link.replace(&id_of(&value), &id_of(pdf["value"].as_str().unwrap()));
        let pdf = whole(raw().get(&pdf_link).header("cookie", &session).send().await.expect("file")).await;
        assert!(pdf.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
        assert!(pdf.body.contains("document of Hanako"));

        // Nothing of it lies readable anywhere.
        for file in walk(&world.dir.path().join("files")) {
            let bytes = std::fs::read(&file).expect("file");
            assert!(!has(&bytes, "犬".as_bytes()) && !has(&bytes, b"Hanako") && !has(&bytes, b"JFIF") && !has(&bytes, b"%PDF"));
        }
        for name in world.blobs("select about_sealed from attachment").await {
            assert!(!has(&name, "犬".as_bytes()));
        }
        // The address dies with the role and with the session.
        world.sql("update staff set role = 'none'").await;
        assert_ne!(raw().get(&link).header("cookie", &session).send().await.expect("file").status(), StatusCode::OK);
        let old = hanako.session();
        world.later(13 * 3_600_000);
        let after = get(&format!("{}/a/{}/files/{}", world.site(), receipt.id, id_of(&value)), &old).await;
        assert!(after.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        world.run_jobs().await;
        assert_eq!(world.check().await, []);
        assert_eq!(faults(&world).await, []);
        assert_eq!(lying(&world), (2, 0));
        world.end().await;
    }

    async fn without_javascript_the_form_brings_the_files_and_keeps_them_through_a_422(world: World) {
        let mut hanako = world.citizen("hanako").await;
        let form = hanako.enters(SLUG).await;
        assert!(form.body.contains("enctype=\"multipart/form-data\"") && form.body.contains("capture=\"environment\""));
        let confirm = format!("{}/p/{SLUG}/confirm", world.site());
        let photo = sample(Kind::Png, "x");
        let empty: (&str, &str, &str, &[u8]) = ("papers.new", "", "application/octet-stream", b"");
        let first = hanako
            .brings(&confirm, &[("name", "")], &[("photo.new", "犬.png", "image/png", &photo), empty])
            .await;
        assert_eq!(first.status.as_u16(), 422, "{}", first.body);
        assert!(first.body.contains("お名前を入力") && first.body.contains("<b>添付済み</b> 犬.png（PNG・"), "{}", first.body);
        assert!(!first.body.contains("犬の写真を選んで"));
        let kept = kept_of(&first.body);
        assert_eq!(kept.len(), 1);
        // Sent again with the tick: kept; another one on top is one too many; a broken one is told.
        let again = [("name", "西尾"), ("photo", kept[0].as_str())];
        let twice = hanako.brings(&confirm, &again, &[("photo.new", "b.png", "image/png", &photo)]).await;
        assert!(twice.status.as_u16() == 422 && twice.body.contains("添付できる数を超えています"), "{}", twice.body);
        let broken = hanako.brings(&confirm, &again, &[("papers.new", "a.pdf", "application/pdf", b"%PDF-1.4 no")]).await;
        assert!(broken.status.as_u16() == 422 && broken.body.contains("壊れているため"), "{}", broken.body);
        assert_eq!(kept_of(&broken.body), kept);
        // Without the tick it is not attached any more.
        let none = hanako.brings(&confirm, &[("name", "西尾")], &[]).await;
        assert!(none.status.as_u16() == 422 && none.body.contains("犬の写真を選んでください"));
        let right = hanako.brings(&confirm, &again, &[]).await;
        assert_eq!(right.status.as_u16(), 200, "{}", right.body);
        assert!(right.body.contains("犬.png（PNG・"));
        // 「修正する」 brings it back.
        let answers = crate::probe::field(&right.body, "answers");
        let back = crate::probe::post(&format!("{}/p/{SLUG}/form", world.site()), &hanako.session(), format!("answers={answers}")).await;
        assert_eq!(kept_of(&back.body), kept);
        world.end().await;
    }

    async fn a_file_goes_with_one_application_and_its_repetition_finds_it(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let value = hanako.photo().await;
        let one = hanako.confirmed(SLUG, &with("西尾", &value)).await;
        let two = hanako.confirmed(SLUG, &with("別の内容", &value)).await;
        let all = futures_util::future::join_all((0..8).map(|_| hanako.presses(SLUG, &one.0, &one.1))).await;
        assert!(all.iter().all(|g| g.status == StatusCode::SEE_OTHER && g.location() == all[0].location()));
        let late = hanako.presses(SLUG, &two.0, &two.1).await;
        assert!(late.status.as_u16() == 422 && late.body.contains("保存期限が過ぎたか"), "{} {}", late.status, late.body);
        assert!(late.body.contains("別の内容"), "what was typed is still there");
        assert_eq!((world.count("application").await, world.count("attachment").await), (1, 1));
        // Two at the same moment: one application gets it.
        let value = hanako.photo().await;
        let one = hanako.confirmed(SLUG, &with("甲", &value)).await;
        let two = hanako.confirmed(SLUG, &with("乙", &value)).await;
        let (one, two) = tokio::join!(hanako.presses(SLUG, &one.0, &one.1), hanako.presses(SLUG, &two.0, &two.1));
        let mut both = [one.status.as_u16(), two.status.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [303, 422]);
        assert_eq!(world.count("application").await, 2);
        world.run_jobs().await;
        assert_eq!((world.check().await, faults(&world).await), (vec![], vec![]));
        world.end().await;
    }

    async fn what_was_never_sent_goes_after_a_month_and_bytes_without_a_row_after_hours(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let tenant: TenantId = world.tenant;
        let (sent, _unsent) = (hanako.photo().await, hanako.photo().await);
        hanako.submits(SLUG, &with("西尾", &sent)).await;
        let orphan = hanako.photo().await;
        world.sql(format!("delete from attachment where attachment_id = '{}'", id_of(&orphan))).await;
        std::fs::write(world.dir.path().join("files/incoming").join(format!("{}.part", id_of(&orphan))), b"x").expect("left");
        assert_eq!((lying(&world), job::sweep(&world.app, tenant).await), ((3, 1), Ok(0)), "somebody may still be at it");
        world.later(3 * 3_600_000);
        assert_eq!((job::sweep(&world.app, tenant).await, lying(&world)), (Ok(2), (2, 0)));
        world.later(29 * 86_400_000);
        assert_eq!(job::expire(&world.app, tenant).await.expect("jobs"), 0);
        world.later(86_400_000);
        assert_eq!(job::expire(&world.app, tenant).await.expect("jobs"), 1);
        assert_eq!((lying(&world).0, world.count("attachment").await), (1, 1));
        assert_eq!(faults(&world).await, []);
        // The check sees bytes that were cut off, and bytes that are gone.
        let file = walk(&world.dir.path().join("files/232131")).remove(0);
        let whole = std::fs::read(&file).expect("bytes");
        std::fs::write(&file, &whole[..whole.len() - 1]).expect("cut");
        assert_eq!(faults(&world).await[0].name, "attachment-bytes");
        std::fs::remove_file(&file).expect("gone");
        assert_eq!(faults(&world).await[0].name, "attachment-bytes");
        world.end().await;
    }

}
