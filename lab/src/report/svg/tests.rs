//! On a small record.

use super::*;
use crate::interop::record::tests::sample;

/// The square of a pair.
fn square_of<'a>(picture: &'a str, pair: &str) -> &'a str {
    let start = format!("<title>{pair}: ");
    picture.lines().find(|line| line.contains(&start)).unwrap_or_else(|| panic!("{picture}"))
}

#[test]
fn a_square_says_how_many_cases_pass() {
    let picture = report(&sample());
    let go = square_of(&picture, "go to go");
    assert!(go.contains("<title>go to go: 1 pass, 1 no-run, 1 unsupported</title>"), "{go}");
    assert!(go.contains(">1/3</text>"), "{go}");
    let parts = ["\"pass\" d=\"M0 0h68v24", "\"no-run\"", "\"unsupported\" d=\"M0 46h68v22"];
    assert!(parts.iter().all(|it| go.contains(it)), "{go}");
    assert!(!go.contains("frame"), "{go}");
    assert!(!picture.contains("to java"), "java serves in no cell");
}

#[test]
fn what_nobody_expects_has_a_frame_and_a_sign() {
    let picture = report(&sample());
    let java = square_of(&picture, "java to go");
    for part in
        ["1 known, 1 surprise, 1 fail", "class=\"fail frame\"", ">✕ 2</text>", ">0/3</text>"]
    {
        assert!(java.contains(part), "{part} is not in {java}");
    }
    for line in ["1 fail unexpectedly", "1 pass, but are listed as failing"] {
        assert!(picture.contains(line), "{line} is not in {picture}");
    }
}

#[test]
fn a_pair_that_passes_everything_says_so() {
    let mut record = sample();
    record.cells.truncate(1);
    let picture = report(&record);
    let go = square_of(&picture, "go to go");
    assert!(go.contains("class=\"pass all\"") && go.contains(">all 1</text>"), "{go}");
    assert!(picture.contains("none fails unexpectedly"), "{picture}");
    assert!(!picture.contains("could not be run"), "{picture}");
}

#[test]
fn a_part_is_seen_however_small_and_within_its_square() {
    let counts = Counts::from([(Standing::Pass, 999), (Standing::Known, 1)]);
    assert!(square(&counts).contains("class=\"known\" d=\"M0 63h68v5H0z\""));
    let rare = [Standing::Unsupported, Standing::NoRun, Standing::Pass].map(|it| (it, 1));
    let counts = Counts::from_iter(rare.into_iter().chain([(Standing::Known, 997)]));
    let parts = gauge(&counts, 1000);
    assert!(parts.starts_with("<path class=\"pass\" d=\"M0 0h68v0H0z\"/>"), "{parts}");
}

#[test]
fn versions_are_short() {
    let mut peer = sample().peers.swap_remove(0);
    for (long, short) in
        [("1.85.1 (C-core 58.0.0)", "1.85.1"), ("grpcio 0.13.0", "0.13.0"), ("nightly", "nightly")]
    {
        peer.version = Some(long.into());
        assert_eq!(version(&peer), short);
    }
    peer.version = None;
    assert_eq!(version(&peer), "no-run");
}

#[test]
fn what_the_record_is_about_stands_below_the_heading() {
    let mut record = sample();
    record.cells[0].transport = crate::interop::case::Transport::Tls;
    record.cells[1].proxy = Some("envoy".into());
    let expected = "interop; plaintext and tls through envoy; 2026-11-24";
    assert_eq!(facts(&record), expected);
    assert!(report(&record).contains(expected));
}

#[test]
fn names_have_room() {
    let mut record = sample();
    record.peers[0].name = "a-name-of-forty-letters-for-one-server-xx".into();
    record.cells.iter_mut().for_each(|it| it.server.clone_from(&record.peers[0].name));
    let matrix = Matrix::of(&record);
    assert!(header_height(&matrix.servers) > 400, "{}", header_height(&matrix.servers));
    record.peers[0].name = "go".into();
    record.cells.iter_mut().for_each(|it| it.server = "go".into());
    assert_eq!(width(&Matrix::of(&record).servers), HEADING + 2 * MARGIN);
}

#[test]
fn whatever_the_record_says_stays_text() {
    const EVIL: &str = "</text><script>alert(1)</script>'\"&";
    let mut record = sample();
    record.peers[0].name = EVIL.into();
    record.peers[0].version = Some(EVIL.into());
    record.started = EVIL.into();
    for cell in &mut record.cells {
        (cell.client, cell.server) = (EVIL.into(), EVIL.into());
    }
    let picture = report(&record);
    assert!(picture.contains("&lt;script&gt;"), "{picture}");
    assert!(!picture.contains("<script"), "{picture}");
}

#[test]
fn it_can_be_read_by_those_who_do_not_see_it() {
    let picture = report(&sample());
    assert!(picture.contains("role=\"img\" aria-labelledby=\"title about\""), "{picture}");
    assert!(picture.contains("<title id=\"title\">Which gRPC client"), "{picture}");
    assert!(picture.contains("<desc id=\"about\">A row for each client"), "{picture}");
    assert!(picture.contains("1 of 6 cases pass; "), "{picture}");
}
