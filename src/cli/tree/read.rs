//! Accounts, sets and watches as a cluster lists them.

use anyhow::anyhow;
use kube::api::ListParams;
use kube::core::Request;
use kube::{Client, Resource};
use serde_json::Value;

use crate::api::{Health, SET_LABEL, SaeAccount, SaeAppWatch, SaeAppWatchSet};
use crate::cluster::describe;
use crate::domain::text::{TEXT_BYTES, clean};

/// How many objects are listed at once, since each watch may hold a list of instances.
const PAGE: u32 = 100;

/// What a cluster has, each list as far as it may be read.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) accounts: Option<Vec<Item>>,
    pub(super) sets: Option<Vec<Item>>,
    pub(super) watches: Vec<Item>,
    /// Why a list is missing.
    pub(super) unread: Vec<String>,
}

/// An account, a set or a watch, as far as the tree shows it. A field that it does not have is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Item {
    pub(super) namespace: String,
    pub(super) name: String,
    /// The account that it names.
    pub(super) account: Option<String>,
    /// The set that it belongs to.
    pub(super) set: Option<String>,
    pub(super) app: Option<String>,
    pub(super) health: Option<Health>,
    pub(super) instances: Option<String>,
    pub(super) reason: Option<String>,
}

impl Lists {
    /// Reads the lists, of one namespace or of all. Those who may read watches may not always read accounts and sets.
    ///
    /// # Errors
    /// When the watches cannot be read, or the cluster does not answer.
    pub(super) async fn read(client: &Client, namespace: Option<&str>) -> anyhow::Result<Self> {
        let mut lists = Self::default();
        let watches = list::<SaeAppWatch>(client, namespace).await;
        lists.watches = watches.map_err(|error| refused::<SaeAppWatch>(&error))?;
        lists.sets = lists.optional::<SaeAppWatchSet>(client, namespace).await?;
        lists.accounts = lists.optional::<SaeAccount>(client, None).await?;
        Ok(lists)
    }

    async fn optional<K: Resource<DynamicType = ()>>(
        &mut self,
        client: &Client,
        namespace: Option<&str>,
    ) -> anyhow::Result<Option<Vec<Item>>> {
        match list::<K>(client, namespace).await {
            Ok(items) => Ok(Some(items)),
            Err(error) => {
                let kube::Error::Api(status) = &error else { return Err(refused::<K>(&error)) };
                match status.code {
                    403 => {
                        self.unread.push(refused::<K>(&error).to_string());
                        Ok(None)
                    }
                    // A cluster that does without the kind.
                    404 => Ok(Some(Vec::new())),
                    _ => Err(refused::<K>(&error)),
                }
            }
        }
    }
}

fn refused<K: Resource<DynamicType = ()>>(error: &kube::Error) -> anyhow::Error {
    anyhow!("{} cannot be read: {}", K::plural(&()), describe(error))
}

/// Lists objects of a kind, page by page.
async fn list<K: Resource<DynamicType = ()>>(
    client: &Client,
    namespace: Option<&str>,
) -> Result<Vec<Item>, kube::Error> {
    list_path(client, &K::url_path(&(), namespace)).await
}

/// The same for all kinds, so that there is one of it in the program.
async fn list_path(client: &Client, path: &str) -> Result<Vec<Item>, kube::Error> {
    let (mut items, mut params) = (Vec::new(), ListParams::default().limit(PAGE));
    loop {
        let request = Request::new(path).list(&params).map_err(kube::Error::BuildRequest)?;
        let page: Value = client.request(request).await?;
        items.extend(page["items"].as_array().into_iter().flatten().map(Item::read));
        match page["metadata"]["continue"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(token),
            None => return Ok(items),
        }
    }
}

impl Item {
    /// Whatever is missing or is no text is left out, so that one odd object does not hide the others.
    fn read(object: &Value) -> Self {
        let text = |at: &str| {
            let text = object.pointer(at)?.as_str()?;
            Some(clean(text, TEXT_BYTES)).filter(|text| !text.is_empty())
        };
        let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
        let of_ready = || Some(clean(ready?["reason"].as_str()?, TEXT_BYTES));
        let of_label = object["metadata"]["labels"][SET_LABEL].as_str();
        let health = object.pointer("/status/health").cloned();
        Self {
            namespace: text("/metadata/namespace").unwrap_or_default(),
            name: text("/metadata/name").unwrap_or_default(),
            account: text("/spec/accountRef/name"),
            set: of_label.map(|set| clean(set, TEXT_BYTES)),
            app: text("/status/app"),
            health: health.and_then(|health| serde_json::from_value(health).ok()),
            instances: text("/status/readyInstances"),
            reason: text("/status/reason").or_else(of_ready),
        }
    }
}
