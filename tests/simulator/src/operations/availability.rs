//! GetAvailabilityMetric: the applications with the most abnormal instances. It has no pages.

use std::time::Instant;

use serde_json::{Value, json};

use super::Question;
use crate::availability::Availability;
use crate::availability_list::AvailabilityLists;
use crate::refusal::{self, Refusal};

/// "Valid values: 0 to 100."
const MOST_ROWS: usize = 100;

pub(super) fn get(question: Question<'_>, lists: &mut AvailabilityLists) -> Result<Value, Refusal> {
    let limit = question.required("Limit")?;
    let rows = limit.parse().ok().filter(|rows| *rows <= MOST_ROWS);
    let rows = rows.ok_or_else(|| refusal::invalid_parameter(format_args!("Limit: {limit}")))?;
    let source = question.source()?;
    let has_cpu = match question.request.parameter("CpuStrategy") {
        None | Some("always") => true,
        // No application here gets its CPU by request.
        Some("request") => false,
        Some(other) => return Err(refusal::invalid_parameter(format_args!("CpuStrategy: {other}"))),
    };
    let region = question.request.parameter("RegionId");
    let wanted = |row: &Availability| {
        has_cpu
            && region.is_none_or(|region| region == row.region)
            && source.is_none_or(|source| source == row.source)
    };
    let worst = lists.worst(question.applications, wanted, Instant::now());
    Ok(json!({ "Data": worst.iter().take(rows).map(show).collect::<Vec<_>>() }))
}

fn show(row: &Availability) -> Value {
    json!({
        "AppId": row.app,
        "Name": row.name,
        // Documented like this: the region's name, the namespace's id.
        "RegionId": row.namespace,
        "Instances": row.wanted,
        "Runnings": row.running,
        "ErrorInstances": row.failing,
        "EnableAutoscale": 0,
    })
}
