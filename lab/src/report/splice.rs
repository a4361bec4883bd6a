//! A report in the middle of another text, such as a README.

/// The text with the report between its two markers, in place of what is there. They are
/// `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
pub fn splice(text: &str, name: &str, report: &str) -> Result<String, String> {
    let (begin, end) = (begin(name), format!("<!-- {name}: end -->"));
    let marked = || {
        let (before, rest) = text.split_once(&begin)?;
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    };
    let (before, after) =
        marked().ok_or_else(|| format!("no `{begin}`, or no `{end}` after it"))?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", report.trim()))
}

/// The marker at which it begins.
pub fn begin(name: &str) -> String {
    format!("<!-- {name}: begin -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- lab: begin -->";
    const END: &str = "<!-- lab: end -->";

    #[test]
    fn what_is_between_the_markers_is_replaced() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = splice(&text, "lab", "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(splice(&new, "lab", "new").unwrap(), new, "once more changes nothing");
        assert!(splice(&text, "bench", "new").is_err(), "these are another report's markers");
    }

    #[test]
    fn without_markers_nothing_is_done() {
        for text in ["", BEGIN, END, &format!("{END}{BEGIN}")] {
            assert!(splice(text, "lab", "new").is_err(), "{text}");
        }
    }
}
