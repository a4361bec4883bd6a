/// The name that is nearest to `wrong`, as it may have been misspelled: fewer than half of its
/// letters are to be changed.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong: Vec<_> = wrong.to_lowercase().chars().collect();
    // A name that is twice as long, or half as long, is never near.
    let similar = |name: &&str| {
        let length = name.chars().take(wrong.len() * 2 + 1).count();
        length <= wrong.len() * 2 && wrong.len() <= length * 2
    };
    let distances = names.into_iter().filter(similar).map(|name| {
        let letters: Vec<_> = name.to_lowercase().chars().collect();
        (distance(&wrong, &letters), name)
    });
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 2 < name.chars().count()).then_some(name)
}

/// How many letters are to be put in, taken out or replaced (Levenshtein's).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<_> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelled_name_is_found_and_a_strange_one_is_not() {
        let names = ["SayHello", "UploadStream", "ChatStream"];
        assert_eq!(nearest("sayhelo", names), Some("SayHello"));
        assert_eq!(nearest("ChatStraem", names), Some("ChatStream"));
        assert_eq!(nearest("Delete", names), None);
        assert_eq!(nearest("x", []), None);
    }
}
