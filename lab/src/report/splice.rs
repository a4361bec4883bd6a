//! A report in the middle of another text, such as a README.

/// What stands around it there.
const BEGIN: &str = "<!-- lab: begin -->";
const END: &str = "<!-- lab: end -->";

/// The text with the report between its two marks, in place of what is there.
pub fn splice(text: &str, report: &str) -> Result<String, String> {
    let marked = || {
        let (before, rest) = text.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    };
    let (before, after) =
        marked().ok_or_else(|| format!("no `{BEGIN}`, or no `{END}` after it"))?;
    Ok(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", report.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_marks_is_replaced() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = splice(&text, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(splice(&new, "new").unwrap(), new, "once more changes nothing");
    }

    #[test]
    fn without_marks_nothing_is_done() {
        for text in ["", BEGIN, END, &format!("{END}{BEGIN}")] {
            assert!(splice(text, "new").is_err(), "{text}");
        }
    }
}
