//! Columns for people, as kubectl prints them: as wide as they must be, three spaces apart.

use anstyle::Style;

/// What stands for nothing.
const NOTHING: &str = "-";

/// One field of a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        // Wherever it comes from, it steers no terminal and breaks no row.
        Self { text: text.into().replace(char::is_control, " "), style: Style::new() }
    }

    pub(super) fn optional(text: Option<impl ToString>) -> Self {
        Self::new(text.map(|text| text.to_string()).unwrap_or_default())
    }

    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn text(&self) -> &str {
        if self.text.is_empty() { NOTHING } else { &self.text }
    }
}

/// The rows under their headings. A column in which no row has anything is left out.
pub(super) fn columns(headings: &[&str], rows: &[Vec<Cell>]) -> String {
    let has_text =
        |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.text.is_empty()));
    let shown: Vec<usize> = (0..headings.len()).filter(has_text).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text().chars().count());
        cells.chain([headings[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = shown.iter().map(|column| width(*column)).collect();
    let heading: Vec<Cell> = headings.iter().map(|heading| Cell::new(*heading)).collect();
    let line = |row: &Vec<Cell>| {
        let cells = shown.iter().zip(&widths).filter_map(|(column, width)| Some((row.get(*column)?, *width)));
        let padded = cells.map(|(cell, width)| {
            let padding = " ".repeat(width - cell.text().chars().count());
            format!("{}{}{:#}{padding}", cell.style, cell.text(), cell.style)
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("   ").trim_end())
    };
    [&heading].into_iter().chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_field_and_empty_ones_are_left_out() {
        let row = |texts: [&str; 3]| texts.map(Cell::new).to_vec();
        let table = columns(&["A", "B", "LONG"], &[row(["first", "", "x"]), row(["", "", "空"])]);
        assert_eq!(table, "A       LONG\nfirst   x\n-       空\n");
    }

    #[test]
    fn a_text_breaks_no_row_and_steers_no_terminal() {
        assert_eq!(columns(&["A"], &[vec![Cell::new("x\u{1b}[2J\r\ny")]]), "A\nx [2J  y\n");
    }

    #[test]
    fn a_style_takes_no_room() {
        let bold = Cell::new("x").styled(Style::new().bold());
        assert_eq!(
            columns(&["ONE", "TWO"], &[vec![bold, Cell::new("y")]]),
            "ONE   TWO\n\u{1b}[1mx\u{1b}[0m     y\n"
        );
    }
}
