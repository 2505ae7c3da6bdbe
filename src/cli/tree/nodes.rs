//! What of the tree is shown, line by line: a small cluster whole, of a large one what is unwell.

use super::branches::{Branch, SetBranch};
use super::read::Item;
use crate::api::Health;
use crate::cli::columns::{Cell, columns};
use crate::cli::style::health_style;
use crate::domain::text::{count, plural};

/// Up to how many watches all of them are listed: about a screen.
const WHOLE: usize = 30;
/// How many children of one node are listed in a larger cluster.
const MOST: usize = 10;

/// The healths, worst first.
const ORDER: [Health; 6] = [
    Health::Unhealthy,
    Health::Degraded,
    Health::Unknown,
    Health::Progressing,
    Health::Healthy,
    Health::ScaledToZero,
];

/// How many watches have each health.
#[derive(Debug, Clone, Copy, Default)]
struct Tally([usize; ORDER.len()]);

/// A line, and the lines below it.
struct Node {
    label: String,
    /// What a watch says.
    watch: Option<Item>,
    reason: Option<String>,
    tally: Tally,
    children: Vec<Node>,
}

/// The tree as a table.
pub(super) fn render(branches: Vec<Branch>) -> String {
    let of_branch = |branch: &Branch| {
        branch.watches.len() + branch.sets.iter().map(|of_set| of_set.watches.len()).sum::<usize>()
    };
    let is_whole = branches.iter().map(of_branch).sum::<usize>() <= WHOLE;
    let mut rows = Vec::new();
    for branch in branches {
        Node::of_branch(branch, is_whole).draw("", "", &mut rows);
    }
    columns(&["NAME", "APP", "HEALTH", "INSTANCES", "REASON", "WATCHES"], &rows)
}

impl Tally {
    fn of(items: &[Item]) -> Self {
        let mut tally = Self::default();
        for item in items {
            tally.0[rank(item)] += 1;
        }
        tally
    }

    fn add(mut self, other: Self) -> Self {
        for (mine, more) in self.0.iter_mut().zip(other.0) {
            *mine += more;
        }
        self
    }

    /// The place in the order of the worst of them.
    fn worst(&self) -> usize {
        self.0.iter().position(|number| *number > 0).unwrap_or(ORDER.len())
    }

    /// `1 Degraded, 11 Healthy`; empty without any.
    fn words(&self) -> String {
        let parts = self.0.iter().zip(ORDER).filter(|(number, _)| **number > 0);
        parts.map(|(number, health)| format!("{number} {}", health.as_str())).collect::<Vec<_>>().join(", ")
    }
}

impl Node {
    fn of_branch(branch: Branch, is_whole: bool) -> Self {
        let Branch { account, reason, sets, watches } = branch;
        let sets: Vec<Self> = sets.into_iter().map(|of_set| Self::of_set(of_set, is_whole)).collect();
        let tally = sets.iter().fold(Tally::of(&watches), |tally, set| tally.add(set.tally));
        let mut children = of_sets(sets, is_whole);
        let is_alone = children.is_empty();
        children.extend(of_watches(watches, is_whole, is_alone));
        let label = account.map_or("the operator's own keys".to_owned(), |name| format!("account {name}"));
        Self { label, watch: None, reason, tally, children }
    }

    fn of_set(SetBranch { set, watches }: SetBranch, is_whole: bool) -> Self {
        let label = format!("set {}/{}", set.namespace, set.name);
        let tally = Tally::of(&watches);
        Self { label, watch: None, reason: set.reason, tally, children: of_watches(watches, is_whole, true) }
    }

    fn of_watch(watch: Item) -> Self {
        let label = format!("{}/{}", watch.namespace, watch.name);
        Self { label, watch: Some(watch), reason: None, tally: Tally::default(), children: Vec::new() }
    }

    fn of_more(what: &str, tally: Tally) -> Self {
        Self { label: format!("and {what} more"), watch: None, reason: None, tally, children: Vec::new() }
    }

    /// Adds the line and those below it: `first` stands before this one, `rest` before the others.
    fn draw(self, first: &str, rest: &str, rows: &mut Vec<Vec<Cell>>) {
        let Self { label, watch, reason, tally, children } = self;
        let watch = watch.unwrap_or_default();
        rows.push(vec![
            Cell::new(format!("{first}{label}")),
            Cell::optional(watch.app),
            Cell::optional(watch.health.map(Health::as_str)).styled(health_style(watch.health)),
            Cell::optional(watch.instances),
            Cell::optional(reason.or(watch.reason)),
            Cell::new(tally.words()),
        ]);
        let last = children.len().saturating_sub(1);
        for (at, child) in children.into_iter().enumerate() {
            let (turn, below) = if at == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            child.draw(&format!("{rest}{turn}"), &format!("{rest}{below}"), rows);
        }
    }
}

/// Watches, worst first. In a large cluster those that are well are counted; where nothing else is listed, the line above
/// has done that.
fn of_watches(mut watches: Vec<Item>, is_whole: bool, is_alone: bool) -> Vec<Node> {
    watches.sort_by(|one, other| {
        (rank(one), &one.namespace, &one.name).cmp(&(rank(other), &other.namespace, &other.name))
    });
    let is_not_well = |watch: &Item| rank(watch) < place(Health::Healthy);
    let shown = if is_whole { watches.len() } else { watches.partition_point(is_not_well).min(MOST) };
    let rest = watches.split_off(shown);
    let mut nodes: Vec<Node> = watches.into_iter().map(Node::of_watch).collect();
    let is_said_above = is_alone && nodes.is_empty();
    if !rest.is_empty() && !is_said_above {
        nodes.push(Node::of_more(&rest.len().to_string(), Tally::of(&rest)));
    }
    nodes
}

/// The sets, and in a large cluster how many more there are.
fn of_sets(mut sets: Vec<Node>, is_whole: bool) -> Vec<Node> {
    sets.sort_by_key(|set| set.tally.worst());
    let rest = if is_whole { Vec::new() } else { sets.split_off(sets.len().min(MOST)) };
    let tally = rest.iter().fold(Tally::default(), |tally, set| tally.add(set.tally));
    if !rest.is_empty() {
        sets.push(Node::of_more(&plural(count(rest.len()), "set"), tally));
    }
    sets
}

/// The place of a watch in the order; one that was not observed yet is of unknown health.
fn rank(watch: &Item) -> usize {
    place(watch.health.unwrap_or(Health::Unknown))
}

fn place(health: Health) -> usize {
    ORDER.iter().position(|one| *one == health).unwrap_or(ORDER.len() - 1)
}
