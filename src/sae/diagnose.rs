//! Why an application is unwell: the calls of one diagnosis, each through the gate.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::ask::{AskError, Asker, Gate};
use super::observe::Unpaced;
use super::{Ask, Call, ChangeOrderCall, ChangeOrdersCall, Class, Client, Error, EventsCall, Operation};
use crate::api::{Incomplete, NamespaceId};
use crate::domain::Target;
use crate::domain::diagnosis::{Evidence, newest_change};

/// What SAE is asked.
#[derive(Debug, Clone)]
pub(crate) struct DiagnosisQuestion {
    /// Of which application.
    pub(crate) target: Arc<Target>,
    /// Its namespace, as far as it is known.
    pub(crate) namespace: Option<NamespaceId>,
    /// Since when it is unwell.
    pub(crate) since: Timestamp,
    /// When it is asked.
    pub(crate) at: Timestamp,
    /// What SAE denied lately, and is not asked.
    pub(crate) denied: Vec<Operation>,
}

impl<A, G: Gate> Asker<A, G>
where
    A: Ask<ChangeOrdersCall> + Ask<ChangeOrderCall> + Ask<EventsCall>,
{
    /// Asks the three operations, as far as each may be. A refusal is part of the answer.
    pub(crate) async fn diagnose(&mut self, question: &DiagnosisQuestion) -> Result<Evidence, G::Closed> {
        let DiagnosisQuestion { target, namespace, since, at, denied } = question;
        let (region, app) = (target.region.clone(), target.app.clone());
        let mut questioner = Questioner { asker: self, denied, is_throttled: false };

        let orders = questioner.ask(&ChangeOrdersCall { region: region.clone(), app: app.clone() }).await?;
        let shown = orders.as_ref().ok().and_then(|orders| newest_change(orders, *since));
        let message = match shown.filter(|order| order.has_message()) {
            Some(order) => {
                questioner.ask(&ChangeOrderCall { region: region.clone(), id: order.id.clone() }).await?
            }
            None => Ok(None),
        };
        let events = match namespace.clone() {
            Some(namespace) => questioner.ask(&EventsCall { region, app, namespace }).await?,
            None => Err(Incomplete::NamespaceUnknown),
        };
        Ok(Evidence { at: *at, orders, message, events })
    }
}

/// Asks what may be asked.
struct Questioner<'a, A, G> {
    asker: &'a mut Asker<A, G>,
    denied: &'a [Operation],
    /// Whether SAE has throttled a call: nothing more is asked then.
    is_throttled: bool,
}

impl<A, G: Gate> Questioner<'_, A, G> {
    /// What a call brings, or why it brings nothing.
    async fn ask<C: Call>(&mut self, call: &C) -> Result<Result<C::Reply, Incomplete>, G::Closed>
    where
        A: Ask<C>,
    {
        if self.is_throttled {
            return Ok(Err(Incomplete::Throttled));
        }
        if self.denied.contains(&C::OPERATION) {
            return Ok(Err(Incomplete::AccessDenied));
        }
        match self.asker.ask(call).await {
            Ok(reply) => Ok(Ok(reply)),
            Err(AskError::Failed(error)) => {
                let missing = missing(&error);
                self.is_throttled = missing == Incomplete::Throttled;
                Ok(Err(missing))
            }
            Err(AskError::Closed(closed)) => Err(closed),
        }
    }
}

impl Client {
    /// Asks why an application is unwell, at once. `timeout` is for each call.
    pub(crate) async fn diagnose(&self, question: &DiagnosisQuestion, timeout: Duration) -> Evidence {
        let mut asker = Asker::new(Arc::new(self.clone()), Unpaced, timeout);
        let Ok(evidence): Result<_, Infallible> = asker.diagnose(question).await;
        evidence
    }
}

