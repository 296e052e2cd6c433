//! Attached files: what is none, what is somebody else's, and too many.

use madoguchi::attachment::Kind;
use madoguchi::demo::files::sample;
use reqwest::StatusCode;

use crate::attach::{SLUG, faults, id_of, lying, with};
use crate::probe::{raw, whole};
use crate::with_files;
use crate::world::World;

with_files! {
    async fn what_is_no_picture_and_no_document_is_refused_in_words_and_leaves_nothing(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        let (jpeg, pdf) = (sample(Kind::Jpeg, "x"), sample(Kind::Pdf, "x"));
        let mut bomb = jpeg.clone();
        let at = bomb.windows(2).position(|w| w == [0xff, 0xc0]).expect("a frame");
        bomb[at + 5..at + 9].copy_from_slice(&[0xff; 4]);
        let zip = b"PK\x03\x04 some PK\x01\x02 directory".to_vec();
        let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &14_u32.to_le_bytes(), &[0; 6]].concat();
        let both = [&pdf[..pdf.len() - 6], &zip, &end, b"%%EOF\n"].concat();
        let script = sample(Kind::Pdf, "x) Tj ET endstream endobj 9 0 obj << /S /JavaScript /JS (y");
        let large = [jpeg.as_slice(), &vec![0; 10 * 1024 * 1024]].concat();
        let exe = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".as_slice();
        let tries: [(&str, &str, &str, &[u8], &str); 16] = [
            ("photo", "犬.jpg", "image/jpeg", exe, "この種類"),
            ("photo", "犬.jpg", "image/jpeg", b"<html><script>alert(1)</script>", "この種類"),
            ("photo", "犬.jpg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "この種類"),
            ("photo", "犬.jpg", "image/jpeg", &zip, "この種類"),
            ("photo", "犬.jpg.exe", "image/jpeg", &jpeg, "名前と中身"),
            ("photo", "犬.html", "text/html", &jpeg, "名前と中身"),
            ("photo", "犬.jpg", "application/pdf", &jpeg, "名前と中身"),
            ("photo", "紙.pdf", "application/pdf", &pdf, "この種類"),
            ("photo", "IMG_1.HEIC", "image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            ("photo", "犬.jpg", "image/jpeg", b"", "空です"),
            ("photo", "犬.jpg", "image/jpeg", &bomb, "画素数"),
            ("photo", "犬.jpg", "image/jpeg", &jpeg[..100], "壊れている"),
            ("photo", "犬.jpg", "image/jpeg", &large, "大きすぎ"),
            ("papers", "紙.pdf", "application/pdf", &both, "名前と中身"),
            ("papers", "紙.pdf", "application/pdf", &script, "プログラム"),
            ("papers", "紙.pdf", "application/pdf", b"%PDF-1.4\n<< /Encrypt 1 0 R >>\n%%EOF", "パスワード"),
        ];
        for (field, name, kind, content, words) in tries {
            let (status, answer) = hanako.attaches(field, (name, kind), content).await;
            let said = answer["words"].as_str().unwrap_or_default();
            assert!(status.as_u16() == 422 && said.contains(words), "{name} {kind}: {status} {said}");
            assert!(answer["value"].is_null());
        }
        assert_eq!((world.count("attachment").await, lying(&world)), (0, (0, 0)));
        // What is behind a picture's end does not travel with it.
        let both = [jpeg.as_slice(), &zip, b"<script>alert(1)</script>", &end].concat();
        let (status, answer) = hanako.attaches("photo", ("犬.jpg", "image/jpeg"), &both).await;
        assert_eq!(status, StatusCode::OK);
        let kept = hanako.looks(&format!("/files/{}", id_of(answer["value"].as_str().unwrap()))).await;
        assert!(!kept.body.contains("script") && !kept.body.contains("PK\u{3}"));
        // Bodies that are no form.
        let url = format!("{}/p/{SLUG}/files", world.site());
        for (kind, body) in [
            ("multipart/form-data; boundary=x", "--x\r\ncontent-disposition: form-data; name=\"field\"\r\n\r\nphoto"),
            ("multipart/form-data; boundary=x", "no parts at all"),
            ("multipart/form-data", "--x--"),
            ("application/x-www-form-urlencoded", "field=photo&file=x"),
            ("multipart/form-data; boundary=x", "--x\r\ncontent-disposition: form-data; name=\"field\"\r\n\r\nname\r\n--x\r\n\
              content-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\nx\r\n--x--\r\n"),
        ] {
            let request = raw().post(&url).header("cookie", hanako.session()).header("content-type", kind);
            let got = whole(request.header("sec-fetch-site", "same-origin").body(body).send().await.expect("answer")).await;
            assert_eq!(got.status, StatusCode::BAD_REQUEST, "{body}");
        }
        // A header without an end is not collected until memory is full.
        let endless = ["--x\r\ncontent-disposition: form-data; name=\"", &"a".repeat(3_000_000)].concat();
        let request = raw().post(&url).header("cookie", hanako.session()).header("content-type", "multipart/form-data; boundary=x");
        let got = request.header("sec-fetch-site", "same-origin").body(endless).send().await;
        assert!(got.is_err() || got.is_ok_and(|g| g.status() == StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(lying(&world), (1, 0));
        world.end().await;
    }

    async fn somebody_elses_file_and_one_that_does_not_exist_are_the_same_404(world: World) {
        let (mut hanako, mut taro) = (world.citizen("hanako").await, world.citizen("taro").await);
        hanako.enters(SLUG).await;
        let (unsent, value) = (hanako.photo().await, hanako.photo().await);
        let sent = hanako.submits(SLUG, &with("西尾", &value)).await;
        taro.enters(SLUG).await;
        let tiny = taro.photo().await;
        let own = taro.submits(SLUG, &with("太郎", &tiny)).await;
        let unknown = "0192f0c0-0000-7000-8000-000000000000";
        let reference = taro.looks(&format!("/files/{unknown}")).await;
        assert_eq!(reference.status, StatusCode::NOT_FOUND);
        for path in [
            format!("/files/{}", id_of(&unsent)),
            format!("/files/{}", id_of(&value)),
            format!("/a/{}/files/{}", sent.id, id_of(&value)),
            format!("/a/{}/files/{}", own.id, id_of(&value)),
            format!("/a/{}/files/{unknown}", own.id),
            format!("/a/{unknown}/files/{}", id_of(&tiny)),
            "/files/not-an-id".to_owned(),
            format!("/a/{}/files/..%2f..%2fkeys%2froot.key", own.id),
        ] {
            let got = taro.looks(&path).await;
            assert_eq!((got.status, &got.body), (StatusCode::NOT_FOUND, &reference.body), "{path}");
        }
        // Nor can it be attached, removed or sent.
        let url = format!("{}/files/{}/remove", world.site(), id_of(&unsent));
        let got = crate::probe::post(&url, &taro.session(), "").await;
        assert_eq!(got.status, StatusCode::NOT_FOUND);
        let stolen = taro.confirms(SLUG, &with("太郎", &unsent)).await;
        assert!(stolen.status.as_u16() == 422 && stolen.body.contains("保存期限が過ぎたか、削除されて"), "{}", stolen.body);
        let forged = taro.confirms(SLUG, &with("太郎", &format!("{unknown}/jpeg/1/偽.jpg"))).await;
        assert!(forged.status.as_u16() == 422 && !forged.body.contains("偽.jpg"));
        // What the browser says of a file is not believed: the row knows its name.
        let renamed = with("西尾", &format!("{}/pdf/9/別の名前.pdf", id_of(&unsent)));
        let page = hanako.confirms(SLUG, &renamed).await;
        assert!(page.body.contains("犬.jpg（JPEG・") && !page.body.contains("別の名前"), "{}", page.body);
        // Removed by its owner.
        assert_eq!(crate::probe::post(&url, &hanako.session(), "").await.status, StatusCode::NO_CONTENT);
        assert_eq!(lying(&world).0, 2);
        assert_eq!(faults(&world).await, []);
        world.end().await;
    }

    async fn one_person_does_not_fill_the_disk(world: World) {
        let mut hanako = world.citizen("hanako").await;
        hanako.enters(SLUG).await;
        hanako.photo().await;
        let columns = "tenant_id, attachment_id, account_id, procedure_id, field, draft_key_id, draft_wrapped, about_sealed, \
             stored_bytes, scan, made_at, expires_at";
        let big = columns.replace("attachment_id", "'0192f0c0-0000-7000-8000-000000000000'").replace("stored_bytes", "250000000");
        world.sql(format!("insert into attachment ({columns}) select {big} from attachment")).await;
        let (status, answer) = hanako.attaches("photo", ("犬.jpg", "image/jpeg"), &sample(Kind::Jpeg, "x")).await;
        assert!(status.as_u16() == 422 && answer["words"].as_str().unwrap().contains("多すぎます"), "{answer}");
        assert_eq!(lying(&world), (1, 0));
        world.end().await;
    }
}
