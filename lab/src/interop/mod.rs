//! `lab run`: cases between peers, both ways, with a verdict for each cell.

pub mod case;
pub mod http2;
pub mod known;
pub mod plan;
pub mod record;
pub mod run;
pub mod verdict;
