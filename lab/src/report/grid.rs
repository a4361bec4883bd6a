//! The cells of one section, as a table of cases and pairs.

use std::collections::{BTreeSet, HashMap};

use crate::interop::record::{Cell, Record, Section};
use crate::interop::verdict::Standing;

/// Client and server.
pub type Pair<'a> = (&'a str, &'a str);

/// The table.
pub struct Grid<'a> {
    /// The rows, in the suite's order.
    pub cases: Vec<&'a str>,
    /// The columns.
    pub pairs: BTreeSet<Pair<'a>>,
    cells: HashMap<(&'a str, Pair<'a>), &'a Cell>,
}

impl<'a> Grid<'a> {
    /// The table of this section.
    pub fn of(record: &'a Record, section: Section<'_>) -> Self {
        let mut grid = Self { cases: Vec::new(), pairs: BTreeSet::new(), cells: HashMap::new() };
        for cell in &record.cells {
            if cell.section() != section {
                continue;
            }
            if grid.cases.last() != Some(&cell.case.as_str()) {
                grid.cases.push(&cell.case);
            }
            let pair = (cell.client.as_str(), cell.server.as_str());
            grid.pairs.insert(pair);
            grid.cells.insert((&cell.case, pair), cell);
        }
        grid
    }

    /// The cell at a place.
    pub fn cell(&self, case: &'a str, pair: Pair<'a>) -> Option<&'a Cell> {
        self.cells.get(&(case, pair)).copied()
    }

    /// Those that call.
    pub fn clients(&self) -> BTreeSet<&'a str> {
        self.pairs.iter().map(|pair| pair.0).collect()
    }

    /// Those that serve.
    pub fn servers(&self) -> BTreeSet<&'a str> {
        self.pairs.iter().map(|pair| pair.1).collect()
    }

    /// How often each standing occurs in a pair.
    pub fn counts(&self, pair: Pair<'a>) -> Vec<(Standing, usize)> {
        let cells = || self.cases.iter().filter_map(|case| self.cell(case, pair));
        let count = |standing| cells().filter(|cell| cell.standing() == standing).count();
        let counts = Standing::ALL.map(|standing| (standing, count(standing)));
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// What stands in a cell of the table: a word, or how often it passed.
pub fn mark(cell: &Cell) -> String {
    match cell.standing() {
        _ if cell.is_flaky() => format!("{}/{}", cell.passed, cell.attempts),
        Standing::Unsupported => "-".into(),
        Standing::Fail => "FAIL".into(),
        Standing::Surprise => "PASS?".into(),
        standing => standing.word().into(),
    }
}
