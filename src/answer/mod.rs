//! The answer file.

use crate::plan::Plan;

/// Renders a plan's answer file.
#[must_use]
pub fn render(_plan: &Plan) -> String {
    String::new()
}
