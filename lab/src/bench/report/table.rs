//! A table, in each of the forms that reports need.

use super::number;
use crate::bench::statistics::Ratio;
use crate::report::html::escape;
use crate::report::markdown;

/// A table: what every chart shows can be read in one.
#[derive(Debug, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in a place of a table.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number, of which people see three digits.
    Number(f64),
    /// A number, all of which is to be seen.
    Count(usize),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Empty, Into::into)
    }
}

impl Cell {
    /// A ratio in four places: itself, its interval, and the rounds.
    pub fn of_ratio(ratio: Option<&Ratio>) -> [Self; 4] {
        match ratio {
            Some(it) => [it.value.into(), it.low.into(), it.high.into(), it.rounds.into()],
            None => [const { Self::Empty }; 4],
        }
    }

    /// For people.
    fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number::number(*number),
            Self::Count(count) => count.to_string(),
        }
    }

    /// For programs.
    fn exact(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            other => other.shown(),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Count(_))
    }
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// One more row.
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell>) {
        self.rows.push(row.into_iter().collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As CSV (RFC 4180, but for the line's end), with all digits.
    pub fn csv(&self) -> String {
        let line = |fields: Vec<String>| fields.iter().map(|it| quoted(it)).collect::<Vec<_>>();
        let head = line(self.head.clone());
        let rows = self.rows.iter().map(|row| line(row.iter().map(Cell::exact).collect()));
        [head].into_iter().chain(rows).map(|fields| fields.join(",") + "\n").collect()
    }

    /// As an HTML table.
    pub fn html(&self) -> String {
        let head = self.head.iter().map(|it| format!("<th scope=col>{}", escape(it)));
        let cell = |cell: &Cell| {
            let class = if cell.is_number() { " class=number" } else { "" };
            format!("<td{class}>{}", escape(&cell.shown()))
        };
        let rows = self.rows.iter().map(|row| row.iter().map(cell).collect::<String>());
        let rows: String = rows.map(|cells| format!("<tr>{cells}\n")).collect();
        let head: String = head.collect();
        format!("<table class=figures><thead><tr>{head}\n<tbody>{rows}</table>\n")
    }

    /// As a Markdown table.
    pub fn markdown(&self) -> String {
        let line = |fields: &[String]| format!("| {} |\n", fields.join(" | "));
        let is_number = |column: usize| self.rows.iter().any(|row| row[column].is_number());
        let rule = |column| if is_number(column) { "--:" } else { "---" };
        let rule: Vec<_> = (0..self.head.len()).map(rule).collect();
        let mut text = line(&self.head) + &format!("|{}|\n", rule.join("|"));
        for row in &self.rows {
            let fields: Vec<_> = row.iter().map(|it| markdown::escape(&it.shown())).collect();
            text += &line(&fields);
        }
        text
    }

    /// In columns; those that don't fit follow below, beside the same first ones.
    pub fn text(&self, first: usize, width: usize) -> String {
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::shown).collect());
        let lines: Vec<Vec<String>> = [self.head.clone()].into_iter().chain(rows).collect();
        let widest = |column: usize| lines.iter().map(|it| it[column].chars().count()).max();
        let widths: Vec<_> = (0..self.head.len()).map(|it| widest(it).unwrap_or(0)).collect();
        let blocks = blocks(&widths, first, width).into_iter().map(|columns| {
            let line = |fields: &Vec<String>| {
                let field = |column: &usize| format!("{:<1$}", fields[*column], widths[*column]);
                let fields: Vec<_> = columns.iter().map(field).collect();
                fields.join("  ").trim_end().to_owned() + "\n"
            };
            lines.iter().map(line).collect::<String>()
        });
        blocks.collect::<Vec<_>>().join("\n")
    }
}

/// Columns that fit beside each other, each time after the first ones.
fn blocks(widths: &[usize], first: usize, width: usize) -> Vec<Vec<usize>> {
    const GAP: usize = 2;
    let start: Vec<_> = (0..first.min(widths.len())).collect();
    let room = width.saturating_sub(start.iter().map(|it| widths[*it] + GAP).sum());
    let (mut blocks, mut taken) = (Vec::<Vec<usize>>::new(), 0);
    for (column, width) in widths.iter().enumerate().skip(start.len()) {
        match blocks.last_mut() {
            Some(block) if taken + width <= room => block.push(column),
            _ => {
                blocks.push(start.iter().copied().chain([column]).collect());
                taken = 0;
            }
        }
        taken += width + GAP;
    }
    blocks
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["case", "rate"]);
        table.push(["a,b|<c>".into(), 84_812.25.into()]);
        table.push(["say \"d\"".into(), Cell::Empty]);
        table
    }

    #[test]
    fn each_form_escapes_what_it_must() {
        assert_eq!(table().csv(), "case,rate\n\"a,b|<c>\",84812.25\n\"say \"\"d\"\"\",\n");
        let markdown = "| case | rate |\n|---|--:|\n| a,b\\|&lt;c> | 84,800 |\n| say \"d\" |  |\n";
        assert_eq!(table().markdown(), markdown);
        assert!(table().html().contains("<td>a,b|&lt;c&gt;<td class=number>84,800\n"));
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        assert_eq!(table().text(1, 100), "case     rate\na,b|<c>  84,800\nsay \"d\"\n");
        let mut wide = Table::new(["case", "a", "b", "c"]);
        wide.push(["x", "1234", "1234", "12"].map(Cell::from));
        assert_eq!(wide.text(1, 16), "case  a     b\nx     1234  1234\n\ncase  c\nx     12\n");
    }
}