fn missing(error: &Error) -> Incomplete {
    match error.class {
        Class::Throttled(_) => Incomplete::Throttled,
        Class::Denied => Incomplete::AccessDenied,
        Class::Malformed => Incomplete::Unreadable,
        _ => Incomplete::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::diagnosis::{AppEvent, ChangeOrder, assemble};

    const ALL: [Operation; 3] = [Operation::ChangeOrders, Operation::ChangeOrder, Operation::Events];
    const SINCE: &str = "2026-11-30T12:00:00Z";

    /// An SAE that has one failed change order and one event, and trouble with an operation.
    #[derive(Default)]
    struct World {
        orders: Vec<ChangeOrder>,
        trouble: Vec<(Operation, Class)>,
        panics_at: Option<Operation>,
        asked: Mutex<Vec<String>>,
    }

    impl World {
        fn failed() -> Self {
            Self { orders: vec![order("order-1", "3", "2026-11-30 19:50:00")], ..Self::default() }
        }

        fn troubled(operation: Operation, class: Class) -> Self {
            Self { trouble: vec![(operation, class)], ..Self::failed() }
        }

        fn answer<T>(&self, operation: Operation, about: &str, reply: T) -> Result<T, Error> {
            self.asked.lock().unwrap().push(format!("{} {about}", operation.name()));
            assert_ne!(self.panics_at, Some(operation));
            match self.trouble.iter().find(|(troubled, _)| *troubled == operation) {
                Some((_, class)) => Err(Error::new(operation.name(), *class, "as the test wants it")),
                None => Ok(reply),
            }
        }
    }

    impl Ask<ChangeOrdersCall> for World {
        async fn ask(&self, call: &ChangeOrdersCall, _: Duration) -> Result<Vec<ChangeOrder>, Error> {
            self.answer(Operation::ChangeOrders, call.app.as_str(), self.orders.clone())
        }
    }

    impl Ask<ChangeOrderCall> for World {
        async fn ask(&self, call: &ChangeOrderCall, _: Duration) -> Result<Option<String>, Error> {
            self.answer(Operation::ChangeOrder, &call.id, Some("batch 1 failed".to_owned()))
        }
    }

    impl Ask<EventsCall> for World {
        async fn ask(&self, call: &EventsCall, _: Duration) -> Result<Vec<AppEvent>, Error> {
            let event = AppEvent {
                reason: Some("BackOff".to_owned()),
                last_at: Some(SINCE.parse().unwrap()),
                ..AppEvent::default()
            };
            self.answer(Operation::Events, call.namespace.as_str(), vec![event])
        }
    }

    fn order(id: &str, status: &str, created_at: &str) -> ChangeOrder {
        let text = |text: &str| Some(text.to_owned());
        ChangeOrder { id: id.to_owned(), kind: None, status: text(status), created_at: text(created_at) }
    }

    fn question() -> DiagnosisQuestion {
        let since: Timestamp = SINCE.parse().unwrap();
        DiagnosisQuestion {
            target: Target::application("cn-hangzhou".parse().unwrap(), "shop".parse().unwrap()).into(),
            namespace: Some("cn-hangzhou:prod".parse().unwrap()),
            since,
            at: since,
            denied: Vec::new(),
        }
    }

    /// What is found, and what was asked for it.
    fn ask(world: World, question: &DiagnosisQuestion) -> (Evidence, Vec<String>) {
        let world = Arc::new(world);
        let mut asker = Asker::new(world.clone(), Unpaced, Duration::from_secs(1));
        let Ok(evidence) = futures::executor::block_on(asker.diagnose(question));
        let asked = std::mem::take(&mut *world.asked.lock().unwrap());
        (evidence, asked)
    }

    /// The names of the operations that were asked.
    fn asked(world: World, question: &DiagnosisQuestion) -> Vec<String> {
        let (_, asked) = ask(world, question);
        asked.iter().map(|call| call.split(' ').next().unwrap().to_owned()).collect()
    }

    fn incomplete(world: World, question: &DiagnosisQuestion) -> Option<Incomplete> {
        let (evidence, _) = ask(world, question);
        assemble(&evidence, question.since).incomplete
    }

    #[test]
    fn a_whole_diagnosis_takes_three_calls() {
        let (evidence, asked) = ask(World::failed(), &question());
        assert_eq!(
            asked,
            ["ListChangeOrders shop", "DescribeChangeOrder order-1", "ListAppEvents cn-hangzhou:prod"]
        );
        let diagnosis = assemble(&evidence, question().since);
        assert_eq!(diagnosis.change.unwrap().message.as_deref(), Some("batch 1 failed"));
        assert_eq!((diagnosis.events.len(), diagnosis.incomplete), (1, None));
    }

    #[test]
    fn each_operation_that_fails_leaves_out_its_own_part_and_says_why() {
        for (class, missing) in [
            (Class::Denied, Incomplete::AccessDenied),
            (Class::Transient(None), Incomplete::Failed),
            (Class::SignAnew, Incomplete::Failed),
            (Class::NotFound, Incomplete::Failed),
            (Class::CredentialsRejected, Incomplete::Failed),
            (Class::Malformed, Incomplete::Unreadable),
        ] {
            for operation in ALL {
                let (evidence, _) = ask(World::troubled(operation, class), &question());
                let parts = [
                    evidence.orders.as_ref().err(),
                    evidence.message.as_ref().err(),
                    evidence.events.as_ref().err(),
                ];
                let expected = ALL.map(|part| (part == operation).then_some(&missing));
                assert_eq!(parts, expected, "{operation:?} {class:?}");
                assert_eq!(assemble(&evidence, question().since).incomplete, Some(missing));
            }
        }
    }

    #[test]
    fn nothing_is_asked_after_a_throttle() {
        for (number, operation) in ALL.into_iter().enumerate() {
            let throttled = || World::troubled(operation, Class::Throttled(None));
            let expected: Vec<_> = ALL[..=number].iter().map(|operation| operation.name()).collect();
            assert_eq!(asked(throttled(), &question()), expected);
            assert_eq!(incomplete(throttled(), &question()), Some(Incomplete::Throttled));
        }
    }

    #[test]
    fn what_is_known_to_be_denied_is_not_asked() {
        for operation in ALL {
            let question = DiagnosisQuestion { denied: vec![operation], ..question() };
            let asked = asked(World::failed(), &question);
            assert!(!asked.contains(&operation.name().to_owned()), "{asked:?}");
            assert_eq!(incomplete(World::failed(), &question), Some(Incomplete::AccessDenied));
        }
        let question = DiagnosisQuestion { denied: ALL.into(), ..question() };
        assert_eq!(asked(World::failed(), &question), Vec::<String>::new());
    }

    #[test]
    fn without_a_namespace_there_are_no_events() {
        let question = DiagnosisQuestion { namespace: None, ..question() };
        assert_eq!(asked(World::failed(), &question), ["ListChangeOrders", "DescribeChangeOrder"]);
        assert_eq!(incomplete(World::failed(), &question), Some(Incomplete::NamespaceUnknown));
    }

    #[test]
    fn only_the_first_thing_that_is_missing_is_named() {
        let world = |troubled: &[(Operation, Class)]| World { trouble: troubled.to_vec(), ..World::failed() };
        let [orders, order, events] = ALL;
        let (denied, broken) = (Class::Denied, Class::Malformed);
        for (trouble, first) in [
            (&[(orders, denied), (events, broken)], Incomplete::AccessDenied),
            (&[(orders, broken), (events, denied)], Incomplete::Unreadable),
            (&[(order, broken), (events, denied)], Incomplete::Unreadable),
            (&[(events, denied), (order, Class::Transient(None))], Incomplete::Failed),
        ] {
            assert_eq!(incomplete(world(trouble), &question()), Some(first), "{trouble:?}");
        }
        let unknown = DiagnosisQuestion { namespace: None, ..question() };
        assert_eq!(incomplete(world(&[(order, denied)]), &unknown), Some(Incomplete::AccessDenied));
    }

    #[test]
    fn a_message_is_asked_for_by_the_status_of_the_order_that_is_shown() {
        for (status, has_message) in [
            ("0", false),
            ("1", true),
            ("2", false),
            ("3", true),
            ("4", false),
            ("6", true),
            ("8", true),
            ("9", true),
            ("10", true),
            ("11", true),
            ("12", false),
            ("?", false),
        ] {
            let orders =
                vec![order("older", "3", "2026-11-30 19:00:00"), order("new", status, "2026-11-30 19:50:00")];
            let (_, asked) = ask(World { orders, ..World::default() }, &question());
            assert_eq!(asked.contains(&"DescribeChangeOrder new".to_owned()), has_message, "{status}");
            assert!(!asked.contains(&"DescribeChangeOrder older".to_owned()), "{status}");
        }
        let old = vec![
            order("old", "3", "2026-11-29 19:59:59"),
            ChangeOrder { id: "timeless".into(), ..ChangeOrder::default() },
        ];
        let world = World { orders: old, ..World::default() };
        assert_eq!(asked(world, &question()), ["ListChangeOrders", "ListAppEvents"]);
    }

    #[test]
    fn what_sae_wants_signed_anew_is_asked_once_more_and_nothing_else_is() {
        let count = |class| asked(World::troubled(Operation::ChangeOrders, class), &question()).len();
        assert_eq!((count(Class::SignAnew), count(Class::Transient(None))), (3, 2));
    }

    #[test]
    fn a_bug_in_a_reader_costs_one_part() {
        let world = World { panics_at: Some(Operation::ChangeOrder), ..World::failed() };
        let (evidence, _) = ask(world, &question());
        assert_eq!((evidence.orders.unwrap().len(), evidence.events.unwrap().len()), (1, 1));
        assert_eq!(evidence.message, Err(Incomplete::Unreadable));
    }

    #[test]
    fn a_gate_that_closes_ends_the_diagnosis() {
        struct Closing(u8);
        impl Gate for Closing {
            type Closed = ();
            async fn permit(&mut self) -> Result<(), ()> {
                self.0 = self.0.checked_sub(1).ok_or(())?;
                Ok(())
            }
            fn answered(&mut self, _: Operation, _: Option<&Error>) {}
        }
        for (permits, is_whole) in [(0, false), (1, false), (2, false), (3, true)] {
            let mut asker = Asker::new(Arc::new(World::failed()), Closing(permits), Duration::from_secs(1));
            let answer = futures::executor::block_on(asker.diagnose(&question()));
            assert_eq!(answer.is_ok(), is_whole, "{permits}");
        }
    }
}
