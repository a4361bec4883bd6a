//! The page of a benchmark in a browser, with the record that was made up.

use std::fs;
use std::path::Path;

use super::browser::Browser;
use super::{Page, browser};

#[path = "../bench_record.rs"]
mod bench_record;

const CELL: &str = ".v0 [data-case='unary/0B/10x1'][data-contestant=tonic]";

#[test]
fn a_reader_compares() {
    let Some(browser) = browser() else { return };
    let page = Page::of(&bench_record::record());

    browser.open(&page.path, "");
    assert_eq!(browser.value("performance.getEntriesByType('resource').length"), 0);
    a_cell_shows_its_figures(&browser);
    another_figure_can_be_chosen(&browser);
    contestants_can_be_hidden(&browser);
    points_tell_their_values(&browser);
    a_table_can_be_taken_along(&browser);
    paper_shows_all(&browser);
    nothing_is_wider_than_a_phone(&browser, &page.path);
    labels_stay_on_a_line(&browser);
}

#[test]
fn the_page_asks_for_nothing() {
    let page = fs::read_to_string(Page::of(&bench_record::record()).path).unwrap();
    for attribute in ["src=", "srcset=", "<link", "@import", "url("] {
        assert!(!page.contains(attribute), "{attribute}");
    }
}

fn a_cell_shows_its_figures(browser: &Browser) {
    assert_eq!(browser.value(&class(CELL)), "ahead");
    click(browser, CELL);
    let panel = browser.text("#panel");
    for text in ["unary/0B/10x1", "tonic", "rate, /s", "server CPU, µs/call", "4 rounds"] {
        assert!(panel.contains(text), "{text} is not in {panel}");
    }
    browser.press("\u{E00C}");
    assert_eq!(browser.value("document.getElementById('panel').hidden"), true);
    assert_eq!(browser.value(&format!("document.activeElement.matches(\"{CELL}\")")), true);
    click(browser, "#pairs [data-contestant='tonic → go']");
    assert!(browser.text("#panel").contains("tonic → go"));
    click(browser, "#panel .close");
    assert_eq!(
        browser.value(&class(".v0 [data-case='unary/0B/10x1'][data-contestant=java]")),
        "behind"
    );
}

fn another_figure_can_be_chosen(browser: &Browser) {
    let shown = "[...document.querySelectorAll('.view')].filter(it => it.offsetHeight).length";
    assert_eq!(browser.value(shown), 1);
    click(browser, "label:has(#figure-2)");
    assert_eq!(browser.value(shown), 1);
    assert!(browser.value("document.querySelector('.v2').offsetHeight").as_u64() > Some(0));
    click(browser, "label:has(#figure-0)");
}

fn contestants_can_be_hidden(browser: &Browser) {
    let shown = |place| {
        let all = format!("[...document.querySelectorAll('section .c{place}')]");
        browser.value(&format!("{all}.filter(it => it.getClientRects().length).length"))
    };
    assert!(shown(1).as_u64() > Some(10));
    click(browser, "label:has(#show-1)");
    assert_eq!(shown(1), 0);
    assert!(shown(2).as_u64() > Some(10));
    click(browser, "label:has(#show-1)");
    assert!(shown(1).as_u64() > Some(10));
}

fn points_tell_their_values(browser: &Browser) {
    click(browser, "#throughput figure .t1 .mark");
    let tip = browser.text("#tip");
    assert!(tip.starts_with("tonic, in-flight ") && tip.contains("p50"), "{tip}");
}

fn a_table_can_be_taken_along(browser: &Browser) {
    let links = browser.value("[...document.querySelectorAll('a.csv')].map(it => it.href)");
    let links = links.as_array().unwrap();
    assert!(links.len() > 8, "{links:?}");
    for link in links {
        let (kind, data) = link.as_str().unwrap().split_once(',').unwrap();
        assert_eq!(kind, "data:text/csv;charset=utf-8");
        let lines = csv(&decoded(data));
        assert!(lines.len() > 1 && lines.iter().all(|it| it.len() == lines[0].len()), "{lines:?}");
    }
    let first = csv(&decoded(links[1].as_str().unwrap().split_once(',').unwrap().1));
    assert_eq!(first[0][..4], ["case", "contestant", "figure", "median"]);
}

fn paper_shows_all(browser: &Browser) {
    let hidden = "[...document.querySelectorAll('main .view, main .plots, table')]
        .filter(it => !it.checkVisibility()).length";
    assert!(browser.value(hidden).as_u64() > Some(0));
    browser.print(true);
    assert_eq!(browser.value(hidden), 0);
    assert_eq!(browser.value("document.querySelector('.toggles').checkVisibility()"), false);
    browser.print(false);
}

fn nothing_is_wider_than_a_phone(browser: &Browser, page: &Path) {
    browser.resize(360, 800);
    browser.open(page, "");
    browser.value("document.querySelectorAll('details').forEach(it => it.open = true)");
    assert_eq!(browser.value("document.documentElement.scrollWidth"), 360);
}

fn labels_stay_on_a_line(browser: &Browser) {
    let labels = "[...document.querySelectorAll(
        '.heat th[scope=row], .heat th[scope=col] span, .figures td:first-child')]";
    assert!(browser.value(&format!("{labels}.length")).as_u64() > Some(20));
    let wrapped = format!(
        "(() => {{
            const lines = label => {{
                const range = document.createRange();
                range.selectNodeContents(label);
                return new Set([...range.getClientRects()].map(it => Math.round(it.bottom))).size;
            }};
            return {labels}.filter(it => lines(it) > 1).map(it => it.textContent).join('; ');
        }})()"
    );
    assert_eq!(browser.value(&wrapped), "");
}

/// A click in the middle of the screen, where nothing sticks.
fn click(browser: &Browser, selector: &str) {
    browser.value(&format!(
        "document.querySelector({selector:?}).scrollIntoView({{block: 'center'}})"
    ));
    browser.click(selector);
}

fn class(selector: &str) -> String {
    format!("document.querySelector(\"{selector}\").className")
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(decoded).unwrap()
}

/// The fields of each line; none of them has a line's end in it.
fn csv(text: &str) -> Vec<Vec<String>> {
    let line = |line: &str| {
        let (mut fields, mut is_quoted) = (vec![String::new()], false);
        for character in line.chars() {
            match character {
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => fields.push(String::new()),
                other => fields.last_mut().unwrap().push(other),
            }
        }
        assert!(!is_quoted, "{line}");
        fields
    };
    text.lines().map(line).collect()
}
