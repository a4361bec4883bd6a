//! Lines over two axes, as SVG that needs no script.

use std::fmt::Write;

use crate::bench::report::number::number;
use crate::report::html::escape;

/// How wide every drawing is.
pub const WIDTH: f64 = 360.0;
/// How much of it the longest name of a contestant takes, before a bar or a line.
pub const NAME: f64 = 122.0;
const HEIGHT: f64 = 230.0;
/// Where the axes are: left, right, top, bottom.
const FRAME: [f64; 4] = [44.0, 350.0, 10.0, 192.0];

/// A plot.
pub struct Plot {
    /// What stands above it.
    pub title: String,
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// What it shows.
    pub lines: Vec<Line>,
}

/// An axis.
pub struct Axis {
    /// What it counts.
    pub label: &'static str,
    /// Whether each step multiplies.
    pub is_log: bool,
    /// The values that are named, with their names; without any, they are found.
    pub ticks: Vec<(f64, String)>,
}

/// The line of one contestant.
pub struct Line {
    /// The contestant's place among all.
    pub index: usize,
    /// From left to right.
    pub points: Vec<Point>,
}

/// A point of a line.
pub struct Point {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// Its label; without one it is only passed through.
    pub tip: Option<String>,
}

/// An axis that knows its ends.
struct Scale<'a> {
    axis: &'a Axis,
    ends: [f64; 2],
}

impl Axis {
    /// An axis that finds its own ticks.
    pub fn log(label: &'static str) -> Self {
        Self { label, is_log: true, ticks: Vec::new() }
    }
}

impl<'a> Scale<'a> {
    fn of(axis: &'a Axis, values: impl Iterator<Item = f64>) -> Self {
        let named = axis.ticks.iter().map(|tick| tick.0);
        let (low, high) = values
            .chain(named)
            .fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(it), high.max(it)));
        let ends = match axis.is_log {
            true => [low / 1.1, high * 1.1],
            false => [0.0, high * 1.05],
        };
        Self { axis, ends }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let of = |it: f64| if self.axis.is_log { it.ln() } else { it };
        let [low, high] = self.ends.map(of);
        (of(value) - low) / (high - low).max(f64::MIN_POSITIVE)
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        if !self.axis.ticks.is_empty() {
            return self.axis.ticks.clone();
        }
        let [low, high] = self.ends;
        let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
        let of = |steps: &[f64]| -> Vec<f64> {
            let all = decades.clone().flat_map(|decade| {
                steps.iter().map(move |step| step * 10f64.powi(decade)).collect::<Vec<_>>()
            });
            all.filter(|it| low <= *it && *it <= high).collect()
        };
        const STEPS: [&[f64]; 4] =
            [&[1.0], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]];
        let ticks = STEPS.map(of).into_iter().find(|ticks| ticks.len() >= 3);
        let ticks = ticks.unwrap_or_else(|| vec![low * 1.1, high / 1.1]);
        ticks.into_iter().map(|it| (it, short(it))).collect()
    }
}

/// `100k`, `1.5k`, `20`.
pub fn short(value: f64) -> String {
    let (value, unit) = match value {
        1e6.. => (value / 1e6, "M"),
        1e3.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = number(value);
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

impl Plot {
    /// The plot, with its title.
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Scale::of(&self.x, points().map(|it| it.x));
        let y = Scale::of(&self.y, points().map(|it| it.y));
        // The reference comes first, and is drawn last.
        let lines: String = self.lines.iter().rev().map(|it| it.svg(&x, &y)).collect();
        figure(&self.title, HEIGHT, &(grid(&x, &y) + &lines))
    }
}

/// A drawing of this height, with its title.
pub fn figure(title: &str, height: f64, drawing: &str) -> String {
    let title = escape(title);
    format!(
        "<figure><figcaption>{title}</figcaption>\n\
         <svg viewBox=\"0 0 {WIDTH} {height}\" role=img aria-label=\"{title}\">\n\
         {drawing}</svg></figure>\n"
    )
}

fn grid(x: &Scale<'_>, y: &Scale<'_>) -> String {
    let [left, right, top, bottom] = FRAME;
    let mut svg = String::new();
    for (value, name) in x.ticks() {
        let at = across(x, value);
        svg += &format!(
            "<path class=grid d=\"M{at:.1} {top}V{bottom}\"/>\
             <text x={at:.1} y={} text-anchor=middle>{name}</text>\n",
            bottom + 13.0
        );
    }
    for (value, name) in y.ticks() {
        let at = up(y, value);
        svg += &format!(
            "<path class=grid d=\"M{left} {at:.1}H{right}\"/>\
             <text x={} y={:.1} text-anchor=end>{name}</text>\n",
            left - 4.0,
            at + 3.5
        );
    }
    let (middle, below) = (f64::midpoint(left, right), HEIGHT - 8.0);
    let (half, label) = (f64::midpoint(top, bottom), y.axis.label);
    svg += &format!(
        "<text class=label x={middle} y={below} text-anchor=middle>{}</text>\n",
        x.axis.label
    );
    svg + &format!(
        "<text class=label transform=\"translate(10 {half}) rotate(-90)\" \
         text-anchor=middle>{label}</text>\n"
    )
}

fn across(x: &Scale<'_>, value: f64) -> f64 {
    let [left, right, ..] = FRAME;
    left + x.place(value) * (right - left)
}

fn up(y: &Scale<'_>, value: f64) -> f64 {
    let [.., top, bottom] = FRAME;
    bottom - y.place(value) * (bottom - top)
}

impl Line {
    fn svg(&self, x: &Scale<'_>, y: &Scale<'_>) -> String {
        let (mut path, mut marks) = (String::new(), String::new());
        for (index, point) in self.points.iter().enumerate() {
            let (across, up) = (across(x, point.x), up(y, point.y));
            // A `String` takes whatever is written.
            let command = if index == 0 { 'M' } else { 'L' };
            write!(path, "{command}{across:.1} {up:.1}").unwrap_or_default();
            if let Some(tip) = &point.tip {
                let tip = escape(tip);
                marks += &format!(
                    "<path class=mark transform=\"translate({across:.1} {up:.1})\" d=\"{}\">\
                     <title>{tip}</title></path>\n",
                    mark(self.index)
                );
            }
        }
        format!(
            "<g class=\"c{0} t{1}\"><path class=line d=\"{path}\"/>\n{marks}</g>\n",
            self.index,
            tone(self.index)
        )
    }
}

/// The colour of a contestant.
pub fn tone(index: usize) -> usize {
    index % 8
}

/// The mark of a contestant: colour is never the only sign.
pub fn mark(index: usize) -> &'static str {
    const MARKS: [&str; 6] = [
        "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
        "M-3-3h6v6h-6z",
        "M0-4.2L4 3H-4z",
        "M0-4.5L4 0L0 4.5L-4 0z",
        "M0 4.2L4-3H-4z",
        "M-4-1.3h2.7V-4h2.6v2.7H4v2.6H1.3V4h-2.6V1.3H-4z",
    ];
    MARKS[index % MARKS.len()]
}
