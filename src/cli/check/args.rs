//! The flags of `check`. Each has an environment twin `SAEWATCH_<FLAG>`.

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, ValueEnum};

use crate::api::{GoDuration, RegionId};
use crate::cli::client::{ClientArgs, KEYS};

/// Look at applications once, as the operator would, without a cluster
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{KEYS}\n\n{EXAMPLES}\n\n{EXIT_CODES}"), override_usage = USAGE)]
pub(crate) struct Args {
    /// The id of the application in SAE
    #[arg(required_unless_present_any = ["file", "app_name"], conflicts_with_all = ["file", "app_name"])]
    pub(super) app_id: Option<String>,

    #[command(flatten)]
    pub(super) spec: SpecArgs,

    /// Check the manifests of SaeAppWatch, SaeAccount and SaeAppWatchSet in this file, YAML or JSON; - is standard input; repeat, or separate by commas
    #[arg(short, long, env = "SAEWATCH_FILE", value_name = "FILE", num_args = 1.., value_delimiter = ',')]
    pub(super) file: Vec<PathBuf>,

    /// Check the manifests and ask SAE nothing, so that no keys and no region are needed: exits 0 without a fault, else 3
    #[arg(long, env = "SAEWATCH_OFFLINE", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub(super) offline: bool,

    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// What a manifest would say in its spec. What each may be is checked by the rules of the resource itself.
#[derive(Debug, ClapArgs)]
#[group(id = "spec", multiple = true, conflicts_with = "file")]
pub(super) struct SpecArgs {
    /// The name of the application in SAE, in the place of its id
    #[arg(long, env = "SAEWATCH_APP_NAME", value_name = "NAME")]
    pub(super) app_name: Option<String>,

    /// The namespace of SAE that --app-name is in, such as cn-hangzhou:prod [default: that of the region]
    #[arg(
        long,
        env = "SAEWATCH_NAMESPACE_ID",
        value_name = "ID",
        requires = "app_name",
        conflicts_with = "app_id"
    )]
    pub(super) namespace_id: Option<String>,

    /// How long one call to SAE may take, from 1s to 60s [default: 10s]
    #[arg(long, env = "SAEWATCH_TIMEOUT", value_name = "DURATION")]
    pub(super) timeout: Option<GoDuration>,

    /// Look at this instance group only; repeat, or separate by commas [default: all groups]
    #[arg(long, env = "SAEWATCH_GROUP_ID", value_name = "ID", value_delimiter = ',')]
    pub(super) group_id: Vec<String>,

    /// Look at this one instance only
    #[arg(long, env = "SAEWATCH_INSTANCE_ID", value_name = "ID")]
    pub(super) instance_id: Option<String>,

    /// Look at the instances of this deployment batch only
    #[arg(long, env = "SAEWATCH_PIPELINE_ID", value_name = "ID")]
    pub(super) pipeline_id: Option<String>,

    /// How many percent of the desired instances must be ready to be Healthy, 1 to 100 [default: 100]
    #[arg(long, env = "SAEWATCH_MIN_HEALTHY_PERCENT", value_name = "PERCENT", allow_negative_numbers = true)]
    pub(super) min_healthy_percent: Option<i64>,

    /// Below how many percent it is Unhealthy, not just Degraded [default: the smaller of 50 and --min-healthy-percent]
    #[arg(
        long,
        env = "SAEWATCH_UNHEALTHY_BELOW_PERCENT",
        value_name = "PERCENT",
        allow_negative_numbers = true
    )]
    pub(super) unhealthy_below_percent: Option<i64>,

    /// Call an instance without any health check Unhealthy
    #[arg(long, env = "SAEWATCH_REQUIRE_HEALTH_CHECK", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) require_health_check: Option<bool>,

    /// How long an instance may be starting, from 30s to 24h [default: 10m]
    #[arg(long, env = "SAEWATCH_PROGRESS_DEADLINE", value_name = "DURATION")]
    pub(super) progress_deadline: Option<GoDuration>,
}

/// How it is asked and how it is shown.
#[derive(Debug, ClapArgs)]
#[group(id = "common")]
pub(super) struct CommonArgs {
    /// Region of the application, and of watches that name none
    #[arg(long, env = "SAEWATCH_REGION", value_name = "REGION")]
    pub(super) region: Option<RegionId>,

    #[command(flatten)]
    pub(super) client: ClientArgs,

    /// What is printed; json and yaml are SaeAppWatch objects with their status
    #[arg(short, long, env = "SAEWATCH_OUTPUT", value_name = "FORMAT", default_value = "table")]
    pub(super) output: Output,

    /// Say whose keys ask SAE, which rule gave each instance its state, and what SAE says happened
    #[arg(long, env = "SAEWATCH_EXPLAIN", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub(super) explain: bool,

    /// Look again and again until Ctrl-C
    #[arg(short, long, env = "SAEWATCH_WATCH", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub(super) watch: bool,

    /// The most calls to SAE in any 60 seconds while --watch repeats the check; a single check is not paced
    #[arg(long, env = "SAEWATCH_CALLS_PER_MINUTE", value_name = "N", allow_negative_numbers = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=6000))]
    pub(super) calls_per_minute: u32,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A table for people
    Table,
    /// The table with more columns, and messages in full
    Wide,
    /// The objects as JSON
    Json,
    /// The objects as YAML
    Yaml,
    /// Their names
    Name,
}

/// How `check` is called.
const USAGE: &str = "saewatch check [OPTIONS] --region <REGION> <APP_ID>
       saewatch check [OPTIONS] --region <REGION> --app-name <NAME>
       saewatch check [OPTIONS] --file <FILE>...";

const EXAMPLES: &str = "Examples:
  saewatch check 0099b7be-5f5b-4512-a7fc-56049ef1aaaa --region cn-hangzhou
  saewatch check --app-name shop --namespace-id cn-hangzhou:prod
  saewatch check --region cn-hangzhou --file watches.yaml
  saewatch check --profile staging --explain 0099b7be-5f5b-4512-a7fc-56049ef1aaaa --region cn-hangzhou
  helm template ./chart | saewatch check --offline --file -";

/// What help says of exit codes (contract §10).
pub(super) const EXIT_CODES: &str = "Exits as monitoring plugins do:
  0  Healthy or ScaledToZero
  1  Degraded or Progressing
  2  Unhealthy
  3  everything else: unknown, refused by SAE, bad usage

With several watches the worst counts: 2, then 3, 1, 0.";
