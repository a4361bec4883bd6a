//! Whatever is not simply a pass, grouped by reason.

use std::collections::BTreeMap;

use crate::interop::case::Transport;
use crate::interop::record::{Cell, Record};
use crate::interop::verdict::Standing;

/// All that has the same standing for the same reason.
pub struct Reason<'a> {
    /// The standing.
    pub standing: Standing,
    /// The reason.
    pub text: String,
    /// Where: who with whom, and in which cases.
    pub places: Vec<Place<'a>>,
    /// The command that runs the first of the cells again.
    pub command: &'a str,
}

/// Clients and servers that fare the same with each other, and the cases.
#[derive(Debug, PartialEq)]
pub struct Place<'a> {
    /// Who calls.
    pub clients: Vec<&'a str>,
    /// Who serves.
    pub servers: Vec<&'a str>,
    /// Who stands between them.
    pub proxy: Option<&'a str>,
    /// The cases, those of TLS marked.
    pub cases: Vec<String>,
}

impl Place<'_> {
    /// How they reach each other, if not directly.
    pub fn way(&self) -> String {
        self.proxy.map(|proxy| format!(" through {proxy}")).unwrap_or_default()
    }
}

/// The reasons, the worst first.
pub fn reasons(record: &Record) -> Vec<Reason<'_>> {
    let mut groups = BTreeMap::<(Standing, String), Vec<&Cell>>::new();
    for cell in record.cells.iter().filter(|cell| cell.standing() != Standing::Pass) {
        groups.entry((cell.standing(), cell.reason())).or_default().push(cell);
    }
    groups
        .into_iter()
        .map(|((standing, text), cells)| Reason {
            standing,
            text,
            command: &cells[0].command,
            places: places(&cells),
        })
        .collect()
}

fn places<'a>(cells: &[&'a Cell]) -> Vec<Place<'a>> {
    let mut pairs = BTreeMap::<(Option<&str>, &str, &str), Vec<String>>::new();
    for cell in cells {
        let key = (cell.proxy.as_deref(), cell.client.as_str(), cell.server.as_str());
        pairs.entry(key).or_default().push(case(cell));
    }
    let mut by_client = BTreeMap::<(Option<&str>, &str, Vec<String>), Vec<&str>>::new();
    for ((proxy, client, server), cases) in pairs {
        by_client.entry((proxy, client, cases)).or_default().push(server);
    }
    let mut places: Vec<Place<'_>> = Vec::new();
    for ((proxy, client, cases), servers) in by_client {
        let place = Place { clients: vec![client], servers, proxy, cases };
        let fares_the_same = |it: &&mut Place<'_>| {
            (&it.servers, it.proxy, &it.cases) == (&place.servers, proxy, &place.cases)
        };
        match places.iter_mut().find(fares_the_same) {
            Some(same) => same.clients.push(client),
            None => places.push(place),
        }
    }
    places
}

fn case(cell: &Cell) -> String {
    match cell.transport {
        Transport::Plaintext => cell.case.clone(),
        transport => format!("{} ({transport})", cell.case),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::record::tests::sample;
    use crate::interop::verdict::Verdict;

    #[test]
    fn the_same_reason_is_said_once() {
        let mut record = sample();
        for cell in &mut record.cells {
            cell.verdict = Verdict::Fail("lost".into());
            (cell.known, cell.passed) = (None, 0);
        }
        let reasons = reasons(&record);
        assert_eq!(reasons.len(), 1);
        let cases = ["empty_unary", "large_unary", "ping_pong"].map(String::from);
        let places = ["go", "java"].map(|client| Place {
            clients: vec![client],
            servers: vec!["go"],
            proxy: None,
            cases: if client == "go" {
                ["empty_unary", "ping_pong", "large_unary"].map(String::from).to_vec()
            } else {
                cases.to_vec()
            },
        });
        assert_eq!(reasons[0].places, places);
    }

    #[test]
    fn clients_that_fare_the_same_are_named_together() {
        let mut record = sample();
        record.cells.truncate(2);
        for cell in &mut record.cells {
            (cell.verdict, cell.passed) = (Verdict::Fail("lost".into()), 0);
        }
        let [reason] = &reasons(&record)[..] else { panic!("one reason") };
        assert_eq!(reason.places.len(), 1);
        assert_eq!(reason.places[0].clients, ["go", "java"]);
    }

    #[test]
    fn the_worst_comes_first() {
        let standings: Vec<_> = reasons(&sample()).iter().map(|reason| reason.standing).collect();
        use Standing::{Fail, Known, NoRun, Surprise, Unsupported};
        assert_eq!(standings, [Fail, Surprise, Known, Unsupported, NoRun]);
    }
}
