//! A terminal's screen as SVG: its text as text, in a font that whoever looks at it has, and no
//! link to anywhere.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// What a reader's machine has of these, the first one.
const FONTS: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
/// In pixels, as all that follows. Each row says how wide its text is, for fonts differ in it.
const FONT: u16 = 14;
const COLUMN: f64 = 8.4;
const ROW: u16 = 19;
const EDGE: u16 = 14;
const BACKGROUND: &str = "#16191d";
const FOREGROUND: &str = "#d5d8dd";
/// The eight colours that a terminal has by name, and their bright forms.
const COLOURS: [&str; 16] = [
    "#5c6370", "#f0716b", "#7fc77a", "#e0b45c", "#6ea8f0", "#c98be0", "#56c2cf", FOREGROUND,
    "#8a919d", "#ff8f89", "#9ede99", "#f2cd80", "#8fbfff", "#dda6f0", "#79dbe6", "#ffffff",
];

/// Draws it, without the empty rows below the last one that is not.
pub(crate) fn draw(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let rows: Vec<String> = (0..rows).map(|row| text(screen, row, columns)).collect();
    let used = rows
        .iter()
        .rposition(|row| !row.is_empty())
        .map_or(0, |last| last + 1);
    let height = rows[..used].iter().fold(2 * EDGE, |sum, _| sum + ROW);
    let width = f64::from(columns) * COLUMN + f64::from(2 * EDGE);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" \
         viewBox=\"0 0 {width:.0} {height}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"{FONTS}\" font-size=\"{FONT}\" fill=\"{FOREGROUND}\">\n",
        escaped(title)
    );
    let baselines = (0..).map(|row: u16| EDGE + row * ROW + FONT);
    for (row, baseline) in rows[..used].iter().zip(baselines) {
        if !row.is_empty() {
            let row = row.replacen("<text", &format!("<text x=\"{EDGE}\" y=\"{baseline}\""), 1);
            out += &row;
            out.push('\n');
        }
    }
    out + "</g>\n</svg>\n"
}

/// The rows' words, one line each, as [`draw`] wrote them.
pub(crate) fn words(svg: &str) -> Vec<String> {
    let rows = svg.lines().filter(|line| line.starts_with("<text "));
    rows.map(|row| {
        // Behind each tag's end up to the next one.
        let pieces = row.split('>').skip(1);
        let text: String = pieces.filter_map(|piece| piece.split('<').next()).collect();
        let text = text.replace("&lt;", "<").replace("&gt;", ">");
        text.replace("&amp;", "&")
    })
    .collect()
}

/// A row's element; empty where nothing is on it.
fn text(screen: &Screen, row: u16, columns: u16) -> String {
    let cells = (0..columns).filter_map(|column| screen.cell(row, column));
    let cells: Vec<&Cell> = cells.collect();
    let Some(last) = cells.iter().rposition(|cell| shows(cell)) else {
        return String::new();
    };
    let mut out = String::new();
    let mut style = String::new();
    for cell in cells[..=last]
        .iter()
        .filter(|cell| !cell.is_wide_continuation())
    {
        let own = style_of(cell);
        if own != style {
            if !style.is_empty() {
                out += "</tspan>";
            }
            if !own.is_empty() {
                // Writing to a string does not fail.
                _ = write!(out, "<tspan{own}>");
            }
            style = own;
        }
        let shown = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        out += &escaped(shown);
    }
    if !style.is_empty() {
        out += "</tspan>";
    }
    let wide = cells[..=last].iter().fold(0.0, |sum, _| sum + COLUMN);
    format!("<text xml:space=\"preserve\" textLength=\"{wide:.1}\">{out}</text>")
}

fn shows(cell: &Cell) -> bool {
    cell.has_contents() && cell.contents() != " "
}

/// What a cell is drawn in beside the usual. `lucarne` has colours, bold and faint, and no more.
fn style_of(cell: &Cell) -> String {
    let mut style = String::new();
    let colour = match cell.fgcolor() {
        Color::Default => None,
        Color::Idx(at) => COLOURS
            .get(usize::from(at))
            .map(|&colour| colour.to_owned()),
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    };
    if let Some(colour) = colour {
        style = format!(" fill=\"{colour}\"");
    }
    if cell.bold() {
        style += " font-weight=\"bold\"";
    }
    if cell.dim() {
        style += " fill-opacity=\"0.6\"";
    }
    style
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use vt100::Parser;

    use super::*;

    #[test]
    fn a_screen_is_drawn_row_by_row_and_read_back() {
        let mut parser = Parser::new(9, 20, 0);
        parser.process(b"\x1b[1m\x1b[31merror:\x1b[0m a <b> & c\r\n\r\n  \x1b[2mx\x1b[0m\r\n");
        let svg = draw(parser.screen(), "a & b");
        let rows: Vec<&str> = svg
            .lines()
            .filter(|line| line.starts_with("<text"))
            .collect();
        assert_eq!(
            rows,
            [
                "<text x=\"14\" y=\"28\" xml:space=\"preserve\" textLength=\"134.4\">\
                 <tspan fill=\"#f0716b\" font-weight=\"bold\">error:</tspan> \
                 a &lt;b&gt; &amp; c</text>",
                "<text x=\"14\" y=\"66\" xml:space=\"preserve\" textLength=\"25.2\">  \
                 <tspan fill-opacity=\"0.6\">x</tspan></text>",
            ]
        );
        assert!(svg.contains("<title>a &amp; b</title>"));
        assert!(svg.contains("viewBox=\"0 0 196 85\""));
        assert_eq!(words(&svg), ["error: a <b> & c", "  x"]);
    }
}
