//! The figures of a run as a table, for a terminal and for the book.

use std::fmt::Write as _;

use super::measure::Cost;

/// What was measured of one way to do a thing.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) name: String,
    pub(super) costs: Vec<Cost>,
}

/// Ways to do the same; the first one is ours.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) ways: Vec<Way>,
}

impl Way {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            costs: Vec::new(),
        }
    }

    /// The seconds in order.
    fn sorted(&self) -> Vec<f64> {
        let mut seconds: Vec<_> = self.costs.iter().map(|cost| cost.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        seconds
    }

    fn median(&self) -> f64 {
        let seconds = self.sorted();
        let (low, high) = ((seconds.len() - 1) / 2, seconds.len() / 2);
        f64::midpoint(seconds[low], seconds[high])
    }

    fn peak_mib(&self) -> u64 {
        let peaks = self.costs.iter().map(|cost| cost.peak_kib);
        peaks.max().unwrap_or_default().div_ceil(1024)
    }
}

/// A Markdown table: median, spread and runs, the most memory, and the share of ours.
pub(super) fn render(rows: &[Row]) -> String {
    let mut out = String::from(
        "| what | way | median | least to most | runs | memory | time, ours = 1 |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
    );
    for row in rows {
        let ours = row.ways.first().map_or(f64::NAN, Way::median);
        for (place, way) in row.ways.iter().enumerate() {
            let seconds = way.sorted();
            let spread = (seconds.first(), seconds.last());
            let (least, most) = (spread.0.copied(), spread.1.copied());
            _ = writeln!(
                out,
                "| {} | {} | {} | {} to {} | {} | {} MiB | {} |",
                if place == 0 { row.name } else { "" },
                way.name,
                time(way.median()),
                time(least.unwrap_or_default()),
                time(most.unwrap_or_default()),
                seconds.len(),
                way.peak_mib(),
                share(way.median() / ours),
            );
        }
    }
    out
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => format!("{:.1} ms", s * 1000.0),
        s if s < 10.0 => format!("{s:.2} s"),
        s => format!("{s:.1} s"),
    }
}

fn share(times: f64) -> String {
    match times {
        t if t < 10.0 => format!("{t:.3}"),
        t => format!("{t:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(name: &str, seconds: &[f64]) -> Way {
        let cost = |seconds: &f64| Cost {
            seconds: *seconds,
            peak_kib: 1025,
        };
        Way {
            name: name.to_owned(),
            costs: seconds.iter().map(cost).collect(),
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((way("", &[3.0, 1.0, 2.0]).median() - 2.0).abs() < 1e-9);
        assert!((way("", &[4.0, 1.0, 2.0, 3.0]).median() - 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_row_has_a_line_for_each_way() {
        let row = Row {
            name: "start",
            ways: vec![way("ours", &[0.002]), way("theirs", &[0.02, 12.0])],
        };
        let text = render(&[row]);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| start | ours | 2.0 ms | 2.0 ms to 2.0 ms | 1 | 2 MiB | 1.000 |",
                "|  | theirs | 6.01 s | 20.0 ms to 12.0 s | 2 | 2 MiB | 3005 |",
            ]
        );
    }
}
